// Whether the machine let a trial alone: its counters against thresholds that docs/noise.md explains.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "executor/noise.hpp"

namespace flowbench {

enum class Disturbance { steal, throttling, others, swap, memory_pressure, io_pressure, clocks };

inline constexpr std::array<std::string_view, 7> disturbance_names{"steal",           "throttling",  "others", "swap",
                                                                   "memory-pressure", "io-pressure", "clocks"};

[[nodiscard]] constexpr std::string_view name(Disturbance kind) {
  return disturbance_names[static_cast<std::size_t>(kind)];
}

/// Kinds that the user lets count all the same.
using Tolerated = std::set<Disturbance>;

/// A trial that the counters below can speak about.
struct Disturbed {
  std::uint64_t wall_ns = 0;
  std::size_t cpus = 1;
  std::uint64_t major_faults = 0;
  bool memory_limited = false; // by ourselves: it then waits for memory through no fault of the machine
};

/// Why the trial does not count, in one line; empty when it was let alone as far as this machine tells.
[[nodiscard]] std::string find_disturbance(const Noise& noise, const Disturbed& trial, const Tolerated& tolerated = {});

/// More CPU time of others than this contaminates a trial: 20 % of the time of its CPUs, and three standard deviations of
/// a count by ticks on top. No value for a trial of fewer than five ticks, which cannot be judged.
[[nodiscard]] std::optional<std::uint64_t> most_others_cpu_ns(std::uint64_t wall_ns, std::size_t cpus,
                                                              std::uint64_t tick_ns);

} // namespace flowbench
