// All tasks sleep on timers of the runtime at once.

#include "flowbench_kit/in_flight.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace flowcoro_subject {
namespace {

Lazy<std::uint64_t> task(const Phase* phase, flowbench::InFlight* in_flight, std::uint64_t i) {
  in_flight->enter();
  const auto due = flowbench::Lateness::Clock::now() + flowbench::sleep_time(phase->tasks);
  co_await flowcoro::sleep_for(flowbench::sleep_time(phase->tasks));
  phase->lateness.record(due);
  in_flight->leave();
  co_return flowbench::mix(phase->seed + i);
}

Lazy<Finished> root(const Phase* phase) {
  flowbench::InFlight in_flight;
  std::vector<Task<std::uint64_t>> tasks;
  tasks.reserve(phase->tasks);
  for (std::uint64_t i = 0; i < phase->tasks; ++i) {
    tasks.push_back(flowcoro::spawn(task, phase, &in_flight, i));
  }
  Lazy<Finished> sum = sum_of(std::move(tasks));
  Finished result = co_await sum;
  result.max_in_flight = in_flight.max();
  co_return result;
}

Outcome run(Runtime& runtime, const Phase& phase) { return flowcoro::sync_wait(runtime.flow, root(&phase)); }

const flowbench::Register workload{"sleep", run};

} // namespace
} // namespace flowcoro_subject
