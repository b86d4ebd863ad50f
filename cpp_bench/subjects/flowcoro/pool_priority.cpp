// A CoroutinePool of 64, without a reserve for the high ones, so that the limit is that of the others. Aging would let a low one go
// before a high one after a while; here the order is by priority alone, as it is everywhere.

#include <cstddef>
#include <flowcoro/pool/coroutine_pool.hpp>
#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/priority.hpp"
#include "subject.hpp"

namespace flowcoro_subject {
namespace {

using Clock = flowbench::QueueingDelays::Clock;
using flowcoro::pool::CoroutinePool;
using flowcoro::pool::CoroutinePoolConfig;
using flowcoro::pool::TaskPriority;

CoroutinePoolConfig config_for(const Phase& phase) {
  CoroutinePoolConfig config;
  config.max_coroutines = flowbench::pool_limit;
  config.min_coroutines = flowbench::pool_limit;
  config.high_reserve = 0;
  config.work_stealing_queue_size = phase.tasks;
  config.task_timeout_ms = 0;
  config.aging_ms = 24 * 3600 * 1000;
  return config;
}

TaskPriority in_pool(flowbench::Priority priority) {
  switch (priority) {
    case flowbench::Priority::high: return TaskPriority::High;
    case flowbench::Priority::normal: return TaskPriority::Normal;
    case flowbench::Priority::low: break;
  }
  return TaskPriority::Low;
}

Lazy<void> task(const Phase* phase, std::uint64_t* result, std::uint64_t i, flowbench::Priority priority,
                Clock::time_point submitted) {
  phase->queueing.record(priority, submitted);
  *result = flowbench::rounds(phase->seed + i);
  co_return;
}

Lazy<Finished> root(Runtime* runtime, const Phase* phase) {
  std::vector<std::uint64_t> results(phase->tasks);
  CoroutinePool pool{config_for(*phase), runtime->flow};
  for (std::uint64_t i = 0; i < phase->tasks; ++i) {
    const flowbench::Priority priority = flowbench::priority_of(phase->seed, i);
    auto spawning = pool.spawn_with_priority(task, in_pool(priority), phase, &results[i], i, priority, Clock::now());
    auto taken = co_await spawning;
    static_cast<void>(std::move(taken).unwrap());
  }
  Lazy<std::vector<flowcoro::pool::TaskId>> joined = pool.join_all();
  co_await joined;
  const flowcoro::pool::CoroutinePoolStats stats = pool.stats();
  co_return Finished{.completed = stats.total_completed,
                     .answer = flowbench::wrapping_sum(results),
                     .max_in_flight = stats.max_concurrent};
}

Outcome run(Runtime& runtime, const Phase& phase) { return flowcoro::sync_wait(runtime.flow, root(&runtime, &phase)); }

const flowbench::Register workload{"pool_priority", run};

} // namespace
} // namespace flowcoro_subject
