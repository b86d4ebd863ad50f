#include "interleave.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace flowbench {
namespace {

constexpr std::size_t arm_count = 2;

// A case of either arm: where it stands in each.
using Places = std::array<std::optional<std::size_t>, arm_count>;

using CaseKey = std::tuple<std::string, std::string, std::string, std::uint64_t, std::uint64_t>;

CaseKey key_of(const Case& one) { return {one.subject, one.workload, one.benchmark, one.tasks, one.workers}; }

std::vector<Places> match_cases(const std::array<Plan, arm_count>& plans) {
  std::vector<Places> all;
  std::map<CaseKey, std::size_t> known;
  for (std::size_t arm = 0; arm < arm_count; ++arm) {
    for (std::size_t i = 0; i < plans[arm].cases.size(); ++i) {
      const auto [entry, is_new] = known.try_emplace(key_of(plans[arm].cases[i]), all.size());
      if (is_new) all.emplace_back();
      all[entry->second][arm] = i;
    }
  }
  return all;
}

// A budget of one arm holds for the other: trials of unequal work are no pair.
void level(Case& a, Case& b) {
  if (a.settled || b.settled) return;
  const std::uint32_t rounds = std::min(a.rounds, b.rounds), phases = std::min(a.phases, b.phases);
  const std::string why = a.rounds == rounds && a.phases == phases ? a.why : b.why;
  for (Case* one : {&a, &b}) {
    if (one->rounds == rounds && one->phases == phases) continue;
    one->rounds = rounds;
    one->phases = phases;
    one->why = why;
  }
}

} // namespace

InterleavedPlans interleave(std::array<Plan, 2> plans) {
  InterleavedPlans pair{.plans = std::move(plans), .turns = {}};
  const auto case_of = [&](const Places& places, std::size_t arm) -> Case& {
    return pair.plans[arm].cases[*places[arm]];
  };
  const auto runs = [&](const Places& places, std::size_t arm) { return places[arm] && !case_of(places, arm).settled; };
  const auto add = [&](std::size_t arm, const PlannedTrial& trial) {
    pair.turns.push_back({arm, pair.plans[arm].trials.size()});
    pair.plans[arm].trials.push_back(trial);
  };

  for (std::size_t arm = 0; arm < arm_count; ++arm) {
    for (const PlannedTrial& trial : settled_trials(pair.plans[arm].cases)) add(arm, trial);
  }
  const std::vector<Places> all = match_cases(pair.plans);
  std::vector<Case> cases; // one for both arms, settled when neither runs it
  for (const Places& places : all) {
    if (places[0] && places[1]) level(case_of(places, 0), case_of(places, 1));
    cases.push_back(case_of(places, runs(places, 0) || !places[1] ? 0 : 1));
  }
  for (PlannedTrial trial : order_trials(pair.plans[0].options, cases)) {
    const std::size_t index = trial.case_index;
    const std::size_t first = (trial.round + index) % arm_count;
    for (const std::size_t arm : {first, 1 - first}) {
      if (!runs(all[index], arm)) continue;
      trial.case_index = *all[index][arm];
      add(arm, trial);
    }
  }
  return pair;
}

} // namespace flowbench
