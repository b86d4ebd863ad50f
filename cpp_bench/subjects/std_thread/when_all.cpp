// A thread per task, joined a group at a time.

#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "task_threads.hpp"

namespace std_thread {
namespace {

Outcome run(Runtime&, const Phase& phase) {
  std::vector<std::uint64_t> results(phase.tasks);
  TaskThreads threads;
  for (flowbench::Groups groups(phase.tasks); !groups.done();) {
    const auto group = groups.next();
    threads.run(group.first, group.last, [&](std::uint64_t i) { results[i] = flowbench::mix(phase.seed + i); });
  }
  return threads.outcome(flowbench::wrapping_sum(results));
}

const flowbench::Register workload{"when_all", run};

} // namespace
} // namespace std_thread
