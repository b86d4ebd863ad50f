// An AsyncMutex: free, and with a queue of coroutines that wait for it.

#include <flowcoro/flowcoro.hpp>
#include <vector>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;

constexpr std::uint64_t locks = 10'000;

struct Counter {
  flowcoro::AsyncMutex mutex;
  std::uint64_t value = 0;
};

Lazy<std::uint64_t> lock_alone() {
  Counter counter;
  for (std::uint64_t i = 0; i < locks; ++i) {
    auto guard = co_await counter.mutex.lock();
    ++counter.value;
  }
  co_return counter.value;
}

// Yields while it holds the lock, so that the others queue up.
Lazy<void> lock_and_yield(Counter* counter, std::uint64_t times) {
  for (std::uint64_t i = 0; i < times; ++i) {
    auto guard = co_await counter->mutex.lock();
    ++counter->value;
    co_await flowcoro::yield();
  }
}

Lazy<std::uint64_t> lock_among(std::uint64_t tasks) {
  Counter counter;
  std::vector<Lazy<void>> lockers;
  lockers.reserve(tasks);
  for (std::uint64_t i = 0; i < tasks; ++i) lockers.push_back(lock_and_yield(&counter, locks / tasks));
  auto joined = flowcoro::when_all(std::move(lockers));
  co_await joined;
  co_return counter.value;
}

void mutex_lock_unlock(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, lock_alone()) == locks)) break;
  }
  report_per_op(state, locks);
}

void mutex_hand_over(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  const auto tasks = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, lock_among(tasks)) == locks)) break;
  }
  report_per_op(state, locks);
}

BENCHMARK(mutex_lock_unlock)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(mutex_hand_over)->ArgName("tasks")->Arg(2)->Arg(100)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
