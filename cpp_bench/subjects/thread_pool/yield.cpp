// A pool cannot suspend a task: what is left of it goes to the end of the queue as a job of its own.

#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace thread_pool {
namespace {

constexpr std::uint64_t jobs_per_task = flowbench::yields_per_task + 1;

/// A task that is on its way: what is left of it between two jobs.
struct Continuation {
  std::uint64_t value = 0;
  int yields_left = flowbench::yields_per_task;
};

class YieldingTasks {
 public:
  YieldingTasks(Pool& pool, const Phase& phase)
      : pool_(pool),
        phase_(phase),
        results_(phase.tasks),
        continuations_(phase.tasks),
        join_(phase.tasks * jobs_per_task) {}

  /// \return the number of tasks, all of which have ended.
  std::uint64_t run() {
    for (std::uint64_t i = 0; i < phase_.tasks; ++i) {
      pool_.submit(join_, *this, i);
    }
    return join_.wait() / jobs_per_task;
  }

  /// One job of task i.
  void operator()(std::uint64_t i) {
    Continuation& task = continuations_[i];
    if (task.yields_left == flowbench::yields_per_task) {
      task.value = flowbench::mix(phase_.seed + i);
    }
    if (task.yields_left == 0) {
      results_[i] = task.value;
      return;
    }
    --task.yields_left;
    pool_.submit(join_, *this, i); // from here on another worker may run it
  }

  [[nodiscard]] std::uint64_t sum() const noexcept { return flowbench::wrapping_sum(results_); }

 private:
  Pool& pool_;
  const Phase& phase_;
  std::vector<std::uint64_t> results_;
  std::vector<Continuation> continuations_;
  Join join_;
};

Outcome run(Runtime& runtime, const Phase& phase) {
  YieldingTasks tasks(runtime.pool, phase);
  const std::uint64_t completed = tasks.run();
  return Finished{.completed = completed, .answer = tasks.sum()};
}

const flowbench::Register workload{"yield", run};

} // namespace
} // namespace thread_pool
