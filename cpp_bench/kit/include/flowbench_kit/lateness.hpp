#pragma once
// How late sleeping tasks woke up: a histogram with power-of-two bounds, and the wakes that came too early.

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace flowbench {

class Lateness {
 public:
  using Clock = std::chrono::steady_clock;
  using Bucket = std::pair<std::uint64_t, std::uint64_t>; ///< upper bound in ns, count

  static constexpr unsigned first_bound_log2 = 10; // 1024 ns
  static constexpr unsigned last_bound_log2 = 63;

  /// Records a wake-up that was due at `due` and happens now. Threads: any. Cost: a clock read and one relaxed add.
  void record(Clock::time_point due) noexcept { record_ns((Clock::now() - due) / std::chrono::nanoseconds{1}); }

  void record_ns(std::int64_t late_ns) noexcept {
    if (late_ns < 0) {
      early_.fetch_add(1, std::memory_order_relaxed);
      late_ns = 0; // still counted below, so that the histogram covers every task
    }
    counts_[bucket_of(static_cast<std::uint64_t>(late_ns))].fetch_add(1, std::memory_order_relaxed);
  }

  /// The buckets that hold something, bounds rising. Precondition for exact numbers: the recording tasks are joined.
  [[nodiscard]] std::vector<Bucket> buckets() const {
    std::vector<Bucket> filled;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (const std::uint64_t count = counts_[i].load(std::memory_order_relaxed); count > 0) {
        filled.emplace_back(std::uint64_t{1} << (i + first_bound_log2), count);
      }
    }
    return filled;
  }

  [[nodiscard]] std::uint64_t recorded() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& count : counts_) {
      sum += count.load(std::memory_order_relaxed);
    }
    return sum;
  }

  [[nodiscard]] std::uint64_t early() const noexcept { return early_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t bucket_of(std::uint64_t late_ns) noexcept {
    // bit_width(v - 1) is the least k with v <= 2^k, for v >= 2.
    const unsigned log2 = late_ns <= 1 ? 0U : static_cast<unsigned>(std::bit_width(late_ns - 1));
    return log2 <= first_bound_log2 ? 0 : log2 - first_bound_log2;
  }

  std::array<std::atomic<std::uint64_t>, last_bound_log2 - first_bound_log2 + 1> counts_{};
  std::atomic<std::uint64_t> early_{0};
};

} // namespace flowbench
