// Calls instead of awaits: 1,000 frames deep, one chain after the other. There is nothing for the deepest level to
// yield to.

#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace serial {
namespace {

[[gnu::noinline]] std::uint64_t level(std::uint64_t value, std::uint64_t levels_below) {
  std::uint64_t below = 0;
  if (levels_below > 0) {
    below = level(value + 1, levels_below - 1);
    asm volatile("" : "+r"(below)); // keeps the recursion: optimisers turn this sum into a loop without frames
  }
  return flowbench::mix(value) + below;
}

Outcome run(Runtime&, const Phase& phase) {
  std::uint64_t sum = 0;
  flowbench::for_each_chain(phase.tasks, [&](std::uint64_t first, std::uint64_t last) {
    sum += level(phase.seed + first, last - first - 1);
  });
  return Finished{.completed = phase.tasks, .answer = sum};
}

const flowbench::Register workload{"await_chain", run, flowbench::Unlike{"functions call each other, and none waits"}};

} // namespace
} // namespace serial
