#pragma once
/// How long things took, to within an eighth, in a fixed amount of memory.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace flowcoro::pool::detail {

/// Eight buckets for each power of two. Threads: one at a time.
class DurationHistogram {
 public:
  void add(std::uint64_t ns) noexcept {
    ++buckets_[bucket_of(ns)];
    ++count_;
    sum_ns_ += ns;
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// 0 without any.
  [[nodiscard]] std::uint64_t mean() const noexcept { return count_ == 0 ? 0 : sum_ns_ / count_; }
  /// The least upper bound that the buckets give for the share `quantile` of all; 0 without any.
  [[nodiscard]] std::uint64_t quantile(double quantile) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(static_cast<double>(count_) * quantile);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > wanted || (seen == count_ && seen != 0)) return highest_of(i);
    }
    return 0;
  }

 private:
  static constexpr unsigned bits = 3;
  static constexpr std::size_t buckets = (64 - bits + 1) << bits;

  // Below 8 ns a bucket is one nanosecond; above it, the top bit and the three behind it name the bucket.
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t ns) noexcept {
    if (ns < (std::uint64_t{1} << bits)) return static_cast<std::size_t>(ns);
    const unsigned shift = static_cast<unsigned>(std::bit_width(ns)) - bits - 1;
    return (std::size_t{shift} << bits) + static_cast<std::size_t>(ns >> shift);
  }
  [[nodiscard]] static std::uint64_t highest_of(std::size_t bucket) noexcept {
    if (bucket < (std::size_t{2} << bits)) return bucket;
    const std::size_t shift = (bucket >> bits) - 1;
    const std::uint64_t top = (bucket & ((std::size_t{1} << bits) - 1)) + (std::size_t{1} << bits);
    return ((top + 1) << shift) - 1;
  }

  std::array<std::uint64_t, buckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ns_ = 0;
};

} // namespace flowcoro::pool::detail
