#pragma once
/// A coroutine in the queue of something it waits for, with removal when stop is requested.
#include "flowcoro/base/intrusive_list.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <coroutine>
#include <cstdint>

namespace flowcoro::detail {

/// Lives in an awaiter. The lock of the thing waited for guards `state_` and the queue; exactly one of {completion, stop}
/// moves a queued waiter on and posts it, because both do so under that lock and only from `queued`.
///
/// await_suspend: prepare(), then under the lock: if cancelled() do not suspend; else satisfy at once or enqueue().
/// The waker, under the lock: queue.pop_front(), complete(); after unlocking: post(). await_resume: finish().
class Waiter : public ListNode, private ReadyNode, private StopNode {
 public:
  using Queue = IntrusiveList<Waiter>;

  explicit Waiter(SpinLock& lock) noexcept : StopNode{&stop_requested}, lock_{lock} {}

  /// Called without the lock: a stop request may already cancel the waiter before it is queued.
  template <class P>
  void prepare(std::coroutine_handle<P> waiter) {
    handle = waiter;
    home_ = &home_of(waiter);
    stop_ = stop_of(waiter);
    if (stop_ != nullptr && !stop_->add(*this)) {
      stop_ = nullptr;
      state_ = State::cancelled;
    }
  }

  // Under the lock:
  [[nodiscard]] bool cancelled() const noexcept { return state_ == State::cancelled; }
  void enqueue(Queue& queue) noexcept {
    queue_ = &queue;
    state_ = State::queued;
    queue.push_back(*this);
  }
  /// The waiter was taken from its queue because what it waits for has happened.
  void complete() noexcept { state_ = State::completed; }

  /// Resumes the coroutine on its scheduler. Without the lock; the waiter may be gone when this returns.
  void post() noexcept { home_->post(*this); }

  /// First thing in await_resume. Throws OperationCancelled when stop ended the wait.
  void finish() {
    if (stop_ != nullptr) stop_->remove(*this);
    if (state_ == State::cancelled) throw OperationCancelled{};
  }

 private:
  enum class State : std::uint8_t { preparing, queued, completed, cancelled };

  static void stop_requested(StopNode& node) noexcept {
    auto& waiter = static_cast<Waiter&>(node);
    waiter.lock_.lock();
    const bool was_queued = waiter.state_ == State::queued;
    if (was_queued) waiter.queue_->remove(waiter);
    if (was_queued || waiter.state_ == State::preparing) waiter.state_ = State::cancelled;
    waiter.lock_.unlock();
    if (was_queued) waiter.post();
  }

  SpinLock& lock_;
  Queue* queue_ = nullptr;
  Scheduler* home_ = nullptr;
  StopState* stop_ = nullptr;
  State state_ = State::preparing;
};

} // namespace flowcoro::detail
