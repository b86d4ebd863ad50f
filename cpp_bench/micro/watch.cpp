// A new value of a Watch, and the receiver that waits for it.

#include <flowcoro/flowcoro.hpp>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;

constexpr std::uint64_t changes = 10'000;

Lazy<std::uint64_t> follow(flowcoro::Watch<std::uint64_t>::Receiver receiver) {
  std::uint64_t last = 0;
  while (last != changes) {
    auto changing = receiver.changed();
    if (!co_await changing) co_return 0;
    last = receiver.get();
  }
  co_return last;
}
Lazy<void> change(flowcoro::Watch<std::uint64_t>* watch) {
  for (std::uint64_t i = 1; i <= changes; ++i) {
    static_cast<void>(watch->set(i));
    co_await flowcoro::yield();
  }
}
Lazy<std::uint64_t> change_and_follow() {
  flowcoro::Watch<std::uint64_t> watch{0};
  auto both = flowcoro::when_all(follow(watch.subscribe()), change(&watch));
  const auto result = co_await both;
  co_return std::get<0>(result);
}

void watch_change_to_a_waiter(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, change_and_follow()) == changes)) break;
  }
  report_per_op(state, changes);
}

BENCHMARK(watch_change_to_a_waiter)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
