// Each task takes one std::mutex; a task that waits for it holds its worker.

#include <mutex>

#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace thread_pool {
namespace {

Outcome run(Runtime& runtime, const Phase& phase) {
  std::mutex mutex;
  std::uint64_t sum = 0;
  auto task = [&](std::uint64_t i) {
    const std::uint64_t value = flowbench::mix(phase.seed + i);
    const std::lock_guard lock(mutex);
    sum += value;
  };
  Join join(phase.tasks);
  for (std::uint64_t i = 0; i < phase.tasks; ++i) {
    runtime.pool.submit(join, task, i);
  }
  const std::uint64_t completed = join.wait();
  return Finished{.completed = completed, .answer = sum};
}

const flowbench::Register workload{"mutex", run, flowbench::Unlike{"a task that waits for the lock holds its worker"}};

} // namespace
} // namespace thread_pool
