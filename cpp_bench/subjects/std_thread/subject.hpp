#pragma once
// One std::jthread per task. There is no runtime to start: the operating system is the scheduler.

#include <cstdint>

#include "flowbench_kit/subject.hpp"

struct flowbench::Runtime {};

namespace std_thread {

using flowbench::Finished;
using flowbench::Outcome;
using flowbench::Phase;
using flowbench::Runtime;
using flowbench::Unsupported;

} // namespace std_thread
