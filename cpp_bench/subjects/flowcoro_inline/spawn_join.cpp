// Each task is a coroutine of its own that has ended when the next is made.

#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace flowcoro_inline {
namespace {

Task<std::uint64_t> task(std::uint64_t x) { co_return flowbench::mix(x); }

Outcome run(Runtime& runtime, const Phase& phase) {
  return flowcoro::sync_wait(runtime.flow, sum_of_tasks(&phase, task));
}

const flowbench::Register workload{"spawn_join", run, never_scheduled};

} // namespace
} // namespace flowcoro_inline
