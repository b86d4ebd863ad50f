#pragma once
// An iteration of these benchmarks does many operations at once, because entering a runtime costs more than one of them.

#include <benchmark/benchmark.h>

#include <cstdint>

namespace flowcoro_micro {

/// Adds the column `op`: the time of one of the `operations` of an iteration. In a benchmark with one thread.
inline void report_per_op(benchmark::State& state, std::uint64_t operations) {
  state.counters["op"] = benchmark::Counter(
      static_cast<double>(operations), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// The same in a benchmark with several threads: each says how many operations of the whole run were its own, which may be none.
inline void report_own_ops(benchmark::State& state, std::uint64_t operations) {
  state.counters["op"] =
      benchmark::Counter(static_cast<double>(operations), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// A wrong answer has no time. \return false when the benchmark must end. With several threads: after the loop only, because
/// the others would wait for one that left it.
[[nodiscard]] inline bool check(benchmark::State& state, bool right) {
  if (!right) state.SkipWithError("wrong answer");
  return right;
}

} // namespace flowcoro_micro
