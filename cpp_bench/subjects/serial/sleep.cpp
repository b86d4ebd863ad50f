// The answer only: subject.cpp says why the workload is not timed.

#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace serial {
namespace {

Outcome run(Runtime&, const Phase& phase) { return sum_over_tasks(phase, flowbench::mix); }

const flowbench::Register workload{"sleep", run};

} // namespace
} // namespace serial
