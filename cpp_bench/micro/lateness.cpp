// How late a sleep ends: one alone, and many that are due one after the other.

#include <chrono>
#include <flowcoro/flowcoro.hpp>
#include <utility>
#include <vector>

#include "flowbench_kit/mix.hpp"
#include "latencies.hpp"
#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;
using flowcoro::Nanoseconds;
using flowcoro::SteadyTime;

constexpr std::chrono::milliseconds longest{2};

/// \return how late it was; negative when it came too early.
Lazy<Nanoseconds> sleep_and_look(SteadyTime due) {
  co_await flowcoro::sleep_until(due);
  co_return flowcoro::steady_now() - due;
}

Lazy<std::vector<Nanoseconds>> sleep_together(std::uint64_t sleepers) {
  const SteadyTime start = flowcoro::steady_now();
  std::vector<Lazy<Nanoseconds>> all;
  all.reserve(sleepers);
  for (std::uint64_t i = 0; i < sleepers; ++i) {
    // The first half of the time is for starting them: one whose time has come before it sleeps has no lateness of a timer.
    const Nanoseconds due = longest / 2 + Nanoseconds{longest / 2} * (flowbench::mix(i) % 1024) / 1024;
    all.push_back(sleep_and_look(start + due));
  }
  auto joined = flowcoro::when_all(std::move(all));
  co_return co_await joined;
}

void timer_lateness(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  const auto sleepers = static_cast<std::uint64_t>(state.range(0));
  Latencies latencies;
  for (auto _ : state) {
    const std::vector<Nanoseconds> late = flowcoro::sync_wait(runtime, sleep_together(sleepers));
    bool right = late.size() == sleepers;
    for (const Nanoseconds time : late) {
      right = right && time >= Nanoseconds{0};
      latencies.add(time);
    }
    if (!check(state, right)) break;
  }
  latencies.report(state);
}

BENCHMARK(timer_lateness)->ArgName("sleepers")->Arg(1)->Arg(1'000)->UseRealTime();

} // namespace
} // namespace flowcoro_micro
