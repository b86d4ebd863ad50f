// What happened on this machine around a process: counters read before and after it, and what was added between them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "clocks.hpp"
#include "cpu_throttling.hpp"
#include "cpu_times.hpp"
#include "pressure.hpp"

namespace flowbench {

/// Pages that went to and came from swap, in bytes.
struct SwapTraffic {
  std::uint64_t in_bytes = 0;
  std::uint64_t out_bytes = 0;

  friend bool operator==(const SwapTraffic&, const SwapTraffic&) = default;
};

/// `pswpin` and `pswpout` of the text of /proc/vmstat; no value where it has not both.
[[nodiscard]] std::optional<SwapTraffic> parse_swap_traffic(std::string_view vmstat, std::uint64_t page_bytes);

/// Totals since boot, for some CPUs.
struct NoiseReading {
  CpuTimes cpus;
  std::uint64_t own_cpu_ns = 0; // of this process and the children that it has reaped
  Pressure pressure;
  std::optional<CpuThrottling> throttling;
  std::optional<SwapTraffic> swap;
  ClockReading clocks;
};

/// Reads the totals of `cpus`. Threads: any. Cost: a handful of files of /proc, well below a millisecond.
class NoiseMeter {
 public:
  /// Of this machine, or of the one that FLOWBENCH_TEST_MACHINE names. Throws UsageFailure when that is none.
  NoiseMeter();
  [[nodiscard]] NoiseReading operator()(const std::vector<int>& cpus) const;

 private:
  std::filesystem::path proc_ = "/proc";
  std::filesystem::path clocks_;                      // says by how much they are off; empty: they are not
  std::vector<std::filesystem::path> cpu_stat_files_; // found once: finding them reads all mounts
};

/// A NoiseMeter, or what a test puts in its place.
using NoiseCounter = std::function<NoiseReading(const std::vector<int>& cpus)>;

/// What was added between two readings. What this machine does not tell has no value.
struct Noise {
  std::uint64_t steal_ns = 0;
  Pressure pressure; // on the whole machine
  std::optional<std::uint64_t> throttled_ns;
  std::optional<std::uint64_t> others_cpu_ns; // that processes other than ours used of the CPUs, counted by ticks
  std::optional<SwapTraffic> swap;            // of the whole machine
  std::optional<std::uint64_t> clock_error_ns;
  bool clock_went_back = false;

  friend bool operator==(const Noise&, const Noise&) = default;
};

[[nodiscard]] Noise noise_between(const NoiseReading& before, const NoiseReading& after);

} // namespace flowbench
