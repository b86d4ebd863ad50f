#pragma once
// What `pool_priority` asks of every subject: the limit, which task has which priority, and how long each waited for its start.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/time_histogram.hpp"

namespace flowbench {

/// Tasks that may be under way at once.
inline constexpr std::size_t pool_limit = 64;

enum class Priority : std::uint8_t { high, normal, low };
inline constexpr std::size_t priorities = 3;

/// Of each ten tasks one after the other one is high, six are normal and three are low. The seed turns each ten by a step of its own.
[[nodiscard]] constexpr Priority priority_of(std::uint64_t seed, std::uint64_t i) noexcept {
  const std::uint64_t turned = (mix(seed + i / 10) % 10 + i) % 10;
  if (turned == 0) return Priority::high;
  return turned <= 6 ? Priority::normal : Priority::low;
}

/// From a task's submission to the start of its body, by priority. Both ends are one reading of the clock.
class QueueingDelays {
 public:
  using Clock = std::chrono::steady_clock;

  /// At the start of a body. Threads: any. Cost: a clock read and one relaxed add.
  void record(Priority priority, Clock::time_point submitted) noexcept {
    (*this)[priority].record_ns((Clock::now() - submitted) / std::chrono::nanoseconds{1});
  }

  [[nodiscard]] TimeHistogram& operator[](Priority priority) noexcept {
    return delays_[static_cast<std::size_t>(priority)];
  }
  [[nodiscard]] const TimeHistogram& operator[](Priority priority) const noexcept {
    return delays_[static_cast<std::size_t>(priority)];
  }

 private:
  std::array<TimeHistogram, priorities> delays_;
};

/// The name of the histogram of a priority.
[[nodiscard]] constexpr const char* queueing_name(Priority priority) noexcept {
  switch (priority) {
    case Priority::high: return "queueing_high_ns";
    case Priority::normal: return "queueing_normal_ns";
    case Priority::low: break;
  }
  return "queueing_low_ns";
}

} // namespace flowbench
