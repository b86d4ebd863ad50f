// Each task goes back to the pool's queue ten times. `defer` and not `post`: what runs next is this same task, so no other
// thread is woken for it.

#include <boost/asio/defer.hpp>

#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace asio_subject {
namespace {

Awaitable<std::uint64_t> task(std::uint64_t x) {
  co_await to_pool();
  const std::uint64_t value = flowbench::mix(x);
  for (int hop = 0; hop < flowbench::yields_per_task; ++hop) {
    co_await asio::defer(asio::deferred);
  }
  co_return value;
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

const flowbench::Register workload{"yield", run};

} // namespace
} // namespace asio_subject
