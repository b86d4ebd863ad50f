#pragma once
// oneTBB. The thread that asks for the work is one of the workers: inside the arena it runs tasks while it waits, as
// oneTBB means it to.

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>

#include "flowbench_kit/subject.hpp"

struct flowbench::Runtime {
  /// Returns when all threads are there. \throws std::runtime_error when oneTBB does not give as many.
  explicit Runtime(unsigned workers);

  tbb::global_control limit;
  tbb::task_arena arena;
};

namespace tbb_subject {

using flowbench::Finished;
using flowbench::Outcome;
using flowbench::Phase;
using flowbench::Runtime;

/// How parallel_for differs from tasks that could suspend.
inline constexpr flowbench::Unlike plain_functions{
    "parallel_for calls a plain function for each index of a chunk: one that waited would hold its thread"};

} // namespace tbb_subject
