// spawn_many shares out the indices; each task is still a coroutine that could suspend.

#include <cstddef>
#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace flowcoro_subject {
namespace {

Lazy<Finished> root(const Phase* phase) {
  std::vector<std::uint64_t> results(phase->tasks);
  auto task = [&results, seed = phase->seed](std::size_t i) -> Lazy<void> {
    results[i] = flowbench::mix(seed + i);
    co_return;
  };
  Lazy<void> all = flowcoro::spawn_many(phase->tasks, task);
  co_await all;
  co_return Finished{.completed = results.size(), .answer = flowbench::wrapping_sum(results)};
}

Outcome run(Runtime& runtime, const Phase& phase) { return flowcoro::sync_wait(runtime.flow, root(&phase)); }

const flowbench::Register workload{"fan_out", run};

} // namespace
} // namespace flowcoro_subject
