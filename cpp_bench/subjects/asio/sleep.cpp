// All tasks wait for a steady_timer each, all at once.

#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/in_flight.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"
#include "timer.hpp"

namespace asio_subject {
namespace {

Awaitable<std::uint64_t> task(Executor executor, const Phase* phase, flowbench::InFlight* in_flight, std::uint64_t i) {
  co_await to_pool();
  in_flight->enter();
  const auto due = flowbench::Lateness::Clock::now() + flowbench::sleep_time(phase->tasks);
  Timer timer(executor, due);
  co_await timer.async_wait(asio::deferred);
  phase->lateness.record(due);
  in_flight->leave();
  co_return flowbench::mix(phase->seed + i);
}

Awaitable<Finished> root(Executor executor, const Phase* phase) {
  flowbench::InFlight in_flight;
  std::vector<std::uint64_t> results(phase->tasks);
  Join join(executor, phase->tasks);
  for (std::uint64_t i = 0; i < phase->tasks; ++i) {
    spawn(executor, task(executor, phase, &in_flight, i), results[i], join);
  }
  co_await join.wait();
  co_return Finished{
      .completed = results.size(), .answer = flowbench::wrapping_sum(results), .max_in_flight = in_flight.max()};
}

Outcome run(Runtime& runtime, const Phase& phase) {
  return run_root(runtime, root(runtime.pool.get_executor(), &phase));
}

const flowbench::Register workload{"sleep", run};

} // namespace
} // namespace asio_subject
