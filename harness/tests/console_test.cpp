#include "console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "support/samples.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;
using testing::Not;

Plan small_plan() {
  const Catalog catalog = test::small_catalog();
  PlanOptions options = test::plan_options();
  options.rounds = 2;
  options.order = Order::round_robin;
  return make_plan(options, catalog, test::able_subjects(catalog));
}

// The agenda of a run: one arm with `plan`.
class OneArm {
 public:
  explicit OneArm(Plan plan) : arms_(1), agenda_(arms_, turns_of(plan)) { arms_[0].plan = std::move(plan); }
  [[nodiscard]] const Agenda& agenda() const { return agenda_; }
  [[nodiscard]] const Plan& plan() const { return arms_[0].plan; }

 private:
  std::vector<Arm> arms_;
  Agenda agenda_;
};

Trial trial_of(const Plan& plan, std::size_t number, Status status, const std::string& reason) {
  Trial trial = test::good_trial();
  trial.trial = number;
  trial.subject = plan.cases[plan.trials[number].case_index].subject;
  trial.status = status;
  trial.reason = reason;
  return trial;
}

TEST(TimeLeft, KnowsNothingBeforeTheFirstTrial) {
  const OneArm run(small_plan());
  EXPECT_EQ(TimeLeft(run.agenda()).estimate_ns(0), 0U);
}

TEST(TimeLeft, TakesACaseForAsLongAsItTookLast) {
  const OneArm run(small_plan());
  const Plan& plan = run.plan();
  TimeLeft left(run.agenda());
  for (std::size_t i = 0; i < plan.cases.size(); ++i) left.finished(i, i == 0 ? 5'000 : 100);
  const std::size_t second_round = plan.cases.size();
  EXPECT_EQ(plan.trials[second_round].round, 1U);
  EXPECT_EQ(left.estimate_ns(second_round), 5'000 + 100 * (plan.cases.size() - 1));
  EXPECT_EQ(left.estimate_ns(plan.trials.size()), 0U);
}

TEST(Progress, APlainStreamGetsALineEveryFewSeconds) {
  const OneArm run(small_plan());
  std::ostringstream err;
  Progress progress(run.agenda(), {}, err);
  const Progress::Clock::time_point now = Progress::Clock::now();
  progress.starting(0, now);
  progress.starting(1, now + std::chrono::seconds(1));
  progress.starting(2, now + std::chrono::seconds(6));
  EXPECT_THAT(err.str(), HasSubstr("[1/"));
  EXPECT_THAT(err.str(), Not(HasSubstr("[2/")));
  EXPECT_THAT(err.str(), HasSubstr("[3/"));
  EXPECT_THAT(err.str(), Not(HasSubstr("\x1b")));
}

TEST(Progress, ATerminalGetsOneLineThatIsCleared) {
  const OneArm run(small_plan());
  std::ostringstream err;
  Progress progress(run.agenda(), {.quiet = false, .verbose = false, .color = true, .rewrite = true}, err);
  progress.starting(0, Progress::Clock::now());
  progress.end();
  EXPECT_EQ(err.str().find('\n'), std::string::npos);
  EXPECT_TRUE(err.str().ends_with("\r\x1b[K"));
}

TEST(Progress, AFailureIsShownAtOnceUnlessQuiet) {
  const OneArm run(small_plan());
  std::ostringstream err, quiet_err;
  const Trial failed = trial_of(run.plan(), 0, Status::crashed, "exit code 3");
  Progress(run.agenda(), {}, err).finished(failed, 0);
  EXPECT_THAT(err.str(), HasSubstr("crashed in 1000 ms: exit code 3"));
  Progress(run.agenda(), {.quiet = true, .verbose = false, .color = false, .rewrite = false}, quiet_err)
      .finished(failed, 0);
  EXPECT_EQ(quiet_err.str(), "");
}

TEST(Progress, VerboseShowsEveryTrial) {
  const OneArm run(small_plan());
  std::ostringstream err;
  Progress(run.agenda(), {.quiet = false, .verbose = true, .color = false, .rewrite = false}, err)
      .finished(trial_of(run.plan(), 0, Status::ok, ""), 0);
  EXPECT_THAT(err.str(), HasSubstr("round 0: ok in 1000 ms"));
}

TEST(Progress, NamesTheArmWhereThereAreTwo) {
  std::vector<Arm> arms(2);
  arms[0].name = "base";
  arms[1].name = "candidate";
  for (Arm& arm : arms) arm.plan = small_plan();
  const Agenda agenda(arms, {{1, 0}, {0, 0}});
  std::ostringstream err;
  Progress progress(agenda, {.quiet = false, .verbose = true, .color = false, .rewrite = false}, err);
  progress.finished(trial_of(arms[1].plan, 0, Status::ok, ""), 0);
  progress.finished(trial_of(arms[0].plan, 0, Status::ok, ""), 1);
  EXPECT_EQ(err.str(), "candidate a/plain/10 round 0: ok in 1000 ms\nbase a/plain/10 round 0: ok in 1000 ms\n");
}

TEST(Summary, CountsStatesAndGivesReasons) {
  const Plan plan = small_plan();
  std::vector<Trial> trials;
  for (std::size_t i = 0; i < plan.trials.size(); ++i) trials.push_back(trial_of(plan, i, Status::ok, ""));
  trials[0].status = trials[plan.cases.size()].status = Status::crashed; // both rounds of the first case
  trials[0].reason = trials[plan.cases.size()].reason = "exit code 3";
  trials[1].status = Status::unsupported;
  trials[1].reason = "cannot";
  const std::string text = summary_text(plan, trials);
  EXPECT_THAT(text, HasSubstr("subject      ok  crashed  unsupported"));
  EXPECT_THAT(text, HasSubstr("\nFailed:\n  a/plain/10: crashed in 2 trials: exit code 3\n"));
  EXPECT_THAT(text, HasSubstr("\nWithout numbers:\n  b/plain/10: unsupported: cannot\n"));
  EXPECT_THAT(text, Not(HasSubstr("timed_out")));
  EXPECT_THAT(text, Not(HasSubstr("Keys")));
}

TEST(Summary, ListsTheCasesThatMadeUpKeys) {
  const Plan plan = small_plan();
  std::vector<Trial> trials;
  for (std::size_t i = 0; i < plan.trials.size(); ++i) trials.push_back(trial_of(plan, i, Status::ok, ""));
  trials[0].unknown_keys = 2;
  trials[plan.cases.size()].unknown_keys = 5;
  EXPECT_THAT(summary_text(plan, trials),
              HasSubstr("\nKeys that the contract does not know, ignored:\n  a/plain/10: up to 5 in 2 trials\n"));
}

} // namespace
} // namespace flowbench
