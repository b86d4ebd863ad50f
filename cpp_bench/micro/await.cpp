// Awaiting a child: one that suspends its parent at each level of a chain, and one that completes at once.

#include <malloc.h>

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

constexpr std::uint64_t children = 10'000;

/// Memory that is in use: regions mapped for frames, and what the heap has given out.
std::size_t bytes_held() { return flowcoro::frame_arena().mapped_bytes() + mallinfo2().uordblks; }

Lazy<std::uint64_t> trivial(std::uint64_t x) { co_return x + 1; }

struct Awaited {
  std::uint64_t sum = 0;
  std::size_t held_before = 0;
  std::size_t held_after = 0;
};

/// The first child makes the one frame that all others use again; what is held after it must not grow.
Lazy<Awaited> await_children() {
  Awaited result;
  for (std::uint64_t i = 0; i <= children; ++i) {
    Lazy<std::uint64_t> child = trivial(i);
    result.sum += co_await child;
    if (i == 0) result.held_before = bytes_held();
  }
  result.held_after = bytes_held();
  co_return result;
}

void await_trivial_child(benchmark::State& state) {
  constexpr std::uint64_t expected = (children + 1) * (children + 2) / 2;
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    const Awaited result = flowcoro::sync_wait(runtime, await_children());
    if (!check(state, result.sum == expected && result.held_after == result.held_before)) break;
  }
  report_per_op(state, children + 1);
}

BENCHMARK(await_chain)->ArgName("depth")->Arg(1'000)->Arg(100'000)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(await_trivial_child)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
