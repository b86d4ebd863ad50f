// The mutex is always free: one task ends before the next begins.

#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace flowcoro_inline {
namespace {

struct Total {
  flowcoro::AsyncMutex mutex;
  std::uint64_t sum = 0;
};

Task<void> task(Total* total, std::uint64_t x) {
  const std::uint64_t value = flowbench::mix(x);
  auto guard = co_await total->mutex.lock();
  total->sum += value;
}

Lazy<Finished> root(const Phase* phase) {
  Total total;
  std::vector<Task<void>> tasks;
  tasks.reserve(phase->tasks);
  for (std::uint64_t i = 0; i < phase->tasks; ++i) {
    tasks.push_back(task(&total, phase->seed + i));
  }
  std::uint64_t completed = 0;
  for (Task<void>& ended : tasks) {
    co_await ended;
    ++completed;
  }
  co_return Finished{.completed = completed, .answer = total.sum};
}

Outcome run(Runtime& runtime, const Phase& phase) { return flowcoro::sync_wait(runtime.flow, root(&phase)); }

const flowbench::Register workload{"mutex", run, never_scheduled};

} // namespace
} // namespace flowcoro_inline
