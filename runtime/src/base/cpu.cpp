#include "flowcoro/base/cpu.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>

namespace flowcoro {
namespace {

struct FileCloser {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

unsigned affinity_cpus() noexcept {
  // A fixed cpu_set_t holds 1024 CPUs; larger machines answer EINVAL, and then one CPU is the safe reading.
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

unsigned cpus_for(long long quota, long long period) noexcept {
  if (quota <= 0 || period <= 0) return ~0u;
  return static_cast<unsigned>(std::max(1LL, (quota + period - 1) / period));
}

unsigned quota_v2(const char* directory) noexcept {
  char path[512];
  std::snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", directory);
  const File file{std::fopen(path, "re")};
  long long quota = 0;
  long long period = 0;
  // "max 100000" has no number first, and so reads as no quota.
  if (!file || std::fscanf(file.get(), "%lld %lld", &quota, &period) != 2) return ~0u;
  return cpus_for(quota, period);
}

long long number_in(const char* path) noexcept {
  const File file{std::fopen(path, "re")};
  long long value = 0;
  return file && std::fscanf(file.get(), "%lld", &value) == 1 ? value : 0;
}

unsigned quota_v1(const char* directory) noexcept {
  char quota[512];
  char period[512];
  std::snprintf(quota, sizeof quota, "/sys/fs/cgroup/cpu%s/cpu.cfs_quota_us", directory);
  std::snprintf(period, sizeof period, "/sys/fs/cgroup/cpu%s/cpu.cfs_period_us", directory);
  return cpus_for(number_in(quota), number_in(period));
}

/// The smallest quota that the control groups of this process name. A quota of an ancestor is not looked for:
/// containers show their own group as the root.
unsigned cgroup_cpus() noexcept {
  unsigned cpus = std::min(quota_v2(""), quota_v1(""));
  const File file{std::fopen("/proc/self/cgroup", "re")};
  char line[512];
  while (file && std::fgets(line, sizeof line, file.get()) != nullptr) {
    line[std::strcspn(line, "\n")] = '\0';
    char* controllers = std::strchr(line, ':');
    if (controllers == nullptr) continue;
    char* directory = std::strchr(++controllers, ':');
    if (directory == nullptr) continue;
    *directory++ = '\0';
    const bool unified = *controllers == '\0';
    const bool cpu = std::strcmp(controllers, "cpu") == 0 || std::strncmp(controllers, "cpu,", 4) == 0;
    if (unified) cpus = std::min(cpus, quota_v2(directory));
    if (cpu) cpus = std::min(cpus, quota_v1(directory));
  }
  return cpus;
}

} // namespace

unsigned allowed_cpus() noexcept { return std::min(affinity_cpus(), cgroup_cpus()); }

} // namespace flowcoro
