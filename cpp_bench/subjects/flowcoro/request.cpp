// Each task sleeps on a timer of the runtime and holds no worker meanwhile.

#include <string>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace flowcoro_subject {
namespace {

Lazy<std::string> task(std::uint64_t x) {
  const std::uint64_t parsed = flowbench::rounds(x);
  co_await flowcoro::sleep_for(flowbench::request_sleep);
  co_return flowbench::request_text(flowbench::rounds(parsed));
}

Lazy<Finished> root(const Phase* phase) {
  std::vector<Task<std::string>> tasks;
  tasks.reserve(phase->tasks);
  for (std::uint64_t i = 0; i < phase->tasks; ++i) {
    tasks.push_back(flowcoro::spawn(task, phase->seed + i));
  }
  std::vector<std::string> results;
  results.reserve(phase->tasks);
  for (Task<std::string>& started : tasks) {
    std::string result = co_await started;
    results.push_back(std::move(result));
  }
  co_return Finished{.completed = results.size(), .answer = flowbench::hash_strings(results)};
}

Outcome run(Runtime& runtime, const Phase& phase) { return flowcoro::sync_wait(runtime.flow, root(&phase)); }

const flowbench::Register workload{"request", run};

} // namespace
} // namespace flowcoro_subject
