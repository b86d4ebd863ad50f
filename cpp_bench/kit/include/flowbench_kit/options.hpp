#pragma once
// The options that flowbench calls a subject with.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace flowbench {

struct Options {
  bool describe = false; ///< alone: all else keeps its default
  std::string workload{};
  std::uint64_t tasks = 0;
  unsigned workers = 0;
  std::uint64_t phases = 0;
  std::uint64_t seed = 0;
  std::string trace{}; ///< file for a trace; empty: none
};

/// `arguments` without the program's name. \throws UsageError with one line that says what to change.
[[nodiscard]] Options parse_options(std::span<const std::string_view> arguments);

} // namespace flowbench
