#include "flowcoro/pool/coroutine_pool.hpp"

#include "flowcoro/base/cpu.hpp"

namespace flowcoro::pool {

std::size_t CoroutinePoolConfig::default_max_coroutines() noexcept { return std::size_t{2} * allowed_cpus(); }
std::size_t CoroutinePoolConfig::default_min_coroutines() noexcept { return allowed_cpus(); }

void CoroutinePoolConfig::validate() const {
  // A year: longer waits are mistakes, and would overflow nanoseconds in the end.
  constexpr std::uint64_t longest_ms = std::uint64_t{366} * 24 * 3600 * 1000;
  if (max_coroutines == 0) throw InvalidPoolConfig{"max_coroutines", "must be at least 1"};
  if (min_coroutines > max_coroutines) throw InvalidPoolConfig{"min_coroutines", "must be at most max_coroutines"};
  if (task_timeout_ms > longest_ms) throw InvalidPoolConfig{"task_timeout_ms", "must be at most a year; 0 is no limit"};
  if (aging_ms == 0 || aging_ms > longest_ms) throw InvalidPoolConfig{"aging_ms", "must be 1 to a year"};
  if (high_reserve != derived && high_reserve > derived - 1 - max_coroutines)
    throw InvalidPoolConfig{"high_reserve", "is more than can run with max_coroutines"};
}

struct CoroutinePool::Home {
  std::unique_ptr<Runtime> own;
  Runtime* runtime;
  Scheduler& scheduler;
};

CoroutinePool::Home CoroutinePool::home_for(const CoroutinePoolConfig& config) {
  config.validate();
  if (config.enable_work_stealing) return {nullptr, &default_runtime(), default_runtime().scheduler()};
  RuntimeOptions options;
  options.work_stealing = false;
  auto own = std::make_unique<Runtime>(std::move(options));
  Runtime& runtime = *own;
  return {std::move(own), &runtime, runtime.scheduler()};
}

CoroutinePool::Home CoroutinePool::home_on(const CoroutinePoolConfig& config, Runtime& runtime) {
  config.validate();
  if (config.enable_work_stealing != runtime.steals_work())
    throw InvalidPoolConfig{"enable_work_stealing", "is not what the workers of this runtime do"};
  return {nullptr, &runtime, runtime.scheduler()};
}

CoroutinePool::Home CoroutinePool::home_on(const CoroutinePoolConfig& config, Scheduler& scheduler) {
  config.validate();
  if (!config.enable_work_stealing)
    throw InvalidPoolConfig{"enable_work_stealing", "is up to the scheduler that was given"};
  return {nullptr, nullptr, scheduler};
}

CoroutinePool::CoroutinePool(const CoroutinePoolConfig& config) : CoroutinePool{config, home_for(config)} {}
CoroutinePool::CoroutinePool(const CoroutinePoolConfig& config, Runtime& runtime)
    : CoroutinePool{config, home_on(config, runtime)} {}
CoroutinePool::CoroutinePool(const CoroutinePoolConfig& config, Scheduler& scheduler)
    : CoroutinePool{config, home_on(config, scheduler)} {}

CoroutinePool::CoroutinePool(const CoroutinePoolConfig& config, Home home)
    : own_runtime_{std::move(home.own)},
      runtime_{home.runtime},
      stolen_before_{runtime_ != nullptr ? runtime_->stats().stolen : 0},
      core_{detail::PoolCore::make(
          config, home.scheduler,
          runtime_ != nullptr ? detail::PoolCore::WaitClock::ticks : detail::PoolCore::WaitClock::scheduler)} {
  // The core ends with the watch. Where that cannot start, here.
  try {
    watch_ = spawn_on(home.scheduler, [core = core_] { return detail::PoolCore::watch(*core); });
  } catch (...) {
    core_->end_unwatched();
    throw;
  }
}

CoroutinePool::~CoroutinePool() {
  core_->request_stop_all(true);
  watch_ = {}; // asks it to stop
  core_->abandon();
}

CoroutinePoolStats CoroutinePool::stats() const {
  CoroutinePoolStats stats = core_->stats();
  if (runtime_ != nullptr) stats.work_steal_count = runtime_->stats().stolen - stolen_before_;
  return stats;
}

Lazy<Result<TaskEnd, UnknownTask>> CoroutinePool::wait_task(TaskId id) {
  const detail::PoolCore::Found found = core_->find(id);
  if (found.end.has_value()) co_return Ok(*found.end);
  if (found.job == nullptr) co_return Err(UnknownTask{id});
  struct LetGo {
    detail::Job& job;
    ~LetGo() { job.let_go(); }
  } let_go{*found.job};
  detail::JobEnd end{*found.job};
  co_await end;
  co_return Ok(found.job->end());
}

Lazy<std::vector<TaskId>> CoroutinePool::join_all(SteadyTime deadline) {
  detail::PoolCore::Idle idle{*core_};
  auto in_time = with_deadline(idle, deadline);
  co_await in_time;
  co_return core_->left();
}

Lazy<void> CoroutinePool::cleanup() {
  core_->request_stop_all(true);
  detail::PoolCore::Idle idle{*core_};
  co_await idle;
  core_->reopen();
}

} // namespace flowcoro::pool
