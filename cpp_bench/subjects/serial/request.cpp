// The answer only: subject.cpp says why the workload is not timed.

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace serial {
namespace {

Outcome run(Runtime&, const Phase& phase) {
  flowbench::Fnv1a hash;
  for (std::uint64_t i = 0; i < phase.tasks; ++i) {
    hash.add(flowbench::request_text(flowbench::rounds(flowbench::rounds(phase.seed + i))));
  }
  return Finished{.completed = phase.tasks, .answer = hash.value()};
}

const flowbench::Register workload{"request", run};

} // namespace
} // namespace serial
