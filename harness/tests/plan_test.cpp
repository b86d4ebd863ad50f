#include "plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "failure.hpp"
#include "support/samples.hpp"

namespace flowbench {
namespace {

using test::able_subjects;
using test::plan_options;
using test::small_catalog;
using testing::HasSubstr;

Plan plan_with(const PlanOptions& options) {
  const Catalog catalog = small_catalog();
  return make_plan(options, catalog, able_subjects(catalog));
}

std::string plan_text(const Plan& plan) {
  std::string text;
  for (std::size_t trial = 0; trial < plan.trials.size(); ++trial) text += planned_text(plan, trial) + "\n";
  return text;
}

std::vector<std::size_t> order_of_round(const Plan& plan, std::uint32_t round) {
  std::vector<std::size_t> cases;
  for (const PlannedTrial& trial : plan.trials) {
    if (trial.round == round && !trial.warmup) cases.push_back(trial.case_index);
  }
  return cases;
}

TEST(Plan, RunsEveryCaseOnceInEachOfItsRounds) {
  const Plan plan = plan_with(plan_options());
  ASSERT_EQ(plan.cases.size(), 2U * 2U * 3U);
  std::map<std::pair<std::size_t, std::uint32_t>, int> count;
  std::map<std::size_t, std::uint32_t> rounds;
  for (const PlannedTrial& trial : plan.trials) {
    ++count[{trial.case_index, trial.round}];
    ++rounds[trial.case_index];
  }
  for (const auto& [key, trials] : count) EXPECT_EQ(trials, 1);
  for (const auto& [index, trials] : rounds) EXPECT_EQ(trials, plan.cases[index].rounds);
}

TEST(Plan, IsTheSameForTheSameSeedAndOnlyForIt) {
  PlanOptions options = plan_options();
  const std::string first = plan_text(plan_with(options));
  EXPECT_EQ(plan_text(plan_with(options)), first);
  options.seed = 2;
  EXPECT_NE(plan_text(plan_with(options)), first);
}

TEST(Plan, ShufflesEachRoundAnew) {
  const Plan plan = plan_with(plan_options());
  EXPECT_NE(order_of_round(plan, 0), order_of_round(plan, 2));
}

TEST(Plan, NumbersThePlacesOfARound) {
  const Plan plan = plan_with(plan_options());
  std::map<std::uint32_t, std::uint32_t> next;
  for (const PlannedTrial& trial : plan.trials) EXPECT_EQ(trial.order, next[trial.round]++);
}

TEST(Plan, RoundRobinKeepsTheOrderOfTheCatalog) {
  PlanOptions options = plan_options();
  options.order = Order::round_robin;
  const Plan plan = plan_with(options);
  EXPECT_TRUE(std::is_sorted(plan.trials.begin(), plan.trials.end(), [](const auto& a, const auto& b) {
    return std::pair(a.round, a.case_index) < std::pair(b.round, b.case_index);
  }));
}

TEST(Plan, BatchRunsOneCaseAfterTheOther) {
  PlanOptions options = plan_options();
  options.order = Order::batch;
  options.warmup = 1;
  const Plan plan = plan_with(options);
  EXPECT_TRUE(std::is_sorted(plan.trials.begin(), plan.trials.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.case_index, !a.warmup, a.round) < std::tuple(b.case_index, !b.warmup, b.round);
  }));
}

TEST(Plan, WarmupRoundsComeFirstAndAreMarked) {
  PlanOptions options = plan_options();
  options.warmup = 2;
  const Plan plan = plan_with(options);
  const std::size_t warmups = 2 * plan.cases.size();
  for (std::size_t i = 0; i < plan.trials.size(); ++i) EXPECT_EQ(plan.trials[i].warmup, i < warmups) << i;
}

TEST(Plan, ABudgetMeansFewerRoundsAndPhasesAndSaysWhy) {
  const Plan plan = plan_with(plan_options());
  for (const Case& one : plan.cases) {
    const bool slow = one.subject == "b" && one.tasks >= 1000;
    EXPECT_EQ(one.rounds, slow ? 2U : 7U) << one.label();
    EXPECT_EQ(one.phases, slow ? 1U : 3U) << one.label();
    EXPECT_EQ(one.why, slow ? "it is slow" : "") << one.label();
  }
  EXPECT_THAT(plan_text(plan), HasSubstr("b/plain/1000\t1 phase, 2 rounds: it is slow"));
}

TEST(Plan, ABudgetNeverAddsWorkAndCanBeSwitchedOff) {
  PlanOptions options = plan_options();
  options.rounds = 1;
  options.phases = 1;
  for (const Case& one : plan_with(options).cases) EXPECT_EQ(one.why, "") << one.label();
  options = plan_options();
  options.budgets = false;
  for (const Case& one : plan_with(options).cases) EXPECT_EQ(one.rounds, 7U) << one.label();
}

TEST(SpreadRounds, SpreadsEvenly) {
  EXPECT_EQ(spread_rounds(2, 7), (std::vector<std::uint32_t>{1, 5}));
  EXPECT_EQ(spread_rounds(1, 7), (std::vector<std::uint32_t>{3}));
  EXPECT_EQ(spread_rounds(3, 3), (std::vector<std::uint32_t>{0, 1, 2}));
  for (std::uint32_t wanted = 1; wanted <= 20; ++wanted) {
    const std::vector<std::uint32_t> rounds = spread_rounds(wanted, 20);
    EXPECT_EQ(std::set<std::uint32_t>(rounds.begin(), rounds.end()).size(), wanted);
    EXPECT_LT(rounds.back(), 20U);
  }
}

TEST(Plan, OneTrialStandsForACaseThatCannotRun) {
  const Catalog catalog = small_catalog();
  std::vector<Subject> subjects = able_subjects(catalog);
  subjects[0].trouble = Status::not_built;
  subjects[0].reason = "no compiler";
  subjects[1].description->unsupported = {{"nap", "it never sleeps"}};
  PlanOptions options = plan_options();
  options.warmup = 1;
  const Plan plan = make_plan(options, catalog, subjects);
  std::map<std::size_t, int> trials;
  for (const PlannedTrial& trial : plan.trials) ++trials[trial.case_index];
  for (std::size_t i = 0; i < plan.cases.size(); ++i) {
    const Case& one = plan.cases[i];
    if (one.subject == "a") {
      EXPECT_EQ(one.settled, Status::not_built);
      EXPECT_EQ(one.why, "no compiler");
    } else if (one.subject == "b" && one.workload == "nap") {
      EXPECT_EQ(one.settled, Status::unsupported);
      EXPECT_EQ(one.why, "it never sleeps");
    } else {
      EXPECT_FALSE(one.settled.has_value()) << one.label();
      continue;
    }
    EXPECT_EQ(trials[i], 1) << one.label();
  }
}

// Subject a as a Google Benchmark binary, beside the others.
Plan plan_with_benchmarks(const PlanOptions& options) {
  const Catalog catalog = small_catalog();
  std::vector<Subject> subjects = able_subjects(catalog);
  subjects[0].row.google_benchmark = GoogleBenchmark{};
  subjects[0].benchmarks = {{"push/8", ""}, {"twice", "it is there twice"}, {"pop", ""}};
  return make_plan(options, catalog, subjects);
}

TEST(Plan, ABenchmarkIsACaseWhateverTheTasksAndWorkers) {
  PlanOptions options = plan_options();
  options.workers = {1, 2};
  const Plan plan = plan_with_benchmarks(options);
  EXPECT_EQ(plan.cases.size(), 3U + 2U * 2U * 2U * 2U);
  std::map<std::string, int> trials;
  for (const PlannedTrial& trial : plan.trials) {
    if (!plan.cases[trial.case_index].benchmark.empty()) ++trials[plan.cases[trial.case_index].label()];
  }
  EXPECT_EQ(trials, (std::map<std::string, int>{{"a/push/8", 7}, {"a/twice", 1}, {"a/pop", 7}}));
}

TEST(Plan, BenchmarksAreShuffledAmongTheOthersInEachRound) {
  const Plan plan = plan_with_benchmarks(plan_options());
  std::set<std::uint32_t> places;
  for (const PlannedTrial& trial : plan.trials) {
    if (plan.cases[trial.case_index].benchmark == "pop") places.insert(trial.order);
  }
  EXPECT_GT(places.size(), 2U);
}

TEST(Plan, TellsABenchmarkByItsNameAndLeastTime) {
  PlanOptions options = plan_options();
  options.filter = "^a/p";
  options.min_time = std::chrono::milliseconds(250);
  const Plan plan = plan_with_benchmarks(options);
  EXPECT_EQ(plan.cases.size(), 2U);
  EXPECT_THAT(plan_text(plan), HasSubstr("a/push/8\tat least 0.25 s\n"));
  const Json json = to_json(plan);
  EXPECT_EQ(json["min_time_ms"], 250);
  EXPECT_EQ(json["cases"][0], (Json{{"subject", "a"}, {"benchmark", "push/8"}, {"rounds", 7}}));
  EXPECT_FALSE(to_json(plan_with(plan_options())).contains("min_time_ms")) << "without a benchmark it says nothing";
}

TEST(Plan, FiltersByWhatTheCasesAreCalled) {
  PlanOptions options = plan_options();
  options.filter = "^a/plain/10$";
  const Plan plan = plan_with(options);
  ASSERT_EQ(plan.cases.size(), 1U);
  EXPECT_EQ(plan.cases[0].label(), "a/plain/10");
}

TEST(Plan, AFilterThatIsWrongOrMatchesNothingIsAUsageError) {
  PlanOptions options = plan_options();
  options.filter = "(";
  EXPECT_THROW((void)plan_with(options), UsageFailure);
  options.filter = "nothing";
  EXPECT_THROW((void)plan_with(options), UsageFailure);
}

TEST(Plan, EachNumberOfWorkersIsACase) {
  PlanOptions options = plan_options();
  options.workers = {1, 2};
  const Plan plan = plan_with(options);
  EXPECT_EQ(plan.cases.size(), 2U * 2U * 2U * 3U);
  EXPECT_EQ(plan.cases[0].label(), "a/plain/10 with 1 worker");
}

TEST(AnswerSeed, FollowsFromTheSeedWithoutBeingIt) {
  EXPECT_EQ(answer_seed(1), answer_seed(1));
  EXPECT_NE(answer_seed(1), answer_seed(2));
  EXPECT_NE(answer_seed(1), 1U);
}

} // namespace
} // namespace flowbench
