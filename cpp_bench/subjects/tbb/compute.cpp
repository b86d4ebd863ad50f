// As fan_out, with about 1 µs of work in each task. The default partitioner: a thread that is done early finds more to take.

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
    const auto task = [&](std::uint64_t i) { results[i] = flowbench::rounds(phase.seed + i); };
    tbb::parallel_for(std::uint64_t{0}, phase.tasks, task);
    return Finished{.completed = results.size(), .answer = flowbench::wrapping_sum(results)};
  });
}

const flowbench::Register workload{"compute", run, plain_functions};

} // namespace
} // namespace tbb_subject
