// The answer only: subject.cpp says why the workload is not timed.

#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace serial {
namespace {

Outcome run(Runtime&, const Phase& phase) { return sum_over_tasks(phase, flowbench::rounds); }

const flowbench::Register workload{"pool_priority", run};

} // namespace
} // namespace serial
