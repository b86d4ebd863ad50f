#include "surroundings.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "build_info.hpp"
#include "cpus.hpp"
#include "environment.hpp"
#include "files.hpp"
#include "machine_lock.hpp"
#include "numbers.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

std::optional<std::int64_t> read_signed(const fs::path& file) {
  const std::string text(trim(read_system_file(file).value_or("")));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional(value)
                                                                                   : std::nullopt;
}

// The entries of a folder whose names begin so, in the order of their names; none where it cannot be read.
std::vector<fs::path> entries(const fs::path& folder, std::string_view beginning) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename().string().starts_with(beginning)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<ThermalZone> read_zone(const fs::path& folder) {
  const std::optional<std::int64_t> now = read_signed(folder / "temp");
  if (!now) return std::nullopt;
  ThermalZone zone{.type = one_line(read_system_file(folder / "type").value_or("unnamed"), 32),
                   .milli_celsius = *now,
                   .limit_milli_celsius = {}};
  for (const fs::path& file : entries(folder, "trip_point_")) {
    if (!file.filename().string().ends_with("_temp")) continue;
    const std::optional<std::int64_t> trip = read_signed(file);
    if (trip && *trip > 0) zone.limit_milli_celsius = std::min(*trip, zone.limit_milli_celsius.value_or(*trip));
  }
  return zone;
}

std::optional<std::uint64_t> recent_pressure(const char* resource) {
  return parse_recent_pressure(read_system_file(fs::path("/proc/pressure") / resource).value_or(""));
}

} // namespace

std::optional<std::uint64_t> parse_recent_pressure(std::string_view text) {
  for (const std::string& line : split(text, '\n')) {
    // some avg10=40.83 avg60=39.89 avg300=42.52 total=6228796599
    constexpr std::string_view key = "some avg10=";
    if (!line.starts_with(key)) continue;
    const std::string value = line.substr(key.size(), line.find(' ', key.size()) - key.size());
    const std::size_t point = value.find('.');
    if (point == std::string::npos || value.size() != point + 3) return std::nullopt;
    const std::optional<std::uint64_t> whole = parse_u64(std::string_view(value).substr(0, point));
    const std::optional<std::uint64_t> hundredths = parse_u64(std::string_view(value).substr(point + 1));
    return whole && hundredths ? std::optional(*whole * 100 + *hundredths) : std::nullopt;
  }
  return std::nullopt;
}

Thermal read_thermal(const fs::path& sys) {
  Thermal thermal;
  for (const fs::path& folder : entries(sys / "class/thermal", "thermal_zone")) {
    if (std::optional<ThermalZone> zone = read_zone(folder)) thermal.zones.push_back(*std::move(zone));
  }
  for (const fs::path& cpu : entries(sys / "devices/system/cpu", "cpu")) {
    for (const char* counter : {"core_throttle_count", "package_throttle_count"}) {
      const std::optional<std::int64_t> count = read_signed(cpu / "thermal_throttle" / counter);
      if (count && *count >= 0) thermal.throttles = thermal.throttles.value_or(0) + static_cast<std::uint64_t>(*count);
    }
  }
  return thermal;
}

std::set<std::string> read_governors(const fs::path& sys) {
  std::set<std::string> governors;
  for (const fs::path& cpu : entries(sys / "devices/system/cpu", "cpu")) {
    if (const auto governor = read_system_file(cpu / "cpufreq/scaling_governor"))
      governors.insert(one_line(*governor, 32));
  }
  return governors;
}

Surroundings read_surroundings(std::optional<Activity> activity, const fs::path& lock_file) {
  const std::string meminfo = read_system_file("/proc/meminfo").value_or("");
  const std::uint64_t available = meminfo_bytes(meminfo, "MemAvailable");
  const std::uint64_t swap_total = meminfo_bytes(meminfo, "SwapTotal");
  const std::optional<pid_t> holder = machine_lock_holder(lock_file);
  return {.governors = read_governors("/sys"),
          .throttling = cpu_throttling(cpu_stat_files()),
          .cpu_quota = cpu_quota(),
          .memory_available_bytes = available > 0 ? std::optional(available) : std::nullopt,
          .swap_used_bytes = swap_total - std::min(swap_total, meminfo_bytes(meminfo, "SwapFree")),
          .pressure = {.cpu = recent_pressure("cpu"), .memory = recent_pressure("memory"), .io = recent_pressure("io")},
          .thermal = read_thermal("/sys"),
          .other_flowbench = holder == getpid() ? std::nullopt : holder,
          .activity = std::move(activity),
          .build_type = build_info.build_type};
}

} // namespace flowbench
