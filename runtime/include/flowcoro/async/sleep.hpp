#pragma once
/// Waits that end by the clock. No thread is blocked.
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/sched/timer_queue.hpp"

#include <chrono>
#include <concepts>
#include <coroutine>

namespace flowcoro {
namespace detail {

class [[nodiscard]] Sleep : TimerNode, StopNode {
 public:
  explicit Sleep(SteadyTime when) noexcept : StopNode{&stop_requested} { set_deadline(when); }
  /// The clock is that of the awaiting coroutine's scheduler, so the deadline is only known when it awaits.
  explicit Sleep(Nanoseconds duration) noexcept : Sleep{SteadyTime{duration}} { from_now_ = true; }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    handle = waiter;
    const bool awaited_before = fired(); // to be asked while nobody can cancel it
    Scheduler& home = home_of(waiter);
    place = home.timer_place();
    if constexpr (std::derived_from<P, PromiseBase>) {
      waiter.promise().settle_on(home);
      stoppable_ = waiter.promise().stop_state().add(*this);
      if (!stoppable_) return false;
    }
    const SteadyTime now = home.now();
    if (from_now_) set_deadline(deadline_after(now, deadline().time_since_epoch()));
    from_now_ = false;
    if (deadline() <= now || awaited_before) {
      // Already due, or awaited before: no wait, unless a stop request has just come.
      due_ = true;
      return false;
    }
    return arm(home);
  }
  void await_resume() {
    if (stoppable_) promise_of(handle).stop_state().remove(*this);
    if (!due_ && !fired()) throw OperationCancelled{};
  }

 private:
  static void stop_requested(StopNode& node) noexcept {
    auto& sleep = static_cast<Sleep&>(node);
    Scheduler& home = *promise_of(sleep.handle).scheduler();
    if (home.cancel_timer(sleep)) home.post(sleep);
  }

  /// \return false when a stop request came first: then the coroutine goes on at once.
  [[nodiscard]] bool arm(Scheduler& home) {
    try {
      return home.arm_timer(*this);
    } catch (...) {
      if (stoppable_) promise_of(handle).stop_state().remove(*this); // no memory: the exception leaves through co_await
      throw;
    }
  }
};
static_assert(sizeof(Sleep) == 6 * sizeof(void*), "every task that sleeps has one");

} // namespace detail

/// `co_await sleep_until(t)`: continues at or after `t`, never before. A time in the past does not suspend.
/// Cancellation: safe, throws OperationCancelled promptly. Allocates: only growth of the worker's timer heap.
[[nodiscard]] inline detail::Sleep sleep_until(SteadyTime when) noexcept { return detail::Sleep{when}; }

/// `co_await sleep_for(d)` with any std::chrono duration, counted from the co_await; fractions of a nanosecond round up, huge
/// ones saturate.
template <class Rep, class Period>
[[nodiscard]] detail::Sleep sleep_for(std::chrono::duration<Rep, Period> duration) noexcept {
  return detail::Sleep{saturating_nanoseconds(duration)};
}

} // namespace flowcoro
