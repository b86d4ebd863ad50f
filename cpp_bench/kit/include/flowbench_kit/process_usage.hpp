#pragma once
// What this process has used so far, as the kernel counts it.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace flowbench {

/// VmRSS and VmHWM of /proc/self/status. VmHWM and not ru_maxrss, which a forked child inherits from its parent.
struct Memory {
  std::uint64_t rss_bytes;
  std::uint64_t peak_bytes;
};

/// Allocates nothing, so that reading does not change what is read. \throws std::system_error, std::runtime_error
[[nodiscard]] Memory read_memory();

/// The value of a line `key:  <n> kB` of a status file, in bytes.
[[nodiscard]] std::optional<std::uint64_t> find_status_bytes(std::string_view status, std::string_view key) noexcept;

/// User and system time of all threads, those that have ended included. \throws std::system_error
[[nodiscard]] std::chrono::nanoseconds process_cpu_time();

} // namespace flowbench
