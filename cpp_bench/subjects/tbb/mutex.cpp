// Each task takes one spin_mutex, oneTBB's own for a few instructions; a task that waits for it holds its thread.

#include <oneapi/tbb/spin_mutex.h>
#include <oneapi/tbb/task_group.h>

#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace tbb_subject {
namespace {

Outcome run(Runtime& runtime, const Phase& phase) {
  return runtime.arena.execute([&]() -> Outcome {
    tbb::spin_mutex mutex;
    std::uint64_t sum = 0;
    tbb::task_group tasks;
    for (std::uint64_t i = 0; i < phase.tasks; ++i) {
      tasks.run([&mutex, &sum, x = phase.seed + i] {
        const std::uint64_t value = flowbench::mix(x);
        const tbb::spin_mutex::scoped_lock lock(mutex);
        sum += value;
      });
    }
    const bool all = tasks.wait() == tbb::task_group_status::complete;
    return Finished{.completed = all ? phase.tasks : 0, .answer = sum};
  });
}

const flowbench::Register workload{"mutex", run,
                                   flowbench::Unlike{"a task that waits for the lock spins and holds its thread"}};

} // namespace
} // namespace tbb_subject
