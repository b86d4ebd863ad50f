#pragma once
/// Mutual exclusion between coroutines: waiting suspends, and never blocks a thread.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <mutex>
#include <utility>

namespace flowcoro {

class AsyncMutex;
class ConditionVariable;

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
  friend class ConditionVariable; // gives the mutex back for a while
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
  ~AsyncMutex() {
    FLOWCORO_ASSERT(state_.load(std::memory_order_relaxed) == free_state,
                    "an AsyncMutex was destroyed while it was locked");
  }

  /// `auto guard = co_await mutex.lock();` Cancellation: throws OperationCancelled and loses its place in the queue.
  [[nodiscard]] LockAwaiter lock() noexcept;

  [[nodiscard]] bool try_lock() noexcept {
    std::uint32_t expected = free_state;
    // acquire: what the last owner wrote.
    return state_.compare_exchange_strong(expected, held, std::memory_order_acquire, std::memory_order_relaxed);
  }

  /// Precondition: locked. AsyncLockGuard does it for you.
  void unlock() noexcept {
    std::uint32_t expected = held;
    // release: pairs with try_lock(). After it the mutex may be gone: the next owner may end its life.
    while (
        !state_.compare_exchange_strong(expected, free_state, std::memory_order_release, std::memory_order_relaxed)) {
      FLOWCORO_ASSERT(expected == (held | waited_for), "an AsyncMutex was unlocked that was not locked");
      if (hand_over()) return;
      expected = held;
    }
  }

 private:
  friend class ConditionVariable;

  /// For a coroutine that is suspended already: posts it at once if the mutex is free, else in its turn; it has the mutex then.
  void lock_for(detail::Waiter& waiter) noexcept {
    {
      const std::lock_guard hold{lock_};
      if (mark_waited_for()) {
        waiter.enqueue(waiters_);
        return;
      }
      waiter.complete();
    }
    waiter.post();
  }

  // Who is alone takes and gives back the mutex by one operation each. Only a queue needs more.
  static constexpr std::uint32_t free_state = 0;
  static constexpr std::uint32_t held = 1;
  static constexpr std::uint32_t waited_for = 2; // with `held`: unlock looks at the queue

  /// A coroutine on another worker usually holds the mutex for less than a suspension takes: looks again for a moment, unless
  /// others wait already.
  [[nodiscard]] bool try_lock_soon() noexcept {
    for (int look = 0; look < looks; ++look) {
      if (try_lock()) return true;
      for (int i = 0; i < pauses_between_looks; ++i) spin_pause();
      if (state_.load(std::memory_order_relaxed) == (held | waited_for)) return false;
    }
    return false;
  }
  static constexpr int looks = 16;
  // Each look takes the cache line from the holder, who needs it to unlock.
  static constexpr int pauses_between_looks = 4;

  /// The owner, while the mutex is waited for. \return false when nobody waits any more.
  [[nodiscard]] bool hand_over() noexcept {
    lock_.lock();
    detail::Waiter* next = waiters_.pop_front();
    if (next != nullptr) next->complete();
    // Not free: it belongs to `next`, or still to the caller, who must not touch it when it is free.
    if (waiters_.empty()) state_.store(held, std::memory_order_relaxed);
    lock_.unlock();
    // Its queue publishes to `next` what the caller wrote. After this the mutex may be gone.
    if (next != nullptr) next->post();
    return next != nullptr;
  }
  /// For the coroutine that would wait. \return false when it has the mutex instead. Under the lock.
  [[nodiscard]] bool mark_waited_for() noexcept {
    std::uint32_t state = state_.load(std::memory_order_relaxed);
    while (state != (held | waited_for)) {
      const std::uint32_t next = state == free_state ? held : held | waited_for;
      if (state_.compare_exchange_weak(state, next, std::memory_order_acquire, std::memory_order_relaxed))
        return next != held;
    }
    return true;
  }

  std::atomic<std::uint32_t> state_{free_state};
  SpinLock lock_; // guards the queue, and the changes between `held` and `waited_for`; held for a few instructions
  detail::Waiter::Queue waiters_;
};

class [[nodiscard]] AsyncMutex::LockAwaiter : detail::Waiter {
 public:
  explicit LockAwaiter(AsyncMutex& mutex) noexcept : Waiter{mutex.lock_}, mutex_{mutex} {}

  [[nodiscard]] bool await_ready() const noexcept { return mutex_.try_lock_soon(); }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    prepare(waiter);
    const std::lock_guard hold{mutex_.lock_};
    if (cancelled()) return false;
    if (!mutex_.mark_waited_for()) {
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
