#pragma once
// An iteration of these benchmarks does many operations at once, because entering a runtime costs more than one of them.

#include <benchmark/benchmark.h>

#include <cstdint>

namespace flowcoro_micro {

/// Adds the column `op`: the time of one of the `operations` of an iteration.
inline void report_per_op(benchmark::State& state, std::uint64_t operations) {
  state.counters["op"] = benchmark::Counter(
      static_cast<double>(operations), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// A wrong answer has no time. \return false when the benchmark must end.
[[nodiscard]] inline bool check(benchmark::State& state, bool right) {
  if (!right) state.SkipWithError("wrong answer");
  return right;
}

} // namespace flowcoro_micro
