// Where the counters around a trial are read: of this machine, or, for tests, from a folder that stands for one.
#pragma once

#include <filesystem>
#include <optional>

namespace flowbench {

/// For tests only. The folder that FLOWBENCH_TEST_MACHINE names has what of this machine would be read: `proc/stat`,
/// `proc/vmstat`, `proc/pressure/`, the control group's `cpu.stat`, and `clocks`, which says by how many ns each clock is off.
inline constexpr const char* test_machine_variable = "FLOWBENCH_TEST_MACHINE";

/// That folder; nothing without the variable. Throws UsageFailure when it names no folder.
[[nodiscard]] std::optional<std::filesystem::path> test_machine();

} // namespace flowbench
