// The machine a run was made on: `environment` of run.json, judged before the first trial (machine_checks.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "activity.hpp"
#include "check.hpp"
#include "executor/pressure.hpp"
#include "machine_lock.hpp"
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
  std::optional<std::string> virtualization;
  std::vector<Check> checks;
  std::vector<std::string> warnings; // those checks that ask for attention
  std::map<std::string, std::string> tools;
};

/// Reads /proc and /sys, and judges what it saw. `cgroup` says how trials are grouped (TrialCgroup::description);
/// `activity` is what others did while somebody watched, `lock_file` where flowbench keeps others from measuring.
[[nodiscard]] Environment read_environment(const std::string& cgroup, std::optional<Activity> activity = std::nullopt,
                                           const std::filesystem::path& lock_file = machine_lock_file());

/// The checks that ask for attention, and what the trials will lack; one line each.
[[nodiscard]] std::vector<std::string> warnings_about(const Environment& environment);

[[nodiscard]] Json to_json(const Environment& environment);

/// Parts of the texts of /proc, by themselves so that they can be tested. Missing keys give an empty text or 0.
[[nodiscard]] std::string cpuinfo_value(std::string_view cpuinfo, std::string_view key);
[[nodiscard]] std::uint64_t meminfo_bytes(std::string_view meminfo, std::string_view key);
[[nodiscard]] std::uint64_t load1_milli(std::string_view loadavg);
[[nodiscard]] std::string os_name(std::string_view os_release);

} // namespace flowbench
