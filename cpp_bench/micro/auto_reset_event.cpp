// Two coroutines that wake each other in turn, by an AutoResetEvent for each.

#include <flowcoro/flowcoro.hpp>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;

constexpr std::uint64_t turns = 10'000;

struct Table {
  flowcoro::AutoResetEvent ping;
  flowcoro::AutoResetEvent pong;
  std::uint64_t count = 0;
};
Lazy<void> play(flowcoro::AutoResetEvent* mine, flowcoro::AutoResetEvent* theirs, std::uint64_t* count) {
  for (std::uint64_t i = 0; i < turns / 2; ++i) {
    auto turn = mine->wait();
    co_await turn;
    ++*count;
    theirs->set();
  }
}
Lazy<std::uint64_t> play_two() {
  Table table;
  table.ping.set();
  auto both =
      flowcoro::when_all(play(&table.ping, &table.pong, &table.count), play(&table.pong, &table.ping, &table.count));
  co_await both;
  co_return table.count;
}

void auto_reset_event_ping_pong(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, play_two()) == turns)) break;
  }
  report_per_op(state, turns);
}

BENCHMARK(auto_reset_event_ping_pong)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
