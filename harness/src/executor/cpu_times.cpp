#include "cpu_times.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "../files.hpp"
#include "../numbers.hpp"
#include "../text.hpp"

namespace flowbench {
namespace {

// The names of /proc/stat's columns behind "cpuN".
enum Column : std::size_t { user = 1, nice, system, idle, iowait, irq, softirq, steal, columns };

} // namespace

std::uint64_t clock_tick_ns() {
  const long per_second = sysconf(_SC_CLK_TCK);
  return 1'000'000'000U / static_cast<std::uint64_t>(per_second > 0 ? per_second : 100);
}

CpuTimes parse_cpu_times(std::string_view stat, const std::vector<int>& cpus, std::uint64_t tick) {
  CpuTimes ticks;
  for (const std::string& line : split(stat, '\n')) {
    if (!line.starts_with("cpu")) continue; // the line of interrupts is long
    const std::vector<std::string> fields = split(line, ' ');
    if (fields.size() < columns) continue;
    const std::optional<std::uint64_t> cpu = parse_u64(std::string_view(fields[0]).substr(3));
    if (!cpu) continue; // the line of all CPUs together
    const bool wanted = cpus.empty() || std::find(cpus.begin(), cpus.end(), static_cast<int>(*cpu)) != cpus.end();
    if (!wanted) continue;
    for (const Column column : {user, nice, system, irq, softirq}) {
      ticks.busy_ns += parse_u64(fields[column]).value_or(0);
    }
    ticks.steal_ns += parse_u64(fields[steal]).value_or(0);
  }
  return {.busy_ns = ticks.busy_ns * tick, .steal_ns = ticks.steal_ns * tick};
}

CpuTimes cpu_times(const std::vector<int>& cpus, const std::filesystem::path& proc) {
  return parse_cpu_times(read_system_file(proc / "stat").value_or(""), cpus, clock_tick_ns());
}

} // namespace flowbench
