#pragma once
/// Mutual exclusion between coroutines: waiting suspends, and never blocks a thread.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/detail/waiter.hpp"

#include <coroutine>
#include <mutex>
#include <utility>

namespace flowcoro {

class AsyncMutex;

/// Holds the mutex; the destructor unlocks. May be moved and unlocked on another thread than it was locked on.
class [[nodiscard]] AsyncLockGuard {
 public:
  AsyncLockGuard() = default;
  AsyncLockGuard(AsyncMutex& mutex, std::adopt_lock_t) noexcept : mutex_{&mutex} {}
  AsyncLockGuard(AsyncLockGuard&& other) noexcept : mutex_{std::exchange(other.mutex_, nullptr)} {}
  AsyncLockGuard& operator=(AsyncLockGuard&& other) noexcept {
    unlock();
    mutex_ = std::exchange(other.mutex_, nullptr);
    return *this;
  }
  ~AsyncLockGuard() { unlock(); }

  /// Early; no effect when it holds nothing.
  void unlock() noexcept;
  [[nodiscard]] bool owns_lock() const noexcept { return mutex_ != nullptr; }

 private:
  AsyncMutex* mutex_ = nullptr;
};

/// FIFO: unlock hands the mutex to the longest waiter and posts it; nothing is resumed on the unlocker's stack, so any number
/// of waiters is fine. Not recursive. Threads: any.
class AsyncMutex {
  class LockAwaiter;

 public:
  AsyncMutex() = default;
  AsyncMutex(const AsyncMutex&) = delete;
  AsyncMutex& operator=(const AsyncMutex&) = delete;
  ~AsyncMutex() { FLOWCORO_ASSERT(!locked_, "an AsyncMutex was destroyed while it was locked"); }

  /// `auto guard = co_await mutex.lock();` Cancellation: throws OperationCancelled and loses its place in the queue.
  [[nodiscard]] LockAwaiter lock() noexcept;

  [[nodiscard]] bool try_lock() noexcept {
    const std::lock_guard hold{lock_};
    return !std::exchange(locked_, true);
  }

  /// Precondition: locked. AsyncLockGuard does it for you.
  void unlock() noexcept {
    lock_.lock();
    FLOWCORO_ASSERT(locked_, "an AsyncMutex was unlocked that was not locked");
    detail::Waiter* next = waiters_.pop_front();
    if (next == nullptr)
      locked_ = false;
    else
      next->complete();
    lock_.unlock();
    // After this the mutex may be gone: the next owner may end its life.
    if (next != nullptr) next->post();
  }

 private:
  SpinLock lock_; // guards the two below; held for a few instructions
  bool locked_ = false;
  detail::Waiter::Queue waiters_;
};

class [[nodiscard]] AsyncMutex::LockAwaiter : detail::Waiter {
 public:
  explicit LockAwaiter(AsyncMutex& mutex) noexcept : Waiter{mutex.lock_}, mutex_{mutex} {}

  [[nodiscard]] bool await_ready() const noexcept { return mutex_.try_lock(); }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    prepare(waiter);
    const std::lock_guard hold{mutex_.lock_};
    if (cancelled()) return false;
    if (!std::exchange(mutex_.locked_, true)) {
      complete(); // a stop request from here on comes too late
      return false;
    }
    enqueue(mutex_.waiters_);
    return true;
  }
  AsyncLockGuard await_resume() {
    finish();
    return AsyncLockGuard{mutex_, std::adopt_lock};
  }

 private:
  AsyncMutex& mutex_;
};

inline AsyncMutex::LockAwaiter AsyncMutex::lock() noexcept { return LockAwaiter{*this}; }

inline void AsyncLockGuard::unlock() noexcept {
  if (AsyncMutex* mutex = std::exchange(mutex_, nullptr)) mutex->unlock();
}

} // namespace flowcoro
