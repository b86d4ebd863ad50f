#pragma once
/// How often values of each magnitude came, in a fixed amount of memory.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace flowcoro {

/// Counts unsigned values, in whatever unit, in buckets that are at most a quarter as wide as their values are large: each power of
/// two is divided into four. Values below 8 are exact. Threads: one at a time. Allocates: no; 2 KB. Cost of add(): some instructions
/// without a branch that misleads.
class Histogram {
 public:
  static constexpr std::size_t buckets = 4 + 4 * 62;

  void add(std::uint64_t value) noexcept {
    ++counts_[bucket_of(value)];
    sum_ += value;
  }
  Histogram& operator+=(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < buckets; ++i) counts_[i] += other.counts_[i];
    sum_ += other.sum_;
    return *this;
  }

  [[nodiscard]] std::uint64_t count() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t n : counts_) sum += n;
    return sum;
  }
  /// Of the values, modulo 2⁶⁴.
  [[nodiscard]] std::uint64_t sum() const noexcept { return sum_; }
  [[nodiscard]] std::uint64_t count_in(std::size_t bucket) const noexcept { return counts_[bucket]; }

  /// The smallest bound of a bucket that so many of the values do not exceed: the value itself, or up to a quarter more. 0 when nothing
  /// was counted. \param part 0.5 for the median, 0.99, 1 for the largest.
  [[nodiscard]] std::uint64_t percentile(double part) const noexcept {
    const double wanted = part * static_cast<double>(count());
    std::uint64_t so_far = 0;
    std::uint64_t bound = 0;
    for (std::size_t i = 0; i < buckets; ++i) {
      if (counts_[i] == 0) continue;
      so_far += counts_[i];
      bound = largest_in(i);
      if (static_cast<double>(so_far) >= wanted) break;
    }
    return bound;
  }

  [[nodiscard]] static constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
    // With the highest bit at least at place 2, the two below it say which quarter. Values below 4 are as in the quarters of 4 … 7.
    const auto octave = static_cast<std::size_t>(std::bit_width(value | 4) - 3);
    return 4 * octave + static_cast<std::size_t>(value >> octave);
  }
  [[nodiscard]] static constexpr std::uint64_t smallest_in(std::size_t bucket) noexcept {
    if (bucket < 8) return bucket;
    const std::size_t octave = bucket / 4 - 1;
    return (std::uint64_t{4} + bucket % 4) << octave;
  }
  [[nodiscard]] static constexpr std::uint64_t largest_in(std::size_t bucket) noexcept {
    return bucket + 1 == buckets ? std::numeric_limits<std::uint64_t>::max() : smallest_in(bucket + 1) - 1;
  }

 private:
  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t sum_ = 0;
};

} // namespace flowcoro
