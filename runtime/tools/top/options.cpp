#include "options.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>

namespace flowcoro::top {
namespace {

using Milliseconds = std::chrono::milliseconds;
using namespace std::chrono_literals;

[[nodiscard]] std::optional<Milliseconds> time_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr std::int64_t most = 3'600'000; // ms in the longest interval: more of any unit is too much
  if (error != std::errc{} || number < 0 || number > most) return std::nullopt;
  const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  Milliseconds time{};
  if (unit == "ms")
    time = Milliseconds{number};
  else if (unit == "s")
    time = std::chrono::seconds{number};
  else if (unit == "m")
    time = std::chrono::minutes{number};
  else
    return std::nullopt;
  if (time < 50ms || time > 1h) return std::nullopt;
  return time;
}

} // namespace

std::optional<Options> parse_options(std::span<const char* const> arguments, std::string& error) {
  Options options;
  const auto set_interval = [&](std::string_view text) {
    const auto time = time_of(text);
    if (time)
      options.interval = *time;
    else
      error = "'" + std::string{text} + "' is no interval: say a number with ms, s or m, from 50ms to 1h";
    return time.has_value();
  };
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      options.help = true;
    } else if (argument == "--version") {
      options.version = true;
    } else if (argument == "--once") {
      options.once = true;
    } else if (argument == "--interval") {
      if (++i == arguments.size()) {
        error = "--interval needs a time: --interval 1s";
        return std::nullopt;
      }
      if (!set_interval(arguments[i])) return std::nullopt;
    } else if (argument.starts_with("--interval=")) {
      if (!set_interval(argument.substr(argument.find('=') + 1))) return std::nullopt;
    } else if (argument.size() > 1 && argument.starts_with("-")) {
      error = "'" + std::string{argument} + "' is no option: flowcoro-top --help lists them";
      return std::nullopt;
    } else if (!options.socket.empty()) {
      error = "one socket at a time, not '" + options.socket + "' and '" + std::string{argument} + "'";
      return std::nullopt;
    } else {
      options.socket = argument;
    }
  }
  if (options.socket.empty() && !options.help && !options.version) {
    error = "the socket is missing: flowcoro-top SOCKET, where the program has its SnapshotServer";
    return std::nullopt;
  }
  return options;
}

} // namespace flowcoro::top
