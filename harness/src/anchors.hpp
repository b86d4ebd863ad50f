// Figures from before, to show beside what a benchmark measures now: a file of the project, copied into run.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "strict_json.hpp"

namespace flowbench {

/// One figure beside one counter of one benchmark.
struct Anchor {
  std::string benchmark;
  std::string measure; // the counter with the time of one operation, in seconds
  std::string component;
  std::uint64_t operations = 1; // how many operations of the figure one of the benchmark's is
  std::string figure;           // a decimal number, more than zero
  std::string unit;             // "ns": nanoseconds of one operation; "per_s": operations in a second
  std::string seed, original;   // the words it stood in, and what was really measured then; the second may be empty
};

/// The list in run.json. Throws FieldError.
[[nodiscard]] std::vector<Anchor> read_anchors(const Json& list);
[[nodiscard]] Json to_json(const std::vector<Anchor>& anchors);

/// A file {"v": 1, "anchors": [{seed, figure, unit, original, ours: [{component, benchmark, measure, operations}]}]} that need not
/// be there: without it there are none. A figure is a number or its text. Throws UsageFailure for a file that is not well formed.
[[nodiscard]] std::vector<Anchor> load_anchors(const std::filesystem::path& file);

} // namespace flowbench
