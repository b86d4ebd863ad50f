#include "flowcoro/base/cpu.hpp"

#include "cgroup.hpp"

#include <sched.h>

#include <algorithm>

namespace flowcoro {
namespace {

unsigned affinity_cpus() noexcept {
  // A fixed cpu_set_t holds 1024 CPUs; larger machines answer EINVAL, and then one CPU is the safe reading.
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

} // namespace

unsigned allowed_cpus() noexcept {
  return std::min(affinity_cpus(), detail::cgroup_cpus("/sys/fs/cgroup", "/proc/self/cgroup"));
}

} // namespace flowcoro
