#include "flowcoro/sched/manual_scheduler.hpp"

#include "manual_core.hpp"

#include <utility>

namespace flowcoro {

ManualScheduler::ManualScheduler(ManualSchedulerOptions options)
    : core_{std::make_unique<detail::ManualCore>(std::move(options))} {}

ManualScheduler::~ManualScheduler() {
  if (!core_->was_shut_down()) static_cast<void>(shutdown());
  // What was left by a shutdown with a limit may still be resumed. It then finds its scheduler, with nobody who drives it.
  if (!core_->end()) static_cast<void>(core_.release());
}

Scheduler& ManualScheduler::scheduler() noexcept { return *core_; }

Driven ManualScheduler::drive() { return core_->turn(core_->limits()); }
Driven ManualScheduler::drive(const DriveLimits& limits) { return core_->turn(limits); }

bool ManualScheduler::run_one() {
  const DriveLimits& limits = core_->limits();
  return core_->turn({.timers = limits.timers, .ready = 1, .destructions = limits.destructions}).ready != 0;
}

void ManualScheduler::run_until(SteadyTime deadline) {
  while (core_->now() < deadline)
    if (!core_->turn(core_->limits()).anything()) core_->sleep(deadline, core_->wakes());
}

std::uint32_t ManualScheduler::wakes_so_far() const noexcept { return core_->wakes(); }

bool ManualScheduler::step(SteadyTime deadline, std::uint32_t wakes) {
  if (deadline != no_deadline && core_->now() >= deadline) return false;
  const DriveLimits& limits = core_->limits();
  if (!core_->turn({.timers = limits.timers, .ready = 1, .destructions = limits.destructions}).anything())
    core_->sleep(deadline, wakes);
  return true;
}

SteadyTime ManualScheduler::next_deadline() const noexcept { return core_->next_deadline(); }

bool ManualScheduler::wait(SteadyTime deadline) {
  const std::uint32_t wakes = core_->wakes();
  while (!core_->can_go_on()) {
    if (core_->wakes() != wakes || (deadline != no_deadline && core_->now() >= deadline)) return false;
    core_->sleep(deadline, wakes);
  }
  return true;
}
void ManualScheduler::wake() noexcept { core_->wake(); }

void ManualScheduler::destroy_later(std::coroutine_handle<> frame) { core_->destroy_later(frame); }
std::size_t ManualScheduler::pending_destructions() const noexcept { return core_->pending_destructions(); }

ShutdownReport ManualScheduler::shutdown(Nanoseconds limit) { return core_->shutdown(limit); }

RuntimeStats ManualScheduler::stats() const { return core_->stats(); }
TimerStats ManualScheduler::timer_stats() const noexcept { return core_->timer_stats(); }

} // namespace flowcoro
