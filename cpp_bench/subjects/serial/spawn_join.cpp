// One addition per task; there is nothing to spawn.

#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace serial {
namespace {

Outcome run(Runtime&, const Phase& phase) { return sum_over_tasks(phase, flowbench::mix); }

const flowbench::Register workload{"spawn_join", run, no_tasks};

} // namespace
} // namespace serial
