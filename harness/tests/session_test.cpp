#include "session.hpp"

#include <gtest/gtest.h>

#include "cpus.hpp"
#include "plan.hpp"
#include "support/programs.hpp"
#include "support/samples.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

// A run of one fake subject in this process, on a machine with a CPU quota that strikes when the test says so.
class FakeRun {
 public:
  // `disturbed`: how many processes, from the first, are held back.
  explicit FakeRun(int disturbed, std::size_t arms = 1, std::uint32_t retries = 2)
      : executor_(signals_, {}, [this](const std::vector<int>&) { return reading(); }),
        disturbed_(disturbed),
        retries_(retries),
        arms_(arms) {
    for (Arm& arm : arms_) {
      arm.catalog = load_catalog(FLOWBENCH_FAKE_CATALOG);
      arm.subjects = {locate_subject(arm.catalog.subjects[1], FLOWBENCH_FAKES)};
      arm.plan = make_plan(options(), arm.catalog, arm.subjects);
      arm.answers = {{{"plain", 10}, 5}};
      folders_.push_back(RunFolder::create(home_.path() / std::to_string(folders_.size())));
    }
  }

  // Runs the one trial of each arm, the last arm first; returns what the file of the first arm says.
  std::vector<std::string> statuses() {
    std::vector<Turn> turns;
    for (std::size_t arm = arms_.size(); arm-- > 0;) turns.push_back({arm, 0});
    const Agenda agenda(arms_, turns);
    Session session(agenda, {std::chrono::seconds(20), allowed_cpus(), 5}, executor_, signals_, folders_,
                    {.quiet = true, .verbose = false, .color = false, .rewrite = false});
    EXPECT_EQ(session.run(), std::nullopt);
    return statuses_of(0);
  }

  std::vector<std::string> statuses_of(std::size_t arm) const {
    std::vector<std::string> statuses;
    for (const std::string& line : split(test::read_text(folders_[arm].path() / "trials.jsonl"), '\n')) {
      if (line.empty()) continue;
      const Json trial = Json::parse(line);
      EXPECT_EQ(trial["trial"], 0);
      statuses.push_back(trial["status"]);
    }
    return statuses;
  }

 private:
  PlanOptions options() const {
    PlanOptions options;
    options.workloads = {"plain"};
    options.tasks = {10};
    options.workers = {1};
    options.rounds = 1;
    options.phases = 1;
    options.retries = retries_;
    return options;
  }
  // Read before and after each process.
  NoiseReading reading() {
    ++reads_;
    const bool after_a_process = reads_ % 2 == 0;
    if (after_a_process && reads_ / 2 <= disturbed_) reading_.throttling->ns += 3'600'000'000'000;
    return reading_;
  }

  test::Folder home_;
  StopSignals signals_;
  Executor executor_;
  int disturbed_;
  std::uint32_t retries_;
  int reads_ = 0;
  NoiseReading reading_{
      .cpus = {}, .own_cpu_ns = 0, .pressure = {}, .throttling = CpuThrottling{}, .swap = {}, .clocks = {}};
  std::vector<Arm> arms_;
  std::vector<RunFolder> folders_;
};

TEST(Session, RunsAnUndisturbedTrialOnce) { EXPECT_EQ(FakeRun(0).statuses(), std::vector<std::string>{"ok"}); }

TEST(Session, RunsADisturbedTrialAgainAndKeepsBoth) {
  EXPECT_EQ(FakeRun(1).statuses(), (std::vector<std::string>{"contaminated", "ok"}));
  EXPECT_EQ(FakeRun(2).statuses(), (std::vector<std::string>{"contaminated", "contaminated", "ok"}));
}

TEST(Session, RunsADisturbedTrialAgainAsOftenAsItIsTold) {
  EXPECT_EQ(FakeRun(99, 1, 0).statuses(), std::vector<std::string>{"contaminated"});
  EXPECT_EQ(FakeRun(99, 1, 4).statuses(), std::vector<std::string>(5, "contaminated"));
}

TEST(Session, GivesUpOnADisturbedMachine) {
  EXPECT_EQ(FakeRun(99).statuses(), (std::vector<std::string>{"contaminated", "contaminated", "contaminated"}));
}

TEST(Session, RunsADisturbedTrialAgainInItsArm) {
  FakeRun run(1, 2);
  EXPECT_EQ(run.statuses(), std::vector<std::string>{"ok"});
  EXPECT_EQ(run.statuses_of(1), (std::vector<std::string>{"contaminated", "ok"}));
}

} // namespace
} // namespace flowbench
