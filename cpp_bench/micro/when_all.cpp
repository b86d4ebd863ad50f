// Joining tasks: such as have ended when they are joined, and such as all suspend first. Each is made, run, joined and destroyed.

#include <flowcoro/flowcoro.hpp>
#include <utility>
#include <vector>

#include "flowbench_kit/mix.hpp"
#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;
using flowcoro::Task;

constexpr std::uint64_t tasks_at_least = 10'000;

Task<std::uint64_t> ready(std::uint64_t x) { co_return flowbench::mix(x); }

Lazy<std::uint64_t> suspending(std::uint64_t x) {
  co_await flowcoro::yield();
  co_return flowbench::mix(x);
}

/// Joins `group` tasks at a time, `groups` times.
template <class Child>
Lazy<std::uint64_t> join_groups(Child (*make)(std::uint64_t), std::uint64_t group, std::uint64_t groups) {
  std::uint64_t sum = 0;
  for (std::uint64_t g = 0; g < groups; ++g) {
    std::vector<Child> children;
    children.reserve(group);
    for (std::uint64_t i = 0; i < group; ++i) children.push_back(make(i));
    auto joined = flowcoro::when_all(std::move(children));
    const std::vector<std::uint64_t> results = co_await joined;
    for (const std::uint64_t result : results) sum += result;
  }
  co_return sum;
}

template <class Child>
void run(benchmark::State& state, Child (*make)(std::uint64_t)) {
  flowcoro::Runtime runtime({.workers = 1});
  const auto group = static_cast<std::uint64_t>(state.range(0));
  const std::uint64_t groups = tasks_at_least / group;
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < group; ++i) expected += flowbench::mix(i);
  expected *= groups;
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, join_groups(make, group, groups)) == expected)) break;
  }
  report_per_op(state, group * groups);
}

void when_all_ready(benchmark::State& state) { run(state, ready); }
void when_all_suspending(benchmark::State& state) { run(state, suspending); }

BENCHMARK(when_all_ready)->ArgName("tasks")->Arg(10)->Arg(100)->Arg(1'000)->UseRealTime();
BENCHMARK(when_all_suspending)->ArgName("tasks")->Arg(10)->Arg(100)->Arg(1'000)->UseRealTime();

} // namespace
} // namespace flowcoro_micro
