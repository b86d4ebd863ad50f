// How long a CPU quota held this process back, from cpu.stat of the control groups that it is in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace flowbench {

struct CpuThrottling {
  std::uint64_t times = 0; // periods in which the quota was used up
  std::uint64_t ns = 0;    // summed over the CPUs that stood still

  friend bool operator==(const CpuThrottling&, const CpuThrottling&) = default;
};

/// From the text of one cpu.stat: `throttled_usec` of version 2 or `throttled_time` (ns) of version 1. A root group of
/// version 2 has neither, and no value.
[[nodiscard]] std::optional<CpuThrottling> parse_cpu_throttling(std::string_view cpu_stat);

/// cpu.stat of the group of this process and of those above it, in both versions: a quota higher up binds as well.
[[nodiscard]] std::vector<std::filesystem::path> cpu_stat_files();

/// The sum over `files`; no value where none of them tells.
[[nodiscard]] std::optional<CpuThrottling> cpu_throttling(const std::vector<std::filesystem::path>& files);

} // namespace flowbench
