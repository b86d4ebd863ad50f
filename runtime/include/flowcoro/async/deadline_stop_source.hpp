#pragma once
/// A stop that is requested by the clock.
#include "flowcoro/async/sleep.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/coro/stop.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"

#include <chrono>
#include <utility>

namespace flowcoro {
namespace detail {

template <Start start>
BasicTask<void, start> request_stop_at(StopSource source, SteadyTime deadline) {
  auto until_then = sleep_until(deadline);
  co_await until_then;
  source.request_stop();
}

} // namespace detail

/// A source whose stop is requested at a deadline, never before it, unless it is requested by itself sooner. One deadline for any number
/// of operations, where with_deadline() has one for each: `DeadlineStopSource limit{50ms}; auto call = with_stop(ask(), limit.token());`
/// Its end takes the timer away; the tokens that were taken from it stay valid, and are stopped by nobody then, unless the request is
/// on its way just now. The request is made by a task of the scheduler that was named, of the calling thread's, or of the default
/// runtime; a shutdown of it ends the timer without a request. A callback that the request runs may end the source.
/// Threads: request_stop() and token(): any. Allocates: its state and a frame; growth of the timer queue. Throws RuntimeStopped.
class DeadlineStopSource {
 public:
  DeadlineStopSource(Scheduler& scheduler, SteadyTime deadline) {
    if (deadline <= scheduler.now())
      source_.request_stop();
    else if (deadline == no_deadline)
      return;
    else if (current_scheduler() == &scheduler)
      timer_ = detail::request_stop_at<Start::eager>(source_, deadline);
    else
      timer_ = spawn_on(scheduler, detail::request_stop_at<Start::lazy>, source_, deadline);
  }
  DeadlineStopSource(Runtime& runtime, SteadyTime deadline) : DeadlineStopSource{runtime.scheduler(), deadline} {}
  explicit DeadlineStopSource(SteadyTime deadline) : DeadlineStopSource{detail::here_or_default(), deadline} {}
  /// Counts from now.
  template <class Rep, class Period>
  explicit DeadlineStopSource(std::chrono::duration<Rep, Period> duration)
      : DeadlineStopSource{detail::here_or_default(), duration} {}
  template <class Rep, class Period>
  DeadlineStopSource(Scheduler& scheduler, std::chrono::duration<Rep, Period> duration)
      : DeadlineStopSource{scheduler, deadline_after(scheduler.now(), duration)} {}

  /// \return true for the call that made the request.
  bool request_stop() noexcept {
    StopSource kept = source_; // a callback may end this object
    return kept.request_stop();
  }
  [[nodiscard]] bool stop_requested() const noexcept { return source_.stop_requested(); }
  [[nodiscard]] StopToken token() const noexcept { return source_.token(); }

 private:
  StopSource source_;
  Task<void> timer_;
};

} // namespace flowcoro
