// Main submits each task on its own and waits for all.

#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace thread_pool {
namespace {

Outcome run(Runtime& runtime, const Phase& phase) {
  std::vector<std::uint64_t> results(phase.tasks);
  auto task = [&](std::uint64_t i) { results[i] = flowbench::mix(phase.seed + i); };
  Join join(phase.tasks);
  for (std::uint64_t i = 0; i < phase.tasks; ++i) {
    runtime.pool.submit(join, task, i);
  }
  return Finished{.completed = join.wait(), .answer = flowbench::wrapping_sum(results)};
}

const flowbench::Register workload{"spawn_join", run};

} // namespace
} // namespace thread_pool
