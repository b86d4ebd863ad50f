#pragma once
// How many tasks were asleep at once, at most.

#include <atomic>
#include <cstdint>

namespace flowbench {

class InFlight {
 public:
  void enter() noexcept { now_.fetch_add(1, std::memory_order_relaxed); }

  // A peak of the counter is always followed by a leave(), which sees it as the value before its own step: so the
  // many enter() calls need not look for the peak. Relaxed is enough: one atomic has one order of modifications,
  // and max() is read after the tasks were joined.
  void leave() noexcept {
    const std::uint64_t before = now_.fetch_sub(1, std::memory_order_relaxed);
    std::uint64_t seen = max_.load(std::memory_order_relaxed);
    while (before > seen && !max_.compare_exchange_weak(seen, before, std::memory_order_relaxed)) {
    }
  }

  /// Precondition: everyone who entered has left and was joined.
  [[nodiscard]] std::uint64_t max() const noexcept { return max_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> now_{0};
  std::atomic<std::uint64_t> max_{0};
};

} // namespace flowbench
