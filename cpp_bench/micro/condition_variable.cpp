// Two coroutines that hand a number to each other, by an AsyncMutex and a ConditionVariable.

#include <flowcoro/flowcoro.hpp>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;

constexpr std::uint64_t turns = 10'000;

struct Table {
  flowcoro::AsyncMutex mutex;
  flowcoro::ConditionVariable changed;
  std::uint64_t count = 0;
};
Lazy<void> play(Table* table, std::uint64_t parity) {
  for (std::uint64_t i = 0; i < turns / 2; ++i) {
    auto locking = table->mutex.lock();
    auto lock = co_await locking;
    while (table->count % 2 != parity) {
      auto waiting = table->changed.wait(lock);
      co_await waiting;
    }
    ++table->count;
    table->changed.notify_one();
  }
}
Lazy<std::uint64_t> play_two() {
  Table table;
  auto both = flowcoro::when_all(play(&table, 0), play(&table, 1));
  co_await both;
  co_return table.count;
}

void condition_variable_ping_pong(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, play_two()) == turns)) break;
  }
  report_per_op(state, turns);
}

BENCHMARK(condition_variable_ping_pong)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
