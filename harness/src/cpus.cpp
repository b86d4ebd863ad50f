#include "cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <cerrno>

#include "executor/cgroup.hpp"
#include "failure.hpp"
#include "files.hpp"
#include "numbers.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

std::optional<std::uint64_t> quota_in_cpus(const std::string& quota, const std::string& period) {
  const std::optional<std::uint64_t> quota_us = parse_u64(quota); // "max" and "-1" are no quota
  const std::optional<std::uint64_t> period_us = parse_u64(period);
  if (!quota_us || !period_us || *period_us == 0) return std::nullopt;
  return (*quota_us + *period_us - 1) / *period_us;
}

std::optional<std::uint64_t> quota_of(const fs::path& group) {
  if (const std::optional<std::string> both = read_system_file(group / "cpu.max")) {
    const std::vector<std::string> words = split(*both, ' ');
    if (words.size() == 2) return quota_in_cpus(words[0], words[1]);
  }
  const std::optional<std::string> quota = read_system_file(group / "cpu.cfs_quota_us");
  const std::optional<std::string> period = read_system_file(group / "cpu.cfs_period_us");
  return quota && period ? quota_in_cpus(*quota, *period) : std::nullopt;
}

} // namespace

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) {
    throw EnvironmentFailure("cannot read the CPU affinity: " + error_text(errno));
  }
  std::vector<int> cpus;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

std::optional<std::uint64_t> cpu_quota() {
  std::optional<std::uint64_t> least;
  for (const char* controller : {"", "cpu"}) {
    std::optional<fs::path> group = own_cgroup(controller);
    // A quota higher up binds as well; the walk ends where no control group is.
    while (group && fs::exists(*group / "cgroup.procs")) {
      const std::optional<std::uint64_t> quota = quota_of(*group);
      if (quota && (!least || *quota < *least)) least = quota;
      group = group->parent_path();
    }
  }
  return least;
}

std::uint64_t usable_cpus(std::size_t cpus, std::optional<std::uint64_t> quota) {
  return std::max<std::uint64_t>(1, std::min<std::uint64_t>(cpus, quota.value_or(cpus)));
}

} // namespace flowbench
