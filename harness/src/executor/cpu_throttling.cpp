#include "cpu_throttling.hpp"

#include <string>

#include "../files.hpp"
#include "../numbers.hpp"
#include "../text.hpp"
#include "cgroup.hpp"

namespace flowbench {

std::optional<CpuThrottling> parse_cpu_throttling(std::string_view cpu_stat) {
  CpuThrottling throttling;
  bool told = false;
  for (const std::string& line : split(cpu_stat, '\n')) {
    const std::vector<std::string> words = split(line, ' ');
    const std::optional<std::uint64_t> value = words.size() == 2 ? parse_u64(words[1]) : std::nullopt;
    if (!value) continue;
    if (words[0] == "nr_throttled") throttling.times = *value;
    if (words[0] == "throttled_usec") throttling.ns = *value * 1'000;
    if (words[0] == "throttled_time") throttling.ns = *value;
    told = told || words[0] == "throttled_usec" || words[0] == "throttled_time";
  }
  return told ? std::optional(throttling) : std::nullopt;
}

std::vector<fs::path> cpu_stat_files() {
  std::vector<fs::path> files;
  for (const char* controller : {"", "cpu"}) {
    std::optional<fs::path> group = own_cgroup(controller);
    while (group && fs::exists(*group / "cgroup.procs")) {
      files.push_back(*group / "cpu.stat");
      group = group->parent_path();
    }
  }
  return files;
}

std::optional<CpuThrottling> cpu_throttling(const std::vector<fs::path>& files) {
  std::optional<CpuThrottling> sum;
  for (const fs::path& file : files) {
    const std::optional<CpuThrottling> one = parse_cpu_throttling(read_system_file(file).value_or(""));
    if (!one) continue;
    if (!sum) sum.emplace();
    sum->times += one->times;
    sum->ns += one->ns;
  }
  return sum;
}

} // namespace flowbench
