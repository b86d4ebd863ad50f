#pragma once
/// How many CPUs this process may really use.

namespace flowcoro {

/// CPUs in this thread's affinity mask, lowered to the cgroup's CPU quota (v1 or v2, rounded up) where one applies. At least 1.
/// Reads files below /proc and /sys; call it once, not on a hot path.
[[nodiscard]] unsigned allowed_cpus() noexcept;

} // namespace flowcoro
