// One after the other: inline tasks use one CPU, whatever the number of workers.

#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace flowcoro_inline {
namespace {

Task<std::uint64_t> task(std::uint64_t x) { co_return flowbench::rounds(x); }

Outcome run(Runtime& runtime, const Phase& phase) {
  return flowcoro::sync_wait(runtime.flow, sum_of_tasks(&phase, task));
}

const flowbench::Register workload{"compute", run, never_scheduled};

} // namespace
} // namespace flowcoro_inline
