#pragma once
/// A count that goes down to zero once, and coroutines that wait for it.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <coroutine>
#include <cstddef>
#include <mutex>
#include <utility>

namespace flowcoro {

/// std::latch for coroutines. Whoever saw the count at zero may end the latch's life: nobody that counted down touches it any more.
/// Threads: any.
class Latch {
  class WaitAwaiter;
  class ArriveAwaiter;

 public:
  explicit Latch(std::size_t expected) noexcept : count_{expected} {}
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;
  /// Nobody may be waiting.
  ~Latch() = default;

  /// Precondition: `n` is at most the count. The last one posts all waiters and resumes none on its own stack.
  void count_down(std::size_t n = 1) noexcept {
    detail::Waiter::Queue woken;
    {
      const std::lock_guard hold{lock_};
      count_down_locked(n, woken);
    }
    detail::Waiter::post_all(woken);
  }

  [[nodiscard]] bool try_wait() const noexcept {
    const std::lock_guard hold{lock_};
    return count_ == 0;
  }

  /// `co_await latch.wait()`: until the count is zero. Allocates: no. Cancellation: safe, throws OperationCancelled.
  [[nodiscard]] WaitAwaiter wait() noexcept;

  /// `co_await latch.arrive_and_wait()`: counts down when it is awaited, then waits.
  /// Cancellation: throws OperationCancelled; the arrival counts all the same, as nobody can come again for it.
  [[nodiscard]] ArriveAwaiter arrive_and_wait(std::size_t n = 1) noexcept;

 private:
  void count_down_locked(std::size_t n, detail::Waiter::Queue& woken) noexcept {
    FLOWCORO_ASSERT(n <= count_, "a Latch was counted down below zero");
    count_ -= n;
    if (count_ == 0) detail::Waiter::complete_all(waiters_, woken);
  }

  mutable SpinLock lock_; // guards all below
  std::size_t count_;
  detail::Waiter::Queue waiters_;
};

class [[nodiscard]] Latch::WaitAwaiter : detail::Waiter {
 public:
  explicit WaitAwaiter(Latch& latch) noexcept : Waiter{latch.lock_}, latch_{latch} {}

  [[nodiscard]] bool await_ready() const noexcept { return latch_.try_wait(); }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    return suspend_unless(waiter, latch_.waiters_, [this] { return latch_.count_ == 0; });
  }
  void await_resume() { finish(); }

 private:
  Latch& latch_;
};

/// Counts down and queues itself under one lock: in between, another one might see the last arrival and end the latch's life.
class [[nodiscard]] Latch::ArriveAwaiter : detail::Waiter {
 public:
  ArriveAwaiter(Latch& latch, std::size_t n) noexcept : Waiter{latch.lock_}, latch_{latch}, n_{n} {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    prepare(waiter);
    Queue woken;
    std::unique_lock hold{latch_.lock_};
    latch_.count_down_locked(n_, woken);
    const bool last = latch_.count_ == 0;
    const bool suspends = !last && !cancelled();
    if (suspends)
      enqueue(latch_.waiters_);
    else if (last && !cancelled())
      complete();  // a stop request from here on comes too late
    hold.unlock(); // from here on somebody may resume the coroutine
    post_all(woken);
    return suspends;
  }
  void await_resume() { finish(); }

 private:
  Latch& latch_;
  std::size_t n_;
};

inline Latch::WaitAwaiter Latch::wait() noexcept { return WaitAwaiter{*this}; }
inline Latch::ArriveAwaiter Latch::arrive_and_wait(std::size_t n) noexcept { return ArriveAwaiter{*this, n}; }
static_assert(Awaiter<decltype(std::declval<Latch&>().wait())> &&
              Awaiter<decltype(std::declval<Latch&>().arrive_and_wait())>);

} // namespace flowcoro
