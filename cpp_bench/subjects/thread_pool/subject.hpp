#pragma once
// Fixed workers, one queue. Main is the root task: it submits and waits.

#include <cstdint>

#include "flowbench_kit/subject.hpp"
#include "pool.hpp"

struct flowbench::Runtime {
  explicit Runtime(unsigned workers) : pool(workers) {}
  thread_pool::Pool pool;
};

namespace thread_pool {

using flowbench::Finished;
using flowbench::Outcome;
using flowbench::Phase;
using flowbench::Runtime;
using flowbench::Unsupported;

/// How a range of tasks differs from tasks that could suspend.
inline constexpr flowbench::Unlike plain_functions{
    "tasks are plain functions in shares of the range: one that waited would hold its worker"};

} // namespace thread_pool
