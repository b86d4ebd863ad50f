// Each task goes back to the scheduler ten times.

#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace flowcoro_subject {
namespace {

Lazy<std::uint64_t> task(std::uint64_t x) {
  const std::uint64_t value = flowbench::mix(x);
  for (int hop = 0; hop < flowbench::yields_per_task; ++hop) {
    co_await flowcoro::yield();
  }
  co_return value;
}

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

const flowbench::Register workload{"yield", run};

} // namespace
} // namespace flowcoro_subject
