// What it costs that tasks are counted, or have a record with their name, state and place.

#include <flowcoro/flowcoro.hpp>
#include <vector>

#include "flowbench_kit/mix.hpp"
#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::BasicTask;
using flowcoro::Lazy;
using flowcoro::Start;
using flowcoro::Task;

constexpr std::uint64_t tasks = 10'000;

/// With DefaultPolicy a Task, or a Lazy.
template <Start start, class Policy>
BasicTask<std::uint64_t, start, Policy> mix_task(std::uint64_t x) {
  co_return flowbench::mix(x);
}

std::uint64_t expected_sum() {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < tasks; ++i) sum += flowbench::mix(i);
  return sum;
}

template <class Policy>
Lazy<std::uint64_t> one_after_the_other() {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < tasks; ++i) {
    auto task = mix_task<Start::eager, Policy>(i);
    sum += co_await task;
  }
  co_return sum;
}

template <class Policy>
Lazy<std::uint64_t> spawn_and_join() {
  std::vector<Task<std::uint64_t>> spawned;
  spawned.reserve(tasks);
  for (std::uint64_t i = 0; i < tasks; ++i) spawned.push_back(flowcoro::spawn(mix_task<Start::lazy, Policy>, i));
  std::uint64_t sum = 0;
  for (Task<std::uint64_t>& task : spawned) sum += co_await task;
  co_return sum;
}

/// The counters must agree with what was done, as the answer must.
template <class Policy>
bool counted_all(const flowcoro::TaskSnapshot& before, std::uint64_t made) {
  if (Policy::tracking == flowcoro::Tracking::none) return true;
  const flowcoro::TaskSnapshot after = flowcoro::task_registry().snapshot();
  const auto& was = before.of(Policy::kind);
  const auto& is = after.of(Policy::kind);
  return is.created - was.created == made && is.completed - was.completed == made;
}

template <class Policy, class Root>
void run(benchmark::State& state, Root root) {
  flowcoro::Runtime runtime({.workers = 1});
  const std::uint64_t expected = expected_sum();
  for (auto _ : state) {
    const flowcoro::TaskSnapshot before = flowcoro::task_registry().snapshot();
    if (!check(state, flowcoro::sync_wait(runtime, root()) == expected && counted_all<Policy>(before, tasks))) break;
  }
  report_per_op(state, tasks);
}

template <class Policy>
void tracking_create_await(benchmark::State& state) {
  run<Policy>(state, one_after_the_other<Policy>);
}
template <class Policy>
void tracking_spawn_join(benchmark::State& state) {
  run<Policy>(state, spawn_and_join<Policy>);
}

void add(const char* name, void (*function)(benchmark::State&)) {
  benchmark::RegisterBenchmark(name, function)->UseRealTime()->MeasureProcessCPUTime();
}
[[maybe_unused]] const bool added = [] {
  add("tracking_none_create_await", tracking_create_await<flowcoro::DefaultPolicy>);
  add("tracking_counted_create_await", tracking_create_await<flowcoro::CountedPolicy>);
  add("tracking_full_create_await", tracking_create_await<flowcoro::TrackedPolicy>);
  add("tracking_none_spawn_join", tracking_spawn_join<flowcoro::DefaultPolicy>);
  add("tracking_counted_spawn_join", tracking_spawn_join<flowcoro::CountedPolicy>);
  add("tracking_full_spawn_join", tracking_spawn_join<flowcoro::TrackedPolicy>);
  return true;
}();

} // namespace
} // namespace flowcoro_micro
