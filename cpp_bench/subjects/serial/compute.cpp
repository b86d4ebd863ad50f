// 300 dependent steps per task, one task after the other.

#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace serial {
namespace {

Outcome run(Runtime&, const Phase& phase) { return sum_over_tasks(phase, flowbench::rounds); }

const flowbench::Register workload{"compute", run, no_tasks};

} // namespace
} // namespace serial
