// The tasks of a group are run one by one and joined by one wait; the task_group is used again for the next group.

#include <oneapi/tbb/task_group.h>

#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace tbb_subject {
namespace {

Outcome run(Runtime& runtime, const Phase& phase) {
  return runtime.arena.execute([&]() -> Outcome {
    std::vector<std::uint64_t> results(phase.tasks);
    std::uint64_t completed = 0;
    tbb::task_group tasks;
    for (flowbench::Groups groups(phase.tasks); !groups.done();) {
      const auto group = groups.next();
      for (std::uint64_t i = group.first; i < group.last; ++i) {
        tasks.run([result = &results[i], x = phase.seed + i] { *result = flowbench::mix(x); });
      }
      if (tasks.wait() == tbb::task_group_status::complete) completed += group.size();
    }
    return Finished{.completed = completed, .answer = flowbench::wrapping_sum(results)};
  });
}

const flowbench::Register workload{"when_all", run};

} // namespace
} // namespace tbb_subject
