// The two steady clocks of the kernel, held against each other: one of them follows NTP, the other the bare hardware.
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <string_view>

namespace flowbench {

struct ClockReading {
  std::int64_t monotonic_ns = 0; // CLOCK_MONOTONIC, which every duration is taken from
  std::int64_t raw_ns = 0;       // CLOCK_MONOTONIC_RAW
};

/// Nanoseconds of a clock.
using ClockSource = std::function<std::int64_t(clockid_t)>;

[[nodiscard]] std::int64_t kernel_clock_ns(clockid_t clock);

/// The kernel's clocks, each off by what a text says (`monotonic_ns -5000`, `raw_ns 7`, a line each; 0 where it says nothing).
[[nodiscard]] ClockSource clocks_off_by(std::string_view text);

/// Both clocks at one moment: of a few readings the one that took the shortest time.
[[nodiscard]] ClockReading read_clocks(const ClockSource& now_ns = kernel_clock_ns);

struct ClockError {
  bool went_back = false;
  std::uint64_t ns = 0; // by how much the two lengths of the same span differ
};

[[nodiscard]] ClockError clock_error(const ClockReading& before, const ClockReading& after);

} // namespace flowbench
