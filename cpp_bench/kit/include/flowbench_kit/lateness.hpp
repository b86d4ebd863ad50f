#pragma once
// How late sleeping tasks woke up, and the wakes that came too early.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "flowbench_kit/time_histogram.hpp"

namespace flowbench {

class Lateness {
 public:
  using Clock = std::chrono::steady_clock;
  using Bucket = TimeHistogram::Bucket;

  /// Records a wake-up that was due at `due` and happens now. Threads: any. Cost: a clock read and one relaxed add.
  void record(Clock::time_point due) noexcept { record_ns((Clock::now() - due) / std::chrono::nanoseconds{1}); }

  void record_ns(std::int64_t late_ns) noexcept {
    if (late_ns < 0) early_.fetch_add(1, std::memory_order_relaxed);
    times_.record_ns(late_ns); // an early wake too, as 0, so that the histogram covers every task
  }

  [[nodiscard]] std::vector<Bucket> buckets() const { return times_.buckets(); }
  [[nodiscard]] std::uint64_t recorded() const noexcept { return times_.recorded(); }
  [[nodiscard]] std::uint64_t early() const noexcept { return early_.load(std::memory_order_relaxed); }

 private:
  TimeHistogram times_;
  std::atomic<std::uint64_t> early_{0};
};

} // namespace flowbench
