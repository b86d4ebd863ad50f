// A limit on time around a child that suspends once and ends in time: its timer is armed and cancelled.

#include <chrono>
#include <flowcoro.hpp>
#include <optional>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;

constexpr std::uint64_t calls = 10'000;

Lazy<std::uint64_t> one_turn() {
  co_await flowcoro::yield();
  co_return 1;
}
Lazy<std::uint64_t> without() {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < calls; ++i) {
    auto call = one_turn();
    sum += co_await call;
  }
  co_return sum;
}
Lazy<std::uint64_t> limited() {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < calls; ++i) {
    auto call = flowcoro::with_timeout(one_turn(), std::chrono::hours{1});
    const std::optional<std::uint64_t> result = co_await call;
    sum += result.value_or(0);
  }
  co_return sum;
}
/// The same with an exception for a result, as a task.
Lazy<std::uint64_t> wrapped() {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < calls; ++i) {
    flowcoro::timeout_wrapper call{one_turn(), std::chrono::hours{1}};
    sum += co_await call;
  }
  co_return sum;
}

/// To compare with.
void with_timeout_not_used(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, without()) == calls)) break;
  }
  report_per_op(state, calls);
}

void with_timeout_in_time(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, limited()) == calls)) break;
  }
  report_per_op(state, calls);
}

void timeout_wrapper_in_time(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, wrapped()) == calls)) break;
  }
  report_per_op(state, calls);
}

BENCHMARK(with_timeout_not_used)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(with_timeout_in_time)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(timeout_wrapper_in_time)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
