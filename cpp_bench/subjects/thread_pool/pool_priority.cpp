// Three queues in front of the pool's one. A task is a plain function, so no more are under way than there are workers, and the limit
// is felt where those are more than 64.

#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/priority.hpp"
#include "priority_queues.hpp"
#include "subject.hpp"

namespace thread_pool {
namespace {

using Clock = flowbench::QueueingDelays::Clock;

struct Waiting {
  std::uint64_t i;
  flowbench::Priority priority;
  Clock::time_point submitted;
};

Outcome run(Runtime& runtime, const Phase& phase) {
  std::vector<std::uint64_t> results(phase.tasks);
  PriorityQueues<Waiting> queues(flowbench::pool_limit);
  auto turn = [&](std::uint64_t) {
    const Waiting task = queues.take();
    phase.queueing.record(task.priority, task.submitted);
    results[task.i] = flowbench::rounds(phase.seed + task.i);
    queues.give_back();
  };
  Join join(phase.tasks);
  for (std::uint64_t i = 0; i < phase.tasks; ++i) {
    const flowbench::Priority priority = flowbench::priority_of(phase.seed, i);
    queues.put(priority, {i, priority, Clock::now()});
    runtime.pool.submit(join, turn, i);
  }
  const std::uint64_t completed = join.wait();
  return Finished{
      .completed = completed, .answer = flowbench::wrapping_sum(results), .max_in_flight = queues.most_under_way()};
}

const flowbench::Register workload{"pool_priority", run};

} // namespace
} // namespace thread_pool
