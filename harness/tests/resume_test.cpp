#include "resume.hpp"

#include <gtest/gtest.h>

#include "failure.hpp"
#include "support/samples.hpp"

namespace flowbench {
namespace {

Trial with_status(std::uint64_t number, Status status) {
  Trial trial = test::good_trial();
  trial.trial = number;
  trial.status = status;
  return trial;
}

TEST(TrialsDone, AnInterruptedTrialIsNotDone) {
  const TrialsDone done =
      trials_done({with_status(0, Status::ok), with_status(1, Status::cancelled), with_status(2, Status::crashed)});
  EXPECT_TRUE(done.is_done(0));
  EXPECT_FALSE(done.is_done(1));
  EXPECT_TRUE(done.is_done(2));
  EXPECT_FALSE(done.is_done(3));
}

TEST(TrialsDone, ADisturbedTrialGetsThreeAttempts) {
  std::vector<Trial> lines;
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_FALSE(trials_done(lines).is_done(0));
    lines.push_back(with_status(0, Status::contaminated));
  }
  TrialsDone done = trials_done(lines);
  EXPECT_TRUE(done.is_done(0));
  done.most_attempts = 4;
  EXPECT_FALSE(done.is_done(0)) << "told to try once more";
}

TEST(TrialsDone, DisturbedAndMistimedAttemptsAreCountedTogether) {
  std::vector<Trial> lines{with_status(0, Status::mistimed), with_status(0, Status::contaminated)};
  EXPECT_FALSE(trials_done(lines).is_done(0));
  lines.push_back(with_status(0, Status::mistimed));
  EXPECT_TRUE(trials_done(lines).is_done(0));
  EXPECT_EQ(trials_done(lines).last.at(0).status, Status::mistimed);
}

TEST(TrialsDone, TheLastLineOfATrialCounts) {
  const TrialsDone done = trials_done({with_status(0, Status::cancelled), with_status(0, Status::ok)});
  EXPECT_TRUE(done.is_done(0));
  EXPECT_EQ(done.last.at(0).status, Status::ok);
}

TEST(ResumedOptions, AreThoseOfTheRunUnlessSaidOtherwise) {
  StoredRun stored;
  stored.run.command = {"flowbench", "run", "--rounds", "3", "--seed", "5"};
  RunOptions typed;
  typed.arguments = {"--resume", "latest", "-v"};
  const RunOptions options = resumed_options(stored, typed);
  EXPECT_EQ(options.plan.rounds, 3U);
  EXPECT_EQ(options.plan.seed, 5U);
  EXPECT_EQ(options.resume, "latest");
  EXPECT_TRUE(options.verbose);
  typed.arguments = {"--resume", "latest", "--rounds", "4"};
  EXPECT_EQ(resumed_options(stored, typed).plan.rounds, 4U);
}

TEST(ResumedOptions, RefuseAnotherProgram) {
  StoredRun stored;
  stored.run.command = {"rm", "-rf"};
  EXPECT_THROW((void)resumed_options(stored, {}), UsageFailure);
}

} // namespace
} // namespace flowbench
