#include "flowcoro/sched/runtime.hpp"

#include "runtime_core.hpp"

#include "flowcoro/base/detail/thread_context.hpp"

#include <atomic>

namespace flowcoro {

Runtime::Runtime(RuntimeOptions options) : core_{std::make_unique<detail::RuntimeCore>(std::move(options))} {
  core_->start();
}

Runtime::~Runtime() {
  static_cast<void>(shutdown());
  // What was left by a shutdown with a limit may still be resumed, for example by a thread of the program. It then finds its
  // scheduler, with no worker to run it.
  if (!core_->end()) static_cast<void>(core_.release());
}

Scheduler& Runtime::scheduler() noexcept { return *core_; }

unsigned Runtime::workers() const noexcept { return core_->concurrency(); }
bool Runtime::steals_work() const noexcept { return core_->stealing(); }

RuntimeStats Runtime::stats() const { return core_->stats(); }

StatsByWorker Runtime::stats_by_worker() const { return core_->stats_by_worker(); }

WorkerTurn Runtime::turn_of(unsigned worker) const noexcept { return core_->workers()[worker]->turn(); }

TimerStats Runtime::timer_stats() const noexcept { return core_->timer_stats(); }

TrimReport Runtime::trim_memory() { return core_->trim_memory(); }

ShutdownReport Runtime::shutdown(Nanoseconds limit) { return core_->shutdown(limit); }

namespace {
std::atomic<Runtime*> made_default{nullptr};
} // namespace

Runtime& default_runtime() {
  static Runtime& runtime = []() -> Runtime& {
    auto* made = new Runtime;
    made_default.store(made, std::memory_order_release); // the pointer leads others to what was made
    return *made;
  }();
  return runtime;
}

namespace detail {
Runtime* default_runtime_if_made() noexcept { return made_default.load(std::memory_order_acquire); }
} // namespace detail

Scheduler& default_scheduler() {
  if (Scheduler* own = detail::thread_context().default_scheduler) return *own;
  return default_runtime().scheduler();
}

} // namespace flowcoro
