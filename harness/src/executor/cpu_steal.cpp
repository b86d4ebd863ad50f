#include "cpu_steal.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "../files.hpp"
#include "../numbers.hpp"
#include "../text.hpp"

namespace flowbench {
namespace {

std::uint64_t tick_ns() {
  const long per_second = sysconf(_SC_CLK_TCK);
  return 1'000'000'000U / static_cast<std::uint64_t>(per_second > 0 ? per_second : 100);
}

} // namespace

std::uint64_t parse_steal(std::string_view stat, const std::vector<int>& cpus, std::uint64_t tick) {
  std::uint64_t ticks = 0;
  for (const std::string& line : split(stat, '\n')) {
    // cpuN user nice system idle iowait irq softirq steal ...
    const std::vector<std::string> fields = split(line, ' ');
    if (fields.size() < 9 || !fields[0].starts_with("cpu")) continue;
    const std::optional<std::uint64_t> cpu = parse_u64(std::string_view(fields[0]).substr(3));
    if (!cpu) continue; // the line of all CPUs together
    const bool wanted = cpus.empty() || std::find(cpus.begin(), cpus.end(), static_cast<int>(*cpu)) != cpus.end();
    if (wanted) ticks += parse_u64(fields[8]).value_or(0);
  }
  return ticks * tick;
}

std::uint64_t steal_ns(const std::vector<int>& cpus) {
  return parse_steal(read_system_file("/proc/stat").value_or(""), cpus, tick_ns());
}

bool is_disturbed(std::uint64_t stolen_ns, std::uint64_t wall_ns, std::size_t cpus) {
  constexpr std::uint64_t shortest_ns = 50'000'000;
  return wall_ns > shortest_ns && stolen_ns > tick_ns() && stolen_ns > wall_ns / 10 * cpus;
}

} // namespace flowbench
