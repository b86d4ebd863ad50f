// Each task waits for one AsyncMutex without holding a worker.

#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace flowcoro_subject {
namespace {

struct Total {
  flowcoro::AsyncMutex mutex;
  std::uint64_t sum = 0;
};

Lazy<void> task(Total* total, std::uint64_t x) {
  const std::uint64_t value = flowbench::mix(x);
  auto guard = co_await total->mutex.lock();
  total->sum += value;
}

Lazy<Finished> root(const Phase* phase) {
  Total total;
  std::vector<Task<void>> tasks;
  tasks.reserve(phase->tasks);
  for (std::uint64_t i = 0; i < phase->tasks; ++i) {
    tasks.push_back(flowcoro::spawn(task, &total, phase->seed + i));
  }
  std::uint64_t completed = 0;
  for (Task<void>& started : tasks) {
    co_await started;
    ++completed;
  }
  co_return Finished{.completed = completed, .answer = total.sum};
}

Outcome run(Runtime& runtime, const Phase& phase) { return flowcoro::sync_wait(runtime.flow, root(&phase)); }

const flowbench::Register workload{"mutex", run};

} // namespace
} // namespace flowcoro_subject
