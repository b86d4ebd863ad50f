// Each task waits for a steady_timer and holds no worker meanwhile.

#include <string>
#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"
#include "timer.hpp"

namespace asio_subject {
namespace {

Awaitable<std::string> task(Executor executor, std::uint64_t x) {
  co_await to_pool();
  const std::uint64_t parsed = flowbench::rounds(x);
  Timer timer(executor, flowbench::request_sleep);
  co_await timer.async_wait(asio::deferred);
  co_return flowbench::request_text(flowbench::rounds(parsed));
}

Awaitable<Finished> root(Executor executor, const Phase* phase) {
  std::vector<std::string> results(phase->tasks);
  Join join(executor, phase->tasks);
  for (std::uint64_t i = 0; i < phase->tasks; ++i) {
    spawn(executor, task(executor, phase->seed + i), results[i], join);
  }
  co_await join.wait();
  co_return Finished{.completed = results.size(), .answer = flowbench::hash_strings(results)};
}

Outcome run(Runtime& runtime, const Phase& phase) {
  return run_root(runtime, root(runtime.pool.get_executor(), &phase));
}

const flowbench::Register workload{"request", run};

} // namespace
} // namespace asio_subject
