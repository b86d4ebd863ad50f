// The tasks are queued as a few ranges per worker; each is still a call of its own.

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
  runtime.pool.submit_range(join, task, phase.tasks);
  return Finished{.completed = join.wait(), .answer = flowbench::wrapping_sum(results)};
}

const flowbench::Register workload{"fan_out", run, plain_functions};

} // namespace
} // namespace thread_pool
