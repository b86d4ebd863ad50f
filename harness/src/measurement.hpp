// What one trial of a Google Benchmark case measured, as a line of trials.jsonl keeps it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "strict_json.hpp"

namespace flowbench {

struct Measurement {
  std::uint64_t iterations = 0;
  std::uint64_t wall_ns = 0; // of all iterations together, because a rounded time of one would lose what is below a ns
  std::uint64_t cpu_ns = 0;
  std::uint64_t threads = 1;
  std::map<std::string, std::string> counters; // decimal numbers, whose units are the benchmark's own
  std::string label;
  std::string library_build_type; // of Google Benchmark itself: "release" or "debug"
};

/// The counter that is the time of one operation, in seconds, where an iteration does many.
inline constexpr const char* operation_counter = "op";

/// A finite number as JSON writes it, with nothing around it; nothing for any other text.
[[nodiscard]] std::optional<double> parse_decimal(const std::string& text);

/// Which of its times can be none, and why; empty: all can. One that is not empty never belongs to an ok trial.
[[nodiscard]] std::string find_impossible_time(const Measurement& measurement);

[[nodiscard]] Json to_json(const Measurement& measurement);

/// Throws FieldError.
[[nodiscard]] Measurement read_measurement(const Json& object);

} // namespace flowbench
