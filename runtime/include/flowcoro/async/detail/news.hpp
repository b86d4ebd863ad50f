#pragma once
/// Waiting for what all receivers get to see: each has a place of its own in the stream of news, and takes from there when it runs.
#include "flowcoro/async/detail/choice.hpp"
#include "flowcoro/base/intrusive_list.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <coroutine>
#include <mutex>
#include <utility>

namespace flowcoro::detail {

/// Those that wait for news of one source.
class NewsBoard {
 public:
  /// Calls `change()` under the lock, which says whether it made news, and wakes all that wait. \return what `change()` said.
  template <class Change>
  bool publish(Change change) noexcept {
    IntrusiveList<Place> woken;
    {
      const std::lock_guard hold{lock};
      if (!change()) return false;
      win_all(waiting, woken);
    }
    post_all(woken);
    return true;
  }

  mutable SpinLock lock; // guards the source, and the queue
  IntrusiveList<Place> waiting;
};

/// Way into a receiver: board(), and under its lock has_news() and take_news().
struct NewsAccess {
  template <class R>
  [[nodiscard]] static NewsBoard& board(R& receiver) noexcept {
    return receiver.board();
  }
  template <class R>
  [[nodiscard]] static bool has_news(R& receiver) noexcept {
    return receiver.has_news();
  }
  template <class R>
  [[nodiscard]] static auto take_news(R& receiver) {
    return receiver.take_news();
  }
};

template <class R>
class [[nodiscard]] NewsAwaiter : BasicWaiter<Place> {
 public:
  explicit NewsAwaiter(R& receiver) noexcept : BasicWaiter{NewsAccess::board(receiver).lock}, receiver_{receiver} {
    belong_to(*this);
  }

  [[nodiscard]] bool await_ready() const noexcept {
    const std::lock_guard hold{NewsAccess::board(receiver_).lock};
    return NewsAccess::has_news(receiver_);
  }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    return suspend_unless(waiter, NewsAccess::board(receiver_).waiting,
                          [this] { return NewsAccess::has_news(receiver_); });
  }
  [[nodiscard]] auto await_resume() {
    finish();
    const std::lock_guard hold{NewsAccess::board(receiver_).lock};
    return NewsAccess::take_news(receiver_);
  }

 private:
  R& receiver_;
};

/// The same as a case of a select.
template <class R>
class [[nodiscard]] NewsCase {
 public:
  explicit NewsCase(R& receiver) noexcept : receiver_{&receiver} {}

  [[nodiscard]] SpinLock* lock() const noexcept { return &NewsAccess::board(*receiver_).lock; }
  [[nodiscard]] bool ready() const noexcept { return NewsAccess::has_news(*receiver_); }
  [[nodiscard]] Attempt attempt() const noexcept { return {.done = true}; }
  void enqueue(Choice& choice) noexcept {
    place_.belong_to(choice);
    NewsAccess::board(*receiver_).waiting.push_back(place_);
  }
  void leave() noexcept {
    if (place_.linked()) place_.unlink();
  }
  [[nodiscard]] bool is(const Place* place) const noexcept { return place == &place_; }
  [[nodiscard]] auto result() {
    const std::lock_guard hold{*lock()};
    return NewsAccess::take_news(*receiver_);
  }

 private:
  R* receiver_;
  Place place_;
};

} // namespace flowcoro::detail
