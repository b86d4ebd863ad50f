#include "environment.hpp"

#include <gnu/libc-version.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "build_info.hpp"
#include "cpus.hpp"
#include "executor/cgroup.hpp"
#include "executor/cpu_times.hpp"
#include "executor/machine_root.hpp"
#include "files.hpp"
#include "machine_checks.hpp"
#include "numbers.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

std::string read_or(const fs::path& file, const std::string& otherwise) {
  const std::optional<std::string> text = read_system_file(file);
  return text && !trim(*text).empty() ? one_line(*text) : otherwise;
}

std::optional<bool> turbo() {
  if (const auto boost = read_system_file("/sys/devices/system/cpu/cpufreq/boost")) return *boost == "1";
  if (const auto off = read_system_file("/sys/devices/system/cpu/intel_pstate/no_turbo")) return *off == "0";
  return std::nullopt;
}

std::optional<bool> smt() {
  const auto active = read_system_file("/sys/devices/system/cpu/smt/active");
  return active ? std::optional<bool>(*active == "1") : std::nullopt;
}

std::optional<std::string> virtualization(std::string_view cpuinfo) {
  const bool container = fs::exists("/.dockerenv") || fs::exists("/run/.containerenv");
  const std::string flags = " " + cpuinfo_value(cpuinfo, "flags") + " ";
  if (flags.find(" hypervisor ") == std::string::npos) {
    return container ? std::optional<std::string>("container") : std::nullopt;
  }
  return read_or("/sys/class/dmi/id/sys_vendor", "virtual machine") + (container ? ", in a container" : "");
}

std::uint64_t uptime_ns() {
  const std::string text = read_or("/proc/uptime", "0");
  return parse_u64(text.substr(0, text.find('.'))).value_or(0) * 1'000'000'000U;
}

std::string kernel() {
  utsname name{};
  if (uname(&name) != 0) return "unknown";
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

std::string memory_limit_of_this_process() {
  const std::optional<fs::path> v2 = own_cgroup("");
  const std::optional<fs::path> v1 = own_cgroup("memory");
  std::optional<std::uint64_t> limit;
  if (v2) limit = parse_u64(read_or(*v2 / "memory.max", ""));
  if (!limit && v1) limit = parse_u64(read_or(*v1 / "memory.limit_in_bytes", ""));
  constexpr std::uint64_t no_limit = 1ULL << 60U; // version 1 says "none" with a huge number
  return limit && *limit < no_limit ? "; own memory limit " + std::to_string(*limit) + " bytes" : "";
}

std::string quota_text() {
  const std::optional<std::uint64_t> quota = cpu_quota();
  return quota ? "; CPU quota " + std::to_string(*quota) : "";
}

std::vector<std::string> keys_without_pressure(const Pressure& pressure) {
  std::vector<std::string> keys;
  if (!pressure.cpu_ns) keys.emplace_back("cpu_pressure_ns");
  if (!pressure.memory_ns) keys.emplace_back("memory_pressure_ns");
  if (!pressure.io_ns) keys.emplace_back("io_pressure_ns");
  return keys;
}

} // namespace

std::string cpuinfo_value(std::string_view cpuinfo, std::string_view key) {
  for (const std::string& line : split(cpuinfo, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || trim(std::string_view(line).substr(0, colon)) != key) continue;
    return one_line(std::string_view(line).substr(colon + 1), 8192);
  }
  return {};
}

std::uint64_t meminfo_bytes(std::string_view meminfo, std::string_view key) {
  const std::string value = cpuinfo_value(meminfo, key); // "MemTotal:   24684000 kB": the same shape
  return parse_u64(std::string_view(value).substr(0, value.find(' '))).value_or(0) * 1024;
}

std::uint64_t load1_milli(std::string_view loadavg) {
  const std::optional<std::chrono::milliseconds> load = parse_seconds(loadavg.substr(0, loadavg.find(' ')));
  return load ? static_cast<std::uint64_t>(load->count()) : 0; // 0.00 is not a duration, and is 0
}

std::string os_name(std::string_view os_release) {
  for (const std::string& line : split(os_release, '\n')) {
    constexpr std::string_view key = "PRETTY_NAME=";
    if (!line.starts_with(key)) continue;
    std::string value = line.substr(key.size());
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return one_line(value);
  }
  return "unknown";
}

Environment read_environment(const std::string& cgroup, std::optional<Activity> activity, const fs::path& lock_file) {
  const std::string cpuinfo = read_system_file("/proc/cpuinfo").value_or("");
  const std::string meminfo = read_system_file("/proc/meminfo").value_or("");
  Environment environment;
  environment.cpu_model = cpuinfo_value(cpuinfo, "model name");
  if (environment.cpu_model.empty()) environment.cpu_model = "unknown";
  environment.cpus_online = static_cast<std::uint64_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  environment.cpus_allowed = allowed_cpus();
  environment.memory_bytes = meminfo_bytes(meminfo, "MemTotal");
  environment.kernel = kernel();
  environment.os = os_name(read_system_file("/etc/os-release").value_or(""));
  if (const auto governor = read_system_file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")) {
    environment.governor = one_line(*governor);
  }
  environment.turbo = turbo();
  environment.aslr = parse_u64(read_or("/proc/sys/kernel/randomize_va_space", "0")).value_or(0);
  environment.smt = smt();
  environment.clocksource = read_or("/sys/devices/system/clocksource/clocksource0/current_clocksource", "unknown");
  environment.cgroup = "trials: " + cgroup + memory_limit_of_this_process() + quota_text();
  environment.load1_milli = load1_milli(read_or("/proc/loadavg", "0"));
  environment.steal_ns = cpu_times({}).steal_ns;
  environment.uptime_ns = uptime_ns();
  environment.pressure = pressure_since_boot();
  environment.virtualization = virtualization(cpuinfo);
  environment.tools = {{"flowbench compiler", build_info.compiler},
                       {"flowbench build type", build_info.build_type},
                       {"cmake", build_info.cmake},
                       {"libc", std::string("glibc ") + gnu_get_libc_version()}};
  environment.checks = judge_machine(environment, read_surroundings(std::move(activity), lock_file));
  environment.warnings = warnings_about(environment);
  if (const std::optional<fs::path> machine = test_machine()) {
    environment.warnings.push_back("the counters around each trial were those of " + one_line(machine->string()) +
                                   ", not of this machine (" + test_machine_variable +
                                   ", for tests): unset it to measure");
  }
  return environment;
}

std::vector<std::string> warnings_about(const Environment& environment) {
  std::vector<std::string> warnings = warnings_of(environment.checks);
  const std::vector<std::string> unknown = keys_without_pressure(environment.pressure);
  if (!unknown.empty()) {
    warnings.push_back("/proc/pressure does not say how long tasks have to wait: the trials have no " +
                       join(unknown, ", "));
  }
  return warnings;
}

Json to_json(const Environment& environment) {
  Json json{{"cpu_model", environment.cpu_model},
            {"cpus_online", environment.cpus_online},
            {"cpus_allowed", environment.cpus_allowed},
            {"memory_bytes", environment.memory_bytes},
            {"kernel", environment.kernel},
            {"os", environment.os}};
  if (environment.governor) json["governor"] = *environment.governor;
  if (environment.turbo) json["turbo"] = *environment.turbo;
  json["aslr"] = environment.aslr;
  if (environment.smt) json["smt"] = *environment.smt;
  json["clocksource"] = environment.clocksource;
  json["cgroup"] = environment.cgroup;
  json["load1_milli"] = environment.load1_milli;
  json["steal_ns"] = environment.steal_ns;
  if (environment.virtualization) json["virtualization"] = *environment.virtualization;
  json["checks"] = Json::array();
  for (const Check& check : environment.checks) {
    json["checks"].push_back(
        {{"id", check.id}, {"seen", check.seen}, {"verdict", name(check.verdict)}, {"advice", check.advice}});
  }
  json["warnings"] = environment.warnings;
  json["tools"] = environment.tools;
  return json;
}

} // namespace flowbench
