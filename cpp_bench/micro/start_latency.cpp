// From the call that makes a task to the first instruction of its body. Each time has a reading of the clock in it.

#include <flowcoro/flowcoro.hpp>

#include "latencies.hpp"
#include "per_op.hpp"
#include "sleeping_worker.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;
using flowcoro::steady_now;
using flowcoro::SteadyTime;
using flowcoro::Task;

constexpr int starts = 1'000;

Task<SteadyTime> starts_here() { co_return steady_now(); }
Lazy<SteadyTime> starts_when_queued() { co_return steady_now(); }

Task<SteadyTime> start_inline() { return starts_here(); }
Task<SteadyTime> start_queued() { return flowcoro::spawn(starts_when_queued); }

/// \return whether each began after it was asked for.
Lazy<bool> start_many(Task<SteadyTime> (*start)(), Latencies* latencies) {
  bool right = true;
  for (int i = 0; i < starts; ++i) {
    const SteadyTime asked = steady_now();
    Task<SteadyTime> task = start();
    const SteadyTime began = co_await task;
    right = right && began >= asked;
    latencies->add(began - asked);
  }
  co_return right;
}

void run(benchmark::State& state, Task<SteadyTime> (*start)()) {
  flowcoro::Runtime runtime({.workers = 1});
  Latencies latencies;
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, start_many(start, &latencies)))) break;
  }
  latencies.report(state);
  state.counters["clock"] = clock_reading();
}

void start_latency_inline(benchmark::State& state) { run(state, start_inline); }
/// Through the queue of the worker that spawns.
void start_latency_queued(benchmark::State& state) { run(state, start_queued); }

Lazy<void> note_start(SteadyTime* began) {
  *began = steady_now();
  co_return;
}

/// From a thread that is no worker, to a worker that sleeps: the kernel has to wake it.
void start_latency_of_sleeping_worker(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  Latencies latencies;
  for (auto _ : state) {
    SteadyTime asked{};
    SteadyTime began{};
    until_asleep_again(runtime, [&] {
      asked = steady_now();
      until_done(flowcoro::spawn_on(runtime, note_start, &began));
    });
    if (!check(state, began >= asked)) break;
    latencies.add(began - asked);
  }
  latencies.report(state);
}

BENCHMARK(start_latency_inline)->UseRealTime();
BENCHMARK(start_latency_queued)->UseRealTime();
BENCHMARK(start_latency_of_sleeping_worker)->UseRealTime();

} // namespace
} // namespace flowcoro_micro
