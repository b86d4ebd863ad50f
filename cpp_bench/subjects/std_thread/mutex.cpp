// A thread per task; each takes one std::mutex.

#include <mutex>

#include "flowbench_kit/mix.hpp"
#include "task_threads.hpp"

namespace std_thread {
namespace {

Outcome run(Runtime&, const Phase& phase) {
  std::mutex mutex;
  std::uint64_t sum = 0;
  TaskThreads threads;
  threads.run(0, phase.tasks, [&](std::uint64_t i) {
    const std::uint64_t value = flowbench::mix(phase.seed + i);
    const std::lock_guard lock(mutex);
    sum += value;
  });
  return threads.outcome(sum);
}

const flowbench::Register workload{"mutex", run};

} // namespace
} // namespace std_thread
