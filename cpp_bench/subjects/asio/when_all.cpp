// The tasks of a group are spawned one by one and joined by one counter.

#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace asio_subject {
namespace {

Awaitable<std::uint64_t> task(std::uint64_t x) {
  co_await to_pool();
  co_return flowbench::mix(x);
}

Awaitable<Finished> root(Executor executor, const Phase* phase) {
  Finished result{.completed = 0, .answer = 0};
  std::vector<std::uint64_t> results;
  for (flowbench::Groups groups(phase->tasks); !groups.done();) {
    const auto group = groups.next();
    results.resize(group.size());
    Join join(executor, group.size());
    for (std::uint64_t i = 0; i < group.size(); ++i) {
      spawn(executor, task(phase->seed + group.first + i), results[i], join);
    }
    co_await join.wait();
    result.answer += flowbench::wrapping_sum(results);
    result.completed += results.size();
  }
  co_return result;
}

Outcome run(Runtime& runtime, const Phase& phase) {
  return run_root(runtime, root(runtime.pool.get_executor(), &phase));
}

const flowbench::Register workload{"when_all", run};

} // namespace
} // namespace asio_subject
