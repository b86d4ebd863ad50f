// A thread per task.

#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "task_threads.hpp"

namespace std_thread {
namespace {

Outcome run(Runtime&, const Phase& phase) {
  std::vector<std::uint64_t> results(phase.tasks);
  TaskThreads threads;
  threads.run(0, phase.tasks, [&](std::uint64_t i) { results[i] = flowbench::rounds(phase.seed + i); });
  return threads.outcome(flowbench::wrapping_sum(results));
}

const flowbench::Register workload{"compute", run};

} // namespace
} // namespace std_thread
