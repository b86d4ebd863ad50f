// A chain of awaits: each level is suspended until its child has returned.

#include <flowcoro/flowcoro.hpp>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;

Lazy<std::uint64_t> level(std::uint64_t levels_below) {
  if (levels_below == 0) co_return std::uint64_t{1};
  Lazy<std::uint64_t> child = level(levels_below - 1);
  const std::uint64_t below = co_await child;
  co_return below + 1;
}

void await_chain(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  const auto depth = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, level(depth - 1)) == depth)) break;
  }
  report_per_op(state, depth);
}

BENCHMARK(await_chain)->ArgName("depth")->Arg(1'000)->Arg(100'000)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
