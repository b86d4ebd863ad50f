// One task_group; each task is run on its own and stores its own result.

#include <oneapi/tbb/task_group.h>

#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace tbb_subject {
namespace {

Outcome run(Runtime& runtime, const Phase& phase) {
  return runtime.arena.execute([&]() -> Outcome {
    std::vector<std::uint64_t> results(phase.tasks);
    tbb::task_group tasks;
    for (std::uint64_t i = 0; i < phase.tasks; ++i) {
      tasks.run([result = &results[i], x = phase.seed + i] { *result = flowbench::mix(x); });
    }
    const bool all = tasks.wait() == tbb::task_group_status::complete;
    return Finished{.completed = all ? phase.tasks : 0, .answer = flowbench::wrapping_sum(results)};
  });
}

const flowbench::Register workload{"spawn_join", run};

} // namespace
} // namespace tbb_subject
