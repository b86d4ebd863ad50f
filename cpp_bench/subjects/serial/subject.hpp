#pragma once
// The plain loop: the oracle for answers, and what the work costs when nothing is spawned.

#include <cstdint>

#include "flowbench_kit/subject.hpp"

struct flowbench::Runtime {};

namespace serial {

using flowbench::Finished;
using flowbench::Outcome;
using flowbench::Phase;
using flowbench::Runtime;

/// How a loop differs from any workload that spawns.
inline constexpr flowbench::Unlike no_tasks{"a loop: no task is made"};

/// task(seed + i) for each task, added up.
template <class Task>
Outcome sum_over_tasks(const Phase& phase, Task task) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < phase.tasks; ++i) {
    sum += task(phase.seed + i);
  }
  return Finished{.completed = phase.tasks, .answer = sum};
}

} // namespace serial
