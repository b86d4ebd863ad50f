// Main submits the tasks of a group one by one and waits for the group.

#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace thread_pool {
namespace {

Outcome run(Runtime& runtime, const Phase& phase) {
  std::vector<std::uint64_t> results(phase.tasks);
  auto task = [&](std::uint64_t i) { results[i] = flowbench::mix(phase.seed + i); };
  std::uint64_t completed = 0;
  for (flowbench::Groups groups(phase.tasks); !groups.done();) {
    const auto group = groups.next();
    Join join(group.size());
    for (std::uint64_t i = group.first; i < group.last; ++i) {
      runtime.pool.submit(join, task, i);
    }
    completed += join.wait();
  }
  return Finished{.completed = completed, .answer = flowbench::wrapping_sum(results)};
}

const flowbench::Register workload{"when_all", run};

} // namespace
} // namespace thread_pool
