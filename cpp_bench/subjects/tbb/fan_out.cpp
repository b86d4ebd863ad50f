// parallel_for with a call for each index. The calls are short and all alike, which is what static_partitioner is for: one
// piece for each thread, and nothing to steal.

#include <oneapi/tbb/parallel_for.h>

#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace tbb_subject {
namespace {

Outcome run(Runtime& runtime, const Phase& phase) {
  return runtime.arena.execute([&]() -> Outcome {
    std::vector<std::uint64_t> results(phase.tasks);
    const auto task = [&](std::uint64_t i) { results[i] = flowbench::mix(phase.seed + i); };
    tbb::parallel_for(std::uint64_t{0}, phase.tasks, task, tbb::static_partitioner{});
    return Finished{.completed = results.size(), .answer = flowbench::wrapping_sum(results)};
  });
}

const flowbench::Register workload{"fan_out", run, plain_functions};

} // namespace
} // namespace tbb_subject
