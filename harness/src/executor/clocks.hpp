// The two steady clocks of the kernel, held against each other: one of them follows NTP, the other the bare hardware.
#pragma once

#include <cstdint>

namespace flowbench {

struct ClockReading {
  std::int64_t monotonic_ns = 0; // CLOCK_MONOTONIC, which every duration is taken from
  std::int64_t raw_ns = 0;       // CLOCK_MONOTONIC_RAW
};

/// Both clocks at one moment: of a few readings the one that took the shortest time.
[[nodiscard]] ClockReading read_clocks();

struct ClockError {
  bool went_back = false;
  std::uint64_t ns = 0; // by how much the two lengths of the same span differ
};

[[nodiscard]] ClockError clock_error(const ClockReading& before, const ClockReading& after);

} // namespace flowbench
