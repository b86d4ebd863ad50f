#pragma once
/// A counter without contention.
#include <atomic>
#include <cstdint>

namespace flowcoro::detail {

/// One writer at a time; anyone may read.
class OwnedCount {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_release);
  }
  [[nodiscard]] std::uint64_t get() const noexcept { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

} // namespace flowcoro::detail
