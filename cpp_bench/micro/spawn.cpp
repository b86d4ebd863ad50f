// Tasks that go through the scheduler: queued one by one, or described as a range.

#include <flowcoro/flowcoro.hpp>
#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;
using flowcoro::Task;

Lazy<std::uint64_t> mix_task(std::uint64_t x) { co_return flowbench::mix(x); }

Lazy<std::uint64_t> spawn_and_join(std::uint64_t count) {
  std::vector<Task<std::uint64_t>> tasks;
  tasks.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) tasks.push_back(flowcoro::spawn(mix_task, i));
  std::uint64_t sum = 0;
  for (Task<std::uint64_t>& task : tasks) sum += co_await task;
  co_return sum;
}

Lazy<std::uint64_t> spawn_range(std::uint64_t count) {
  std::vector<std::uint64_t> results(count);
  auto task = [&results](std::size_t i) -> Lazy<void> {
    results[i] = flowbench::mix(i);
    co_return;
  };
  Lazy<void> all = flowcoro::spawn_many(count, task);
  co_await all;
  co_return flowbench::wrapping_sum(results);
}

template <class Root>
void run(benchmark::State& state, Root root) {
  flowcoro::Runtime runtime({.workers = static_cast<unsigned>(state.range(0))});
  const auto tasks = static_cast<std::uint64_t>(state.range(1));
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < tasks; ++i) expected += flowbench::mix(i);
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, root(tasks)) == expected)) break;
  }
  report_per_op(state, tasks);
}

void spawn_join(benchmark::State& state) { run(state, spawn_and_join); }
void spawn_many_join(benchmark::State& state) { run(state, spawn_range); }

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"workers", "tasks"})
      ->ArgsProduct({{1, 2}, {1'000, 100'000}})
      ->UseRealTime()
      ->MeasureProcessCPUTime();
}
BENCHMARK(spawn_join)->Apply(sizes);
BENCHMARK(spawn_many_join)->Apply(sizes);

} // namespace
} // namespace flowcoro_micro
