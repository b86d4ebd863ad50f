// A thread per request, which sleeps in the kernel.

#include <string>
#include <thread>
#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "task_threads.hpp"

namespace std_thread {
namespace {

Outcome run(Runtime&, const Phase& phase) {
  std::vector<std::string> results(phase.tasks);
  TaskThreads threads;
  threads.run(0, phase.tasks, [&](std::uint64_t i) {
    const std::uint64_t parsed = flowbench::rounds(phase.seed + i);
    std::this_thread::sleep_for(flowbench::request_sleep);
    results[i] = flowbench::request_text(flowbench::rounds(parsed));
  });
  return threads.outcome(flowbench::hash_strings(results));
}

const flowbench::Register workload{"request", run};

} // namespace
} // namespace std_thread
