// The CPUs that this process may use: affinity and control-group quota.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace flowbench {

/// The CPUs in this process's affinity mask, sorted.
[[nodiscard]] std::vector<int> allowed_cpus();

/// How many CPUs' worth of time the control groups allow, rounded up; nothing without a quota.
[[nodiscard]] std::optional<std::uint64_t> cpu_quota();

/// The number of workers that can run at once: the CPUs, or the quota if that is less; at least 1.
[[nodiscard]] std::uint64_t usable_cpus(std::size_t cpus, std::optional<std::uint64_t> quota);

} // namespace flowbench
