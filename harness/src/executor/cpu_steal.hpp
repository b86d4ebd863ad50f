// CPU time that the hypervisor gave to others, from /proc/stat.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace flowbench {

/// Steal time of `cpus` since boot in ns; all CPUs when the list is empty. The kernel counts in ticks of 10 ms.
[[nodiscard]] std::uint64_t steal_ns(const std::vector<int>& cpus);

/// The same from the text of /proc/stat.
[[nodiscard]] std::uint64_t parse_steal(std::string_view stat, const std::vector<int>& cpus, std::uint64_t tick_ns);

/// Whether a trial was disturbed: it ran for more than 50 ms and lost more than 10 % of the time of its CPUs, and more than
/// one tick, since a single tick is the resolution of the counter.
[[nodiscard]] bool is_disturbed(std::uint64_t stolen_ns, std::uint64_t wall_ns, std::size_t cpus);

} // namespace flowbench
