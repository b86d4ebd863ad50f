// What a line of trials.jsonl says of cases that cannot be measured. The states are in faults/table.py.
#include <gtest/gtest.h>

#include "support/programs.hpp"

namespace flowbench {
namespace {

TEST(States, UnsupportedKeepsTheLimitAndTheLargestSize) {
  const test::Folder folder;
  const test::Finished finished = test::run_program(
      test::flowbench_run({"--subjects", "unsupported", "--workloads", "plain", "--rounds", "1", "--tasks", "10"}),
      folder.path());
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const Json trial = test::latest_trials(folder.path()).at(0);
  EXPECT_EQ(trial["limit"], "fake.limit=7");
  EXPECT_EQ(trial["largest"], 7);
}

TEST(States, NoProcessIsStartedForWhatASubjectRefuses) {
  const test::Folder folder;
  const test::Finished finished = test::run_program(
      test::flowbench_run({"--subjects", "refuses", "--rounds", "5", "--tasks", "10"}), folder.path());
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const std::vector<Json> trials = test::latest_trials(folder.path());
  EXPECT_EQ(trials.size(), 2U) << "one line for each case, not one for each round";
  for (const Json& trial : trials) {
    EXPECT_EQ(trial["status"], "unsupported");
    EXPECT_EQ(trial["wall_ns"], 0);
    EXPECT_TRUE(trial["exit_code"].is_null());
    EXPECT_TRUE(trial["cpu_pressure_ns"].is_null());
  }
}

} // namespace
} // namespace flowbench
