// A coroutine from its creation to its end, without a scheduler between.

#include <flowcoro/flowcoro.hpp>

#include "flowbench_kit/mix.hpp"
#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;
using flowcoro::Task;

constexpr std::uint64_t tasks = 10'000;

Task<std::uint64_t> eager(std::uint64_t x) { co_return flowbench::mix(x); }
Lazy<std::uint64_t> lazy(std::uint64_t x) { co_return flowbench::mix(x); }

std::uint64_t expected_sum() {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < tasks; ++i) sum += flowbench::mix(i);
  return sum;
}

template <class Make>
Lazy<std::uint64_t> one_after_the_other(Make make) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < tasks; ++i) {
    auto task = make(i);
    sum += co_await task;
  }
  co_return sum;
}

template <class Make>
void run(benchmark::State& state, Make make) {
  flowcoro::Runtime runtime({.workers = 1});
  const std::uint64_t expected = expected_sum();
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, one_after_the_other(make)) == expected)) break;
  }
  report_per_op(state, tasks);
}

void eager_task_create_run_destroy(benchmark::State& state) { run(state, eager); }
void lazy_task_create_await_destroy(benchmark::State& state) { run(state, lazy); }

BENCHMARK(eager_task_create_run_destroy)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(lazy_task_create_await_destroy)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
