// Each task is a coroutine of its own, spawned from the root task and run by whichever worker takes it.

#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace asio_subject {
namespace {

Awaitable<std::uint64_t> task(std::uint64_t x) {
  co_await to_pool();
  co_return flowbench::mix(x);
}

Awaitable<Finished> root(Executor executor, const Phase* phase) {
  std::vector<std::uint64_t> results(phase->tasks);
  Join join(executor, phase->tasks);
  for (std::uint64_t i = 0; i < phase->tasks; ++i) {
    spawn(executor, task(phase->seed + i), results[i], join);
  }
  co_await join.wait();
  co_return Finished{.completed = results.size(), .answer = flowbench::wrapping_sum(results)};
}

Outcome run(Runtime& runtime, const Phase& phase) {
  return run_root(runtime, root(runtime.pool.get_executor(), &phase));
}

const flowbench::Register workload{"spawn_join", run};

} // namespace
} // namespace asio_subject
