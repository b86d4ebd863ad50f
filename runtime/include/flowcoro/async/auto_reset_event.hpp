#pragma once
/// A flag that lets one coroutine pass each time it is set.
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <coroutine>
#include <mutex>
#include <utility>

namespace flowcoro {

/// FIFO. A set() that finds nobody waiting is kept for the next one; further ones add nothing to it. Threads: any.
class AutoResetEvent {
  class WaitAwaiter;

 public:
  explicit AutoResetEvent(bool set = false) noexcept : set_{set} {}
  AutoResetEvent(const AutoResetEvent&) = delete;
  AutoResetEvent& operator=(const AutoResetEvent&) = delete;
  /// Nobody may be waiting.
  ~AutoResetEvent() = default;

  /// Lets the longest waiter pass, which is posted and not resumed here, or the next one to come. After it the event may be gone, if
  /// a waiter ends its life.
  void set() noexcept {
    lock_.lock();
    detail::Waiter* next = waiters_.pop_front();
    if (next != nullptr)
      next->complete();
    else
      set_ = true;
    lock_.unlock();
    if (next != nullptr) next->post();
  }
  /// Takes back a set() that nobody has used.
  void reset() noexcept { static_cast<void>(try_wait()); }
  /// Uses up a set() if there is one.
  [[nodiscard]] bool try_wait() noexcept {
    const std::lock_guard hold{lock_};
    return std::exchange(set_, false);
  }

  /// `co_await event.wait()`: until a set() is for this one, and uses it up. Allocates: no.
  /// Cancellation: throws OperationCancelled and loses its place in the queue; no set() is lost.
  [[nodiscard]] WaitAwaiter wait() noexcept;

 private:
  // Invariant: nobody waits while it is set.
  SpinLock lock_; // guards all below
  bool set_;
  detail::Waiter::Queue waiters_;
};

class [[nodiscard]] AutoResetEvent::WaitAwaiter : detail::Waiter {
 public:
  explicit WaitAwaiter(AutoResetEvent& event) noexcept : Waiter{event.lock_}, event_{event} {}

  [[nodiscard]] bool await_ready() noexcept { return event_.try_wait(); }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    return suspend_unless(waiter, event_.waiters_, [this] { return std::exchange(event_.set_, false); });
  }
  void await_resume() { finish(); }

 private:
  AutoResetEvent& event_;
};

inline AutoResetEvent::WaitAwaiter AutoResetEvent::wait() noexcept { return WaitAwaiter{*this}; }
static_assert(Awaiter<decltype(std::declval<AutoResetEvent&>().wait())>);

} // namespace flowcoro
