// What it costs that the workers could write a trace, and that they do.

#include <flowcoro/flowcoro.hpp>
#include <vector>

#include "flowbench_kit/mix.hpp"
#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;
using flowcoro::Task;

constexpr std::uint64_t operations = 10'000;

Lazy<std::uint64_t> mix_task(std::uint64_t x) { co_return flowbench::mix(x); }

/// An operation is a task: three events, its spawn, and begin and end of its run.
Lazy<std::uint64_t> spawn_and_join() {
  std::vector<Task<std::uint64_t>> tasks;
  tasks.reserve(operations);
  for (std::uint64_t i = 0; i < operations; ++i) tasks.push_back(flowcoro::spawn(mix_task, i));
  std::uint64_t sum = 0;
  for (Task<std::uint64_t>& task : tasks) sum += co_await task;
  co_return sum;
}

/// An operation is a trip through the scheduler: two events.
Lazy<std::uint64_t> hop() {
  std::uint64_t done = 0;
  for (; done < operations; ++done) co_await flowcoro::yield();
  co_return done;
}

enum class Trace { none, stopped, recording };

void run(benchmark::State& state, Trace mode, Lazy<std::uint64_t> (*root)(), std::uint64_t expected) {
  flowcoro::TraceBuffer trace;
  if (mode == Trace::recording) trace.start();
  flowcoro::Runtime runtime({.workers = 1, .trace = mode == Trace::none ? nullptr : &trace});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, root()) == expected)) break;
  }
  const bool wrote = trace.snapshot().count(flowcoro::TraceKind::run_begin) > 0;
  if (wrote != (mode == Trace::recording)) state.SkipWithError("the trace is not what was asked for");
  report_per_op(state, operations);
}

void run_spawn_join(benchmark::State& state, Trace mode) {
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < operations; ++i) expected += flowbench::mix(i);
  run(state, mode, spawn_and_join, expected);
}
void run_yield(benchmark::State& state, Trace mode) { run(state, mode, hop, operations); }

void trace_none_spawn_join(benchmark::State& state) { run_spawn_join(state, Trace::none); }
void trace_stopped_spawn_join(benchmark::State& state) { run_spawn_join(state, Trace::stopped); }
void trace_recording_spawn_join(benchmark::State& state) { run_spawn_join(state, Trace::recording); }
void trace_none_yield(benchmark::State& state) { run_yield(state, Trace::none); }
void trace_stopped_yield(benchmark::State& state) { run_yield(state, Trace::stopped); }
void trace_recording_yield(benchmark::State& state) { run_yield(state, Trace::recording); }

BENCHMARK(trace_none_spawn_join)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(trace_stopped_spawn_join)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(trace_recording_spawn_join)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(trace_none_yield)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(trace_stopped_yield)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(trace_recording_yield)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
