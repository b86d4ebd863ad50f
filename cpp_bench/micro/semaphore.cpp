// A Semaphore: with a permit to take, and with a queue of coroutines that wait for one.

#include <flowcoro/flowcoro.hpp>
#include <vector>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;

constexpr std::uint64_t permits = 10'000;

Lazy<std::uint64_t> acquire_alone() {
  flowcoro::Semaphore semaphore{1};
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < permits; ++i) {
    auto permit = co_await semaphore.acquire();
    ++count;
  }
  co_return count;
}

// Yields while it has the permit, so that the others queue up.
Lazy<void> acquire_and_yield(flowcoro::Semaphore* semaphore, std::uint64_t times, std::uint64_t* count) {
  for (std::uint64_t i = 0; i < times; ++i) {
    auto permit = co_await semaphore->acquire();
    ++*count;
    co_await flowcoro::yield();
  }
}
Lazy<std::uint64_t> acquire_among(std::uint64_t tasks) {
  flowcoro::Semaphore semaphore{1};
  std::uint64_t count = 0;
  std::vector<Lazy<void>> all;
  all.reserve(tasks);
  for (std::uint64_t i = 0; i < tasks; ++i) all.push_back(acquire_and_yield(&semaphore, permits / tasks, &count));
  auto joined = flowcoro::when_all(std::move(all));
  co_await joined;
  co_return count;
}

void semaphore_acquire_release(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, acquire_alone()) == permits)) break;
  }
  report_per_op(state, permits);
}

void semaphore_hand_over(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, acquire_among(100)) == permits)) break;
  }
  report_per_op(state, permits);
}

BENCHMARK(semaphore_acquire_release)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(semaphore_hand_over)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
