// What CPUs did since boot, from /proc/stat: how long they worked, and how long the hypervisor gave them to others.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace flowbench {

struct CpuTimes {
  std::uint64_t busy_ns = 0; // user, nice, system and interrupts; guests are part of user
  std::uint64_t steal_ns = 0;
};

/// The resolution of /proc/stat: the kernel counts in ticks, here of 10 ms.
[[nodiscard]] std::uint64_t clock_tick_ns();

/// Of `cpus` together; of all CPUs when the list is empty. `proc` is "/proc" but for tests.
[[nodiscard]] CpuTimes cpu_times(const std::vector<int>& cpus, const std::filesystem::path& proc = "/proc");

/// The same from the text of /proc/stat.
[[nodiscard]] CpuTimes parse_cpu_times(std::string_view stat, const std::vector<int>& cpus, std::uint64_t tick_ns);

} // namespace flowbench
