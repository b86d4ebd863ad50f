// A loop over the groups and a loop over the tasks of a group.

#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace serial {
namespace {

Outcome run(Runtime&, const Phase& phase) {
  std::uint64_t sum = 0;
  for (flowbench::Groups groups(phase.tasks); !groups.done();) {
    const auto group = groups.next();
    for (std::uint64_t i = group.first; i < group.last; ++i) {
      sum += flowbench::mix(phase.seed + i);
    }
  }
  return Finished{.completed = phase.tasks, .answer = sum};
}

const flowbench::Register workload{"when_all", run, no_tasks};

} // namespace
} // namespace serial
