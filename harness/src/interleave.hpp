// The order of a pair: each case runs once per arm in each round, back to back, and the two arms take turns to be first.
#pragma once

#include <array>
#include <vector>

#include "arm.hpp"
#include "plan.hpp"

namespace flowbench {

struct InterleavedPlans {
  std::array<Plan, 2> plans; // with their trials
  std::vector<Turn> turns;   // arm 0 is the first of `plans`
};

/// `plans` have their options, which differ in catalog and manifests only, and their cases.
/// Settled cases come first. Then, in each round, the cases of either arm in one order that the seed draws; of a case that both
/// have, arm 0 runs first when round + the case's number is even, where the cases of arm 0 are numbered first, and then those
/// that only arm 1 has. A case that only one arm can run, runs alone. Rounds and phases of a case that both have are the fewer
/// of both. `order` of a trial counts the cases of both arms, so it is the same for both trials of a pair.
[[nodiscard]] InterleavedPlans interleave(std::array<Plan, 2> plans);

} // namespace flowbench
