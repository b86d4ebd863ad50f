// The answer only: subject.cpp says why the workload is not timed.

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace serial {
namespace {

Outcome run(Runtime&, const Phase& phase) {
  std::uint64_t hash = phase.seed;
  for (std::uint64_t i = 0; i < phase.tasks; ++i) {
    hash = flowbench::fold_message(hash, flowbench::mix(phase.seed + i));
  }
  return Finished{.completed = phase.tasks, .answer = hash};
}

const flowbench::Register workload{"channel", run};

} // namespace
} // namespace serial
