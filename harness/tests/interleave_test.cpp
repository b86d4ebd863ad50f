#include "interleave.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "support/samples.hpp"

namespace flowbench {
namespace {

Plan cases_of(const PlanOptions& options, const Catalog& catalog = test::small_catalog()) {
  return {.options = options, .cases = make_cases(options, catalog, test::able_subjects(catalog)), .trials = {}};
}

InterleavedPlans same_arms(const PlanOptions& options) { return interleave({cases_of(options), cases_of(options)}); }

const PlannedTrial& planned(const InterleavedPlans& pair, std::size_t place) {
  return pair.plans[pair.turns[place].arm].trials[pair.turns[place].trial];
}

std::string label(const InterleavedPlans& pair, std::size_t place) {
  return pair.plans[pair.turns[place].arm].cases[planned(pair, place).case_index].label();
}

TEST(Interleave, RunsBothTrialsOfAPairBackToBack) {
  const InterleavedPlans pair = same_arms(test::plan_options());
  ASSERT_EQ(pair.turns.size() % 2, 0U);
  EXPECT_EQ(pair.plans[0].trials.size(), pair.plans[1].trials.size());
  for (std::size_t place = 0; place < pair.turns.size(); place += 2) {
    EXPECT_EQ(label(pair, place), label(pair, place + 1));
    EXPECT_EQ(planned(pair, place).round, planned(pair, place + 1).round);
    EXPECT_EQ(planned(pair, place).order, planned(pair, place + 1).order);
    EXPECT_NE(pair.turns[place].arm, pair.turns[place + 1].arm);
  }
}

TEST(Interleave, LetsEachArmBeFirstInTurn) {
  const InterleavedPlans pair = same_arms(test::plan_options());
  std::map<std::pair<std::size_t, std::uint32_t>, std::size_t> first;
  for (std::size_t place = 0; place < pair.turns.size(); place += 2) {
    const PlannedTrial& trial = planned(pair, place);
    EXPECT_EQ(pair.turns[place].arm, (trial.round + trial.case_index) % 2);
    first[{trial.case_index, trial.round}] = pair.turns[place].arm;
  }
  EXPECT_NE((first[{0, 0}]), (first[{0, 1}])) << "from round to round";
  EXPECT_NE((first[{0, 0}]), (first[{1, 0}])) << "from case to case";
}

TEST(Interleave, NumbersTheTrialsOfEachArmInTheOrderInWhichTheyRun) {
  PlanOptions options = test::plan_options();
  options.warmup = 1;
  const InterleavedPlans pair = same_arms(options);
  std::map<std::size_t, std::size_t> next;
  for (const Turn& turn : pair.turns) EXPECT_EQ(turn.trial, next[turn.arm]++);
  EXPECT_TRUE(planned(pair, 0).warmup);
  EXPECT_FALSE(planned(pair, pair.turns.size() - 1).warmup);
}

TEST(Interleave, AnArmHasThePlanOfARunWithThatSeed) {
  const Catalog catalog = test::small_catalog();
  const Plan alone = make_plan(test::plan_options(), catalog, test::able_subjects(catalog));
  for (const Plan& plan : same_arms(test::plan_options()).plans) {
    ASSERT_EQ(plan.trials.size(), alone.trials.size());
    for (std::size_t i = 0; i < plan.trials.size(); ++i) {
      EXPECT_EQ(planned_text(plan, i), planned_text(alone, i));
      EXPECT_EQ(plan.trials[i].order, alone.trials[i].order);
    }
  }
}

TEST(Interleave, TheOrderIsTheSeedsAndOnlyTheSeeds) {
  PlanOptions options = test::plan_options();
  const auto order = [&] {
    std::string text;
    const InterleavedPlans pair = same_arms(options);
    for (std::size_t place = 0; place < pair.turns.size(); ++place) {
      text += std::to_string(pair.turns[place].arm) + " " + label(pair, place) + "\n";
    }
    return text;
  };
  const std::string first = order();
  EXPECT_EQ(order(), first);
  options.seed = 2;
  EXPECT_NE(order(), first);
}

TEST(Interleave, ACaseThatOneArmDoesNotHaveRunsAlone) {
  Catalog newer = test::small_catalog();
  newer.subjects.front().id = "new"; // in the place of "a"
  const PlanOptions options = test::plan_options();
  const InterleavedPlans pair = interleave({cases_of(options), cases_of(options, newer)});
  std::map<std::string, std::set<std::size_t>> arms;
  std::map<std::string, int> trials;
  for (std::size_t place = 0; place < pair.turns.size(); ++place) {
    arms[label(pair, place)].insert(pair.turns[place].arm);
    ++trials[label(pair, place)];
  }
  EXPECT_EQ(arms["a/plain/10"], std::set<std::size_t>{0});
  EXPECT_EQ(arms["new/plain/10"], std::set<std::size_t>{1});
  EXPECT_EQ(arms["o/plain/10"], (std::set<std::size_t>{0, 1}));
  EXPECT_EQ(trials["a/plain/10"], 7);
  EXPECT_EQ(trials["new/plain/10"], 7);
  EXPECT_EQ(trials["o/plain/10"], 14);
}

TEST(Interleave, ACaseThatOneArmCannotRunRunsInTheOther) {
  std::array<Plan, 2> plans{cases_of(test::plan_options()), cases_of(test::plan_options())};
  Case& broken = plans[0].cases.front();
  broken.settled = Status::not_built;
  broken.why = "its build failed";
  broken.rounds = 1;
  const InterleavedPlans pair = interleave(std::move(plans));
  std::map<std::size_t, int> trials;
  for (std::size_t place = 0; place < pair.turns.size(); ++place) {
    if (label(pair, place) == "a/plain/10") ++trials[pair.turns[place].arm];
  }
  EXPECT_EQ(trials, (std::map<std::size_t, int>{{0, 1}, {1, 7}}));
  EXPECT_EQ(pair.turns.front(), (Turn{0, 0})) << "what is settled comes first";
  EXPECT_EQ(pair.plans[1].cases.front().rounds, 7U);
}

TEST(Interleave, ABudgetOfOneArmHoldsForBoth) {
  Catalog newer = test::small_catalog();
  newer.subjects[0].budget = {{10, {}, 3, 2, "it is slow now"}};
  newer.subjects[1].budget.clear();
  const PlanOptions options = test::plan_options();
  const InterleavedPlans pair = interleave({cases_of(options), cases_of(options, newer)});
  for (std::size_t i = 0; i < pair.plans[0].cases.size(); ++i) {
    const Case &base = pair.plans[0].cases[i], &candidate = pair.plans[1].cases[i];
    EXPECT_EQ(base.rounds, candidate.rounds);
    EXPECT_EQ(base.phases, candidate.phases);
    EXPECT_EQ(base.why, candidate.why);
    if (base.subject == "a") {
      EXPECT_EQ(base.why, "it is slow now");
    }
    if (base.subject == "b" && base.tasks == 1000) {
      EXPECT_EQ(candidate.rounds, 2U);
    }
  }
}

} // namespace
} // namespace flowbench
