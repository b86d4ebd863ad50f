#pragma once
// Runs a workload phase after phase and measures each.

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "flowbench_kit/subject.hpp"

namespace flowbench {

/// One timed phase. Sample 0 is cold, later ones are warm.
struct Sample {
  std::uint64_t wall_ns;
  std::uint64_t cpu_ns;
  std::uint64_t rss_before_bytes;
  std::uint64_t peak_rss_bytes;
  std::optional<std::uint64_t> max_in_flight{};
  std::optional<std::uint64_t> early_wakes{}; ///< there when the phase recorded any wake-up
};

struct Measured {
  std::vector<Sample> samples;
  Finished result; ///< equal in all phases, but for `throttled`, which is their sum
};

/// Runs `phases` timed phases, or with 0 a single one that is not timed, for its answer.
/// Unsupported as soon as one phase is. \throws std::runtime_error when two phases disagree.
[[nodiscard]] std::variant<Measured, Unsupported> run_phases(WorkloadFunction run, Runtime& runtime, const Phase& phase,
                                                             std::uint64_t phases);

} // namespace flowbench
