// The reschedule of a thread is std::this_thread::yield(): it goes to the scheduler of the kernel.

#include <thread>
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
  threads.run(0, phase.tasks, [&](std::uint64_t i) {
    const std::uint64_t value = flowbench::mix(phase.seed + i);
    for (int hop = 0; hop < flowbench::yields_per_task; ++hop) {
      std::this_thread::yield();
    }
    results[i] = value;
  });
  return threads.outcome(flowbench::wrapping_sum(results));
}

const flowbench::Register workload{"yield", run};

} // namespace
} // namespace std_thread
