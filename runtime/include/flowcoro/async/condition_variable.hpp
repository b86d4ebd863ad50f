#pragma once
/// Waiting for a change of what an AsyncMutex protects.
#include "flowcoro/async/mutex.hpp"
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <concepts>
#include <coroutine>
#include <mutex>
#include <utility>

namespace flowcoro {

/// std::condition_variable for coroutines. FIFO. A notified waiter is put into the queue of its mutex, not resumed to queue itself:
/// notify_all() wakes each when its turn has come, and no more than one at a time. No spurious wakes; but whoever gets the mutex in
/// between may have changed what was waited for, so a wait without a predicate belongs into a loop. Threads: any.
class ConditionVariable {
  class WaitAwaiter;

 public:
  ConditionVariable() = default;
  ConditionVariable(const ConditionVariable&) = delete;
  ConditionVariable& operator=(const ConditionVariable&) = delete;
  /// Nobody may be waiting.
  ~ConditionVariable() = default;

  /// `co_await condition.wait(lock)`: unlocks, waits for a notification, and has the mutex again when it goes on.
  /// Precondition: `lock` owns a mutex, and lives and keeps it meanwhile. Allocates: no.
  /// Cancellation: gets the mutex back, whatever that takes, and then throws OperationCancelled; no notification is lost, because
  /// one that comes for it goes to it, or to the next one.
  [[nodiscard]] WaitAwaiter wait(AsyncLockGuard& lock) noexcept;

  /// `co_await condition.wait(lock, predicate)`: the same until `predicate()` holds, which is asked with the mutex locked, also
  /// before the first wait. What it throws leaves with the mutex locked. Allocates: the frame of a coroutine.
  template <std::predicate Predicate>
  [[nodiscard]] Lazy<void> wait(AsyncLockGuard& lock, Predicate predicate);

  /// With the mutex or without. After them the condition variable may be gone, if a waiter ends its life.
  void notify_one() noexcept;
  void notify_all() noexcept;

 private:
  SpinLock lock_; // guards the queue
  detail::Waiter::Queue waiters_;
};

class [[nodiscard]] ConditionVariable::WaitAwaiter : detail::Waiter {
 public:
  WaitAwaiter(ConditionVariable& condition, AsyncMutex& mutex) noexcept
      : Waiter{condition.lock_, &stop_requested}, condition_{condition}, mutex_{mutex}, relock_{mutex.lock_} {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    prepare(waiter);
    AsyncMutex& mutex = mutex_;
    condition_.lock_.lock();
    const bool suspends = !cancelled();
    if (suspends) {
      relock_.prepare_unstoppable(waiter, *home_);
      enqueue(condition_.waiters_);
    }
    condition_.lock_.unlock();
    // A notification may have come already, and waits for the mutex. After this somebody may resume the coroutine.
    if (suspends) mutex.unlock();
    return suspends;
  }
  /// The coroutine has the mutex.
  void await_resume() { finish(); }

  /// The wait is over, but for the mutex. The coroutine may have gone on when this returns.
  void relock() noexcept { mutex_.lock_for(relock_); }
  [[nodiscard]] static WaitAwaiter& of(Waiter& waiter) noexcept { return static_cast<WaitAwaiter&>(waiter); }

 private:
  static void stop_requested(flowcoro::StopNode& node) noexcept {
    WaitAwaiter& self = of(Waiter::of(node));
    self.condition_.lock_.lock();
    const bool was_queued = self.leave();
    self.condition_.lock_.unlock();
    if (was_queued) self.relock();
  }

  ConditionVariable& condition_;
  AsyncMutex& mutex_;
  detail::Waiter relock_; // its place in the queue of the mutex
};

inline ConditionVariable::WaitAwaiter ConditionVariable::wait(AsyncLockGuard& lock) noexcept {
  FLOWCORO_ASSERT(lock.owns_lock(), "a ConditionVariable was waited for without its mutex locked");
  return WaitAwaiter{*this, *lock.mutex_};
}
static_assert(Awaiter<decltype(std::declval<ConditionVariable&>().wait(std::declval<AsyncLockGuard&>()))>);

template <std::predicate Predicate>
Lazy<void> ConditionVariable::wait(AsyncLockGuard& lock, Predicate predicate) {
  while (!predicate()) {
    auto notified = wait(lock);
    co_await notified;
  }
}

inline void ConditionVariable::notify_one() noexcept {
  lock_.lock();
  detail::Waiter* next = waiters_.pop_front();
  if (next != nullptr) next->complete();
  lock_.unlock();
  if (next != nullptr) WaitAwaiter::of(*next).relock();
}

inline void ConditionVariable::notify_all() noexcept {
  detail::Waiter::Queue woken;
  {
    const std::lock_guard hold{lock_};
    detail::Waiter::complete_all(waiters_, woken);
  }
  while (detail::Waiter* waiter = woken.pop_front()) WaitAwaiter::of(*waiter).relock();
}

} // namespace flowcoro
