// The tasks of a group have ended when when_all takes their results.

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace flowcoro_inline {
namespace {

Task<std::uint64_t> task(std::uint64_t x) { co_return flowbench::mix(x); }

Lazy<Finished> root(const Phase* phase) {
  Finished result{.completed = 0, .answer = 0};
  for (flowbench::Groups groups(phase->tasks); !groups.done();) {
    const auto group = groups.next();
    std::vector<Task<std::uint64_t>> tasks;
    tasks.reserve(group.size());
    for (std::uint64_t i = group.first; i < group.last; ++i) {
      tasks.push_back(task(phase->seed + i));
    }
    auto joined = flowcoro::when_all(std::move(tasks));
    const std::vector<std::uint64_t> results = co_await joined;
    result.answer += flowbench::wrapping_sum(results);
    result.completed += results.size();
  }
  co_return result;
}

Outcome run(Runtime& runtime, const Phase& phase) { return flowcoro::sync_wait(runtime.flow, root(&phase)); }

const flowbench::Register workload{"when_all", run, never_scheduled};

} // namespace
} // namespace flowcoro_inline
