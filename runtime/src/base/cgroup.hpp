#pragma once
/// The CPU quota of a process's control groups.

namespace flowcoro::detail {

inline constexpr unsigned no_quota = ~0u;

/// The smallest quota, in CPUs rounded up, that the control groups named in `membership` (a /proc/<pid>/cgroup file) have below
/// `root` (where control groups are mounted: cpu.max of v2, cpu/…cpu.cfs_quota_us of v1); no_quota without one. A quota of an
/// ancestor is not looked for, but for the root: containers show their own group as that.
[[nodiscard]] unsigned cgroup_cpus(const char* root, const char* membership) noexcept;

} // namespace flowcoro::detail
