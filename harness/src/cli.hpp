// The command line: text in, typed options out.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "options.hpp"

namespace flowbench {

/// Text to print on stdout and be done: --help, --version.
struct Message {
  std::string text;
};

using Command = std::variant<Message, RunOptions, PairOptions, ListOptions, ValidateOptions, DoctorOptions>;

/// Parses what follows the program's name. FLOWBENCH_<OPTION> in the environment stands in for an option that is not given.
/// Throws UsageFailure: one line, with the nearest valid names.
[[nodiscard]] Command parse_command_line(std::vector<std::string> arguments);

/// "flowbench 0.1.0 (commit 1a2b3c4d)".
[[nodiscard]] std::string version_text();

} // namespace flowbench
