#pragma once
/// Waits that end by the clock. No thread is blocked.
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/sched/timer_queue.hpp"

#include <chrono>
#include <coroutine>
#include <utility>

namespace flowcoro {
namespace detail {

class [[nodiscard]] Sleep : TimerNode, StopNode {
 public:
  explicit Sleep(SteadyTime when) noexcept
      : StopNode{[](StopNode& node) noexcept {
          auto& sleep = static_cast<Sleep&>(node);
          if (sleep.timers_->cancel(sleep)) sleep.home_->post(sleep);
        }} {
    deadline = when;
  }
  /// The clock is that of the awaiting coroutine's scheduler, so the deadline is only known when it awaits.
  explicit Sleep(Nanoseconds duration) noexcept : Sleep{SteadyTime{duration}} { from_now_ = true; }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    handle = waiter;
    home_ = &home_of(waiter);
    timers_ = &home_->timer_queue();
    stop_ = stop_of(waiter);
    if (stop_ != nullptr && !stop_->add(*this)) {
      stop_ = nullptr;
      return false;
    }
    const SteadyTime now = home_->now();
    if (std::exchange(from_now_, false)) deadline = deadline_after(now, deadline.time_since_epoch());
    if (deadline <= now) {
      // Already due: no wait, unless a stop request has just come.
      due_ = true;
      return false;
    }
    return arm();
  }
  void await_resume() {
    if (stop_ != nullptr) stop_->remove(*this);
    if (!due_ && !timers_->fired(*this)) throw OperationCancelled{};
  }

 private:
  /// \return false when a stop request came first: then the coroutine goes on at once.
  [[nodiscard]] bool arm() {
    try {
      return home_->arm_timer(*timers_, *this);
    } catch (...) {
      if (stop_ != nullptr) stop_->remove(*this); // no memory: the exception leaves through co_await
      throw;
    }
  }

  Scheduler* home_ = nullptr;
  TimerQueue* timers_ = nullptr;
  StopState* stop_ = nullptr;
};
static_assert(sizeof(Sleep) == 12 * sizeof(void*), "every task that sleeps has one");

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
