#pragma once
// FlowCoro tasks that never suspend: an eager Task runs on the thread that creates it, here the one in sync_wait, and is
// done when its creation returns. Nothing runs at the same time as anything else.

#include <cstdint>
#include <flowcoro/flowcoro.hpp>
#include <utility>
#include <vector>

#include "flowbench_kit/subject.hpp"

struct flowbench::Runtime {
  explicit Runtime(unsigned workers) : flow(flowcoro::RuntimeOptions{.workers = workers}) {}
  flowcoro::Runtime flow;
};

namespace flowcoro_inline {

using flowbench::Finished;
using flowbench::Outcome;
using flowbench::Phase;
using flowbench::Runtime;
using flowcoro::Lazy;
using flowcoro::Task;

/// How every workload differs here.
inline constexpr flowbench::Unlike never_scheduled{
    "a task has ended on the creating thread when its creation returns: nothing is scheduled, and one CPU does all"};

/// Makes task(seed + i) for each task, then awaits them in their order and adds up what they give.
template <class MakeTask>
Lazy<Finished> sum_of_tasks(const Phase* phase, MakeTask make_task) {
  std::vector<Task<std::uint64_t>> tasks;
  tasks.reserve(phase->tasks);
  for (std::uint64_t i = 0; i < phase->tasks; ++i) {
    tasks.push_back(make_task(phase->seed + i));
  }
  Finished result{.completed = 0, .answer = 0};
  for (Task<std::uint64_t>& task : tasks) {
    result.answer += co_await task;
    ++result.completed;
  }
  co_return result;
}

} // namespace flowcoro_inline
