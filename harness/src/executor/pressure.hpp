// How long tasks of this machine were held up for want of a CPU, memory or storage: pressure stall information of the kernel.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace flowbench {

/// The `some` totals: time in which a task waited, as an average over the CPUs that weighs each by its busy time.
/// The weights are whole clock ticks since anybody's last reading, so waits of a trial of a few ms may be missing.
/// A resource of which the kernel does not tell has no value.
struct Pressure {
  std::optional<std::uint64_t> cpu_ns;
  std::optional<std::uint64_t> memory_ns;
  std::optional<std::uint64_t> io_ns;

  friend bool operator==(const Pressure&, const Pressure&) = default;
};

/// What this machine's /proc/pressure has counted since boot.
[[nodiscard]] Pressure pressure_since_boot();

/// The same from the files cpu, memory and io of `folder`.
[[nodiscard]] Pressure read_pressure(const std::filesystem::path& folder);

/// What was added between two readings; no value where one is missing or the counter went back.
[[nodiscard]] Pressure pressure_between(const Pressure& before, const Pressure& after);

/// The `some` total in ns from the text of one file, which has it in µs.
[[nodiscard]] std::optional<std::uint64_t> parse_pressure(std::string_view text);

} // namespace flowbench
