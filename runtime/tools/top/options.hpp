#pragma once
/// What the command line says.
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace flowcoro::top {

struct Options {
  std::string socket;
  std::chrono::milliseconds interval{1'000};
  bool once = false;
  bool help = false;
  bool version = false;
};

inline constexpr std::string_view usage =
    "usage: flowcoro-top SOCKET [--interval 1s] [--once]\n"
    "\n"
    "Shows what a program's runtime does. SOCKET is the path at which the program has a flowcoro::SnapshotServer.\n"
    "\n"
    "  --interval TIME  between two looks: 500ms, 1s, 2m; from 50ms to 1h (default 1s)\n"
    "  --once           print one view as plain text, with the rates of one interval, and end\n"
    "  --version        print the version and end\n"
    "\n"
    "q or Ctrl-C ends it. NO_COLOR=1 in the environment: no colours.\n"
    "Exit codes: 0 also when the program ends meanwhile; 1 no snapshot could be taken; 2 wrong usage, or no such "
    "program.\n";

/// \param error gets one line that says what is wrong and how to put it right, when the result is empty.
[[nodiscard]] std::optional<Options> parse_options(std::span<const char* const> arguments, std::string& error);

} // namespace flowcoro::top
