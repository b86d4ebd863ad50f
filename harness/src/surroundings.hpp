// What a judgement of this machine needs beyond `environment` of run.json: how it is right now.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "activity.hpp"

namespace flowbench {

/// A sensor of /sys/class/thermal.
struct ThermalZone {
  std::string type;
  std::int64_t milli_celsius = 0;
  std::optional<std::int64_t> limit_milli_celsius; // its lowest trip point, where the machine begins to slow down
};

struct Thermal {
  std::vector<ThermalZone> zones;
  std::optional<std::uint64_t> throttles; // since boot, of cores and packages; nothing where the CPUs do not count

  [[nodiscard]] bool is_visible() const { return !zones.empty() || throttles.has_value(); }
};

/// `avg10` of the `some` lines of /proc/pressure: in how much of the last ten seconds a task had to wait, in 0.01 %.
struct RecentPressure {
  std::optional<std::uint64_t> cpu, memory, io;
};

struct Surroundings {
  std::set<std::string> governors; // of all CPUs
  std::optional<CpuThrottling> throttling;
  std::optional<std::uint64_t> cpu_quota; // in CPUs
  std::optional<std::uint64_t> memory_available_bytes;
  std::uint64_t swap_used_bytes = 0;
  RecentPressure pressure;
  Thermal thermal;
  std::optional<pid_t> other_flowbench; // that measures
  std::optional<Activity> activity;     // nothing when nobody watched
  std::string build_type;               // of flowbench and the subjects beside it
};

/// Reads /proc and /sys. `lock_file` is that of machine_lock_file(), or where the user moved it.
[[nodiscard]] Surroundings read_surroundings(std::optional<Activity> activity, const std::filesystem::path& lock_file);

/// Below `sys`, which is "/sys" but for tests.
[[nodiscard]] Thermal read_thermal(const std::filesystem::path& sys);
[[nodiscard]] std::set<std::string> read_governors(const std::filesystem::path& sys);

/// From the text of one file of /proc/pressure.
[[nodiscard]] std::optional<std::uint64_t> parse_recent_pressure(std::string_view text);

} // namespace flowbench
