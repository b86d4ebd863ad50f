#include "flowbench_kit/options.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

#include "flowbench_kit/usage_error.hpp"

namespace flowbench {
namespace {

constexpr std::string_view usage =
    "usage: --workload ID --tasks N --workers K --phases P --seed S [--trace FILE], or --describe alone";

// The options that take a value, in the order in which a missing one is reported; from the sixth on they may be missing.
constexpr std::array<std::string_view, 6> names{"--workload", "--tasks", "--workers", "--phases", "--seed", "--trace"};
constexpr std::size_t needed = 5;

std::uint64_t parse_number(std::string_view option, std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    throw UsageError(std::string(option) + " takes a whole number from " + std::to_string(least) + " to " +
                     std::to_string(most) + ", not '" + std::string(text) + "'");
  }
  return value;
}

std::size_t find_option(std::string_view argument) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == argument) {
      return i;
    }
  }
  throw UsageError("unknown option '" + std::string(argument) + "'; " + std::string(usage));
}

} // namespace

Options parse_options(std::span<const std::string_view> arguments) {
  if (arguments.size() == 1 && arguments[0] == "--describe") {
    return Options{.describe = true};
  }
  std::array<std::string_view, names.size()> values;
  std::array<bool, names.size()> given{};
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    if (arguments[i] == "--describe") {
      throw UsageError("--describe stands alone; " + std::string(usage));
    }
    const std::size_t option = find_option(arguments[i]);
    if (given[option]) {
      throw UsageError(std::string(names[option]) + " was given twice; give it once");
    }
    if (i + 1 == arguments.size()) {
      throw UsageError(std::string(names[option]) + " has no value; " + std::string(usage));
    }
    given[option] = true;
    values[option] = arguments[i + 1];
  }
  for (std::size_t option = 0; option < needed; ++option) {
    if (!given[option]) {
      throw UsageError(std::string(names[option]) + " is missing; " + std::string(usage));
    }
  }
  if (given[5] && values[5].empty()) {
    throw UsageError("--trace takes the name of a file, not ''");
  }
  constexpr std::uint64_t most_u32 = std::numeric_limits<std::uint32_t>::max();
  return Options{
      .workload = std::string(values[0]),
      .tasks = parse_number(names[1], values[1], 1, 1'000'000'000),
      .workers = static_cast<unsigned>(parse_number(names[2], values[2], 1, most_u32)),
      .phases = parse_number(names[3], values[3], 0, most_u32),
      .seed = parse_number(names[4], values[4], 0, std::numeric_limits<std::uint64_t>::max()),
      .trace = std::string(values[5]),
  };
}

} // namespace flowbench
