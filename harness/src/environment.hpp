// The machine a run was made on: `environment` of run.json, and warnings about what makes numbers doubtful.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "executor/pressure.hpp"
#include "strict_json.hpp"

namespace flowbench {

struct Environment {
  std::string cpu_model;
  std::uint64_t cpus_online = 0;
  std::vector<int> cpus_allowed;
  std::uint64_t memory_bytes = 0;
  std::string kernel, os;
  std::optional<std::string> governor;
  std::optional<bool> turbo;
  std::uint64_t aslr = 0; // randomize_va_space
  std::optional<bool> smt;
  std::string clocksource;
  std::string cgroup;
  std::uint64_t load1_milli = 0;
  std::uint64_t steal_ns = 0; // since boot
  std::uint64_t uptime_ns = 0;
  Pressure pressure; // since boot
  bool swap_used = false;
  std::optional<std::string> virtualization;
  std::vector<std::string> warnings;
  std::map<std::string, std::string> tools;
};

/// Reads /proc and /sys. `cgroup` says how trials are grouped (TrialCgroup::description).
[[nodiscard]] Environment read_environment(const std::string& cgroup);

/// What a reader of the numbers should know about the machine, one line each.
[[nodiscard]] std::vector<std::string> warnings_about(const Environment& environment);

[[nodiscard]] Json to_json(const Environment& environment);

/// Parts of the texts of /proc, by themselves so that they can be tested. Missing keys give an empty text or 0.
[[nodiscard]] std::string cpuinfo_value(std::string_view cpuinfo, std::string_view key);
[[nodiscard]] std::uint64_t meminfo_bytes(std::string_view meminfo, std::string_view key);
[[nodiscard]] std::uint64_t load1_milli(std::string_view loadavg);
[[nodiscard]] std::string os_name(std::string_view os_release);

} // namespace flowbench
