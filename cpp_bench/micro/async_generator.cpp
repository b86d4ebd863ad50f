// An element of an AsyncGenerator: made at once, and after a wait.

#include <flowcoro/flowcoro.hpp>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;

constexpr std::uint64_t elements = 10'000;
constexpr std::uint64_t expected = elements * (elements - 1) / 2;

flowcoro::AsyncGenerator<std::uint64_t> count(bool waits) {
  for (std::uint64_t i = 0; i < elements; ++i) {
    if (waits) co_await flowcoro::yield();
    co_yield i;
  }
}
Lazy<std::uint64_t> sum_up(bool waits) {
  auto source = count(waits);
  std::uint64_t sum = 0;
  for (;;) {
    auto next = source.next();
    const auto element = co_await next;
    if (!element) co_return sum;
    sum += *element;
  }
}

void async_generator_element(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, sum_up(false)) == expected)) break;
  }
  report_per_op(state, elements);
}

void async_generator_element_after_a_wait(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, sum_up(true)) == expected)) break;
  }
  report_per_op(state, elements);
}

BENCHMARK(async_generator_element)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(async_generator_element_after_a_wait)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
