#pragma once
// Percentiles of times that are measured one by one, where a mean over many operations would hide what matters.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <flowcoro/base/time.hpp>
#include <vector>

namespace flowcoro_micro {

/// The latest 65,536 of the times that were added.
class Latencies {
 public:
  Latencies() { times_.reserve(kept); }

  void add(flowcoro::Nanoseconds time) {
    if (times_.size() < kept)
      times_.push_back(time);
    else
      times_[next_++ % kept] = time;
  }

  /// In seconds, as all counters here; 0 when nothing was added. \param part 0.5 for the median.
  [[nodiscard]] double percentile(double part) {
    if (times_.empty()) return 0;
    const auto place = static_cast<std::ptrdiff_t>(part * static_cast<double>(times_.size() - 1));
    std::nth_element(times_.begin(), times_.begin() + place, times_.end());
    return static_cast<double>(times_[static_cast<std::size_t>(place)].count()) * 1e-9;
  }

  /// Adds the columns p50 and p99.
  void report(benchmark::State& state) {
    state.counters["p50"] = percentile(0.5);
    state.counters["p99"] = percentile(0.99);
  }

 private:
  static constexpr std::size_t kept = 1U << 16U;

  std::vector<flowcoro::Nanoseconds> times_;
  std::size_t next_ = 0;
};

/// What a reading of the clock adds to each of these times.
[[nodiscard]] inline double clock_reading() {
  Latencies readings;
  for (int i = 0; i < 1000; ++i) {
    const flowcoro::SteadyTime before = flowcoro::steady_now();
    readings.add(flowcoro::steady_now() - before);
  }
  return readings.percentile(0.5);
}

} // namespace flowcoro_micro
