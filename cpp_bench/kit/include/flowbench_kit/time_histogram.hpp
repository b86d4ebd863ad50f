#pragma once
// Counts times by powers of two, from any thread.

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace flowbench {

class TimeHistogram {
 public:
  using Bucket = std::pair<std::uint64_t, std::uint64_t>; ///< upper bound in ns, count

  static constexpr unsigned first_bound_log2 = 10; // 1024 ns
  static constexpr unsigned last_bound_log2 = 63;

  /// Times below 0 count as 0. Threads: any. Cost: one relaxed add.
  void record_ns(std::int64_t ns) noexcept {
    counts_[bucket_of(ns < 0 ? 0 : static_cast<std::uint64_t>(ns))].fetch_add(1, std::memory_order_relaxed);
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

 private:
  static constexpr std::size_t bucket_of(std::uint64_t ns) noexcept {
    // bit_width(v - 1) is the least k with v <= 2^k, for v >= 2.
    const unsigned log2 = ns <= 1 ? 0U : static_cast<unsigned>(std::bit_width(ns - 1));
    return log2 <= first_bound_log2 ? 0 : log2 - first_bound_log2;
  }

  std::array<std::atomic<std::uint64_t>, last_bound_log2 - first_bound_log2 + 1> counts_{};
};

} // namespace flowbench
