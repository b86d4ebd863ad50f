#pragma once
/// A meeting point that a fixed number of coroutines pass together, again and again.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <coroutine>
#include <cstddef>
#include <mutex>
#include <type_traits>
#include <utility>

namespace flowcoro {

/// What a Barrier does at the end of a phase when nothing else is asked for.
struct NoCompletion {
  void operator()() const noexcept {}
};

/// std::barrier for coroutines. A phase ends when all that are expected have arrived; then the last one calls the completion
/// function, on its own thread and without a lock, and nobody leaves the phase before that has returned. Each participant arrives
/// once in a phase. Threads: any.
template <class Completion = NoCompletion>
class Barrier {
  static_assert(std::is_nothrow_invocable_v<Completion&>, "the completion function of a Barrier must be noexcept");
  class ArriveAwaiter;

 public:
  explicit Barrier(std::size_t expected, Completion completion = Completion{})
      : expected_{expected}, pending_{expected}, completion_{std::move(completion)} {}
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;
  /// Nobody may be waiting.
  ~Barrier() = default;

  /// `co_await barrier.arrive_and_wait()`: until the phase ends; the last one does not suspend. Allocates: no.
  /// Cancellation: throws OperationCancelled, and then it has not arrived: the others still need it, or its arrive_and_drop().
  [[nodiscard]] ArriveAwaiter arrive_and_wait() noexcept { return ArriveAwaiter{*this}; }

  /// Arrives without waiting, and is expected in no later phase.
  void arrive_and_drop() noexcept {
    lock_.lock();
    FLOWCORO_ASSERT(expected_ != 0, "a Barrier was left by more than were expected");
    --expected_;
    if (!arrive_locked()) {
      lock_.unlock();
      return;
    }
    end_phase_and_unlock();
  }

 private:
  // Invariant: pending_ = expected_ - those that wait. Each phase begins and ends so: who arrives last empties the queue before
  // anybody can come again.

  /// \return whether that was the last one.
  [[nodiscard]] bool arrive_locked() noexcept {
    FLOWCORO_ASSERT(pending_ != 0, "more arrived at a Barrier than were expected");
    return --pending_ == 0;
  }
  void end_phase_and_unlock() noexcept {
    detail::Waiter::Queue woken;
    detail::Waiter::complete_all(waiters_, woken); // a stop request from here on comes too late
    pending_ = expected_;
    lock_.unlock();
    completion_(); // nobody else is on the way: all are here, and wait
    detail::Waiter::post_all(woken);
  }

  SpinLock lock_; // guards all but completion_
  std::size_t expected_;
  std::size_t pending_;
  detail::Waiter::Queue waiters_;
  [[no_unique_address]] Completion completion_;
};

template <class Completion>
class [[nodiscard]] Barrier<Completion>::ArriveAwaiter : detail::Waiter {
 public:
  explicit ArriveAwaiter(Barrier& barrier) noexcept : Waiter{barrier.lock_, &stop_requested}, barrier_{barrier} {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    prepare(waiter);
    barrier_.lock_.lock();
    const bool arrives = !cancelled();
    if (arrives && !barrier_.arrive_locked()) {
      enqueue(barrier_.waiters_);
      barrier_.lock_.unlock(); // from here on somebody may resume the coroutine
      return true;
    }
    if (arrives) {
      complete();
      barrier_.end_phase_and_unlock();
    } else {
      barrier_.lock_.unlock();
    }
    return false;
  }
  void await_resume() { finish(); }

 private:
  static void stop_requested(StopNode& node) noexcept {
    auto& self = static_cast<ArriveAwaiter&>(Waiter::of(node));
    self.barrier_.lock_.lock();
    const bool was_queued = self.leave();
    if (was_queued) ++self.barrier_.pending_;
    self.barrier_.lock_.unlock();
    if (was_queued) self.post();
  }
  using StopNode = flowcoro::StopNode;

  Barrier& barrier_;
};

static_assert(Awaiter<decltype(std::declval<Barrier<>&>().arrive_and_wait())>);

} // namespace flowcoro
