// Each task is a coroutine of its own, posted to the workers one by one.

#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace flowcoro_subject {
namespace {

Lazy<std::uint64_t> task(std::uint64_t x) { co_return flowbench::mix(x); }

Lazy<Finished> root(const Phase* phase) {
  std::vector<Task<std::uint64_t>> tasks;
  tasks.reserve(phase->tasks);
  for (std::uint64_t i = 0; i < phase->tasks; ++i) {
    tasks.push_back(flowcoro::spawn(task, phase->seed + i));
  }
  Lazy<Finished> sum = sum_of(std::move(tasks));
  co_return co_await sum;
}

Outcome run(Runtime& runtime, const Phase& phase) { return flowcoro::sync_wait(runtime.flow, root(&phase)); }

const flowbench::Register workload{"spawn_join", run};

} // namespace
} // namespace flowcoro_subject
