// Every state of the contract, produced by a fake subject under tests/subjects and asserted through flowbench itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "executor/cgroup.hpp"
#include "failure.hpp"
#include "status.hpp"
#include "support/programs.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;

struct Expected {
  const char* subject;
  const char* workload;
  const char* status;
  const char* reason; // a part of it
};

// Out of memory, cancelled and contaminated need conditions of their own: below, interrupt_test and session_test.
const std::vector<Expected> table{
    {"honest", "plain", "ok", ""},
    {"slow", "plain", "ok", ""},
    {"noisy", "plain", "ok", ""},
    {"mute", "plain", "ok", ""},
    {"flood_stdout", "plain", "ok", ""},
    {"tiny", "plain", "ok", ""},
    {"naps", "nap", "ok", ""},
    {"liar_answer", "plain", "wrong_answer", "answer is 1, expected "},
    {"liar_completed", "plain", "wrong_answer", "completed is 540, expected 541"},
    {"liar_time", "plain", "wrong_answer", "longer than the whole process"},
    {"liar_cpu", "plain", "wrong_answer", "more CPU time than the whole process"},
    {"no_time", "plain", "wrong_answer", "wall_ns of sample 0 is 0"},
    {"few_samples", "plain", "wrong_answer", "number of samples is 1, expected 2"},
    {"many_samples", "plain", "wrong_answer", "number of samples is 3, expected 2"},
    {"early_sleep", "nap", "wrong_answer", "is 9000000, below the "},
    {"early_wakes", "nap", "wrong_answer", "before they were due"},
    {"naps_in_turn", "nap", "wrong_answer", "max_in_flight of sample 0 is 1, expected 541"},
    {"no_lateness", "nap", "wrong_answer", "histogram lateness_ns is missing"},
    {"crash", "plain", "crashed", "signal 11 (SIGSEGV): about to crash"},
    {"abort", "plain", "crashed", "signal 6 (SIGABRT)"},
    {"exit_nonzero", "plain", "crashed", "exit code 3: could not say goodbye"},
    {"hang", "plain", "timed_out", "still running at the time limit"},
    {"ignores_term", "plain", "timed_out", "still running at the time limit"},
    {"stops_itself", "plain", "timed_out", "still running at the time limit"},
    {"hang_with_daemon", "plain", "timed_out", "still running at the time limit"},
    {"silent", "plain", "protocol_error", "it wrote no record"},
    {"garbage", "plain", "protocol_error", "line 2: not JSON"},
    {"truncated", "plain", "protocol_error", "line 4: is cut off"},
    {"duplicate_done", "plain", "protocol_error", "done after done"},
    {"other_workload", "plain", "protocol_error", "was not asked"},
    {"closes_result", "plain", "protocol_error", "without done"},
    {"flood_result", "plain", "protocol_error", "more than 16 MiB"},
    {"long_record", "plain", "protocol_error", "line 2: longer than 1 MiB"},
    {"unsupported", "plain", "unsupported", "no more than 7 tasks"},
    {"refuses", "plain", "unsupported", "it was never written"},
    {"broken_build", "plain", "not_built", "its compiler was not found"},
    {"missing", "plain", "not_built", "does not exist"},
    {"not_executable", "plain", "launch_failed", "Permission denied"},
    {"no_interpreter", "plain", "launch_failed", "interpreter"},
    {"daemon", "plain", "leaked_processes", " (pid "},
    {"holds_pipe", "plain", "leaked_processes", " (pid "},
};

std::string subjects_of_table() {
  std::string list;
  for (const Expected& expected : table) list += (list.empty() ? "" : ",") + std::string(expected.subject);
  return list;
}

TEST(States, EveryFakeEndsInItsState) {
  const test::Folder folder;
  const test::Finished finished =
      test::run_program(test::flowbench_run({"--subjects", subjects_of_table(), "--tasks", "541", "--phases", "2",
                                             "--rounds", "1", "--workers", "2", "--timeout", "3", "--seed", "1"}),
                        folder.path());
  EXPECT_EQ(finished.exit_code, 1) << finished.err;

  std::map<std::pair<std::string, std::string>, Json> trials;
  for (const Json& trial : test::latest_trials(folder.path())) {
    const bool first = trials.emplace(std::pair(trial["subject"], trial["workload"]), trial).second;
    EXPECT_TRUE(first || trial["status"] != "ok") << trial;
  }
  for (const Expected& expected : table) {
    const auto found = trials.find({expected.subject, expected.workload});
    ASSERT_NE(found, trials.end()) << expected.subject;
    const Json& trial = found->second;
    EXPECT_EQ(trial["status"], expected.status) << trial;
    EXPECT_THAT(trial["reason"].get<std::string>(), HasSubstr(expected.reason)) << expected.subject;
    EXPECT_EQ(
        trial.contains("log") && fs::exists(folder.path() / "results/latest" / trial["log"].get<std::string>()),
        expected.status != std::string("ok") && trial["stdout_bytes"].get<int>() + trial["stderr_bytes"].get<int>() > 0)
        << trial;
  }
  EXPECT_EQ(test::processes_with_argument("86400.541"), 0) << "something was left behind";

  const test::Finished validated = test::run_program(test::flowbench({"validate", "latest"}), folder.path());
  EXPECT_EQ(validated.exit_code, 0) << validated.err;
}

TEST(States, TheTableHasEveryStateThatNeedsNoConditionsOfItsOwn) {
  std::set<std::string> seen;
  for (const Expected& expected : table) seen.insert(expected.status);
  for (const std::string_view status : status_names) {
    const bool elsewhere = status == "out_of_memory" || status == "cancelled" || status == "contaminated";
    EXPECT_EQ(seen.contains(std::string(status)), !elsewhere) << status;
  }
}

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

TEST(States, OutOfMemoryIsTheKernelsWord) {
  try {
    const TrialCgroup probe(64U << 20U);
  } catch (const EnvironmentFailure& failure) {
    GTEST_SKIP() << "no control group for memory: " << failure.what();
  }
  const test::Folder folder;
  const test::Finished finished =
      test::run_program(test::flowbench_run({"--subjects", "oom,tiny", "--workloads", "plain", "--rounds", "1",
                                             "--tasks", "10", "--memory-limit", "64m"}),
                        folder.path());
  EXPECT_EQ(finished.exit_code, 1) << finished.err;
  std::map<std::string, std::string> states;
  for (const Json& trial : test::latest_trials(folder.path())) states[trial["subject"]] = trial["status"];
  EXPECT_EQ(states["oom"], "out_of_memory");
  EXPECT_EQ(states["tiny"], "ok");
}

TEST(States, SigkillAloneIsNoProofOfWantOfMemory) {
  const test::Folder folder;
  (void)folder.write("m.json",
                     R"({"v":1,"id":"suicide","title":"t","language":"sh","command":["sh","-c","kill -KILL $$"]})");
  const test::Finished finished =
      test::run_program(test::flowbench_run({"--subjects", "suicide", "--subject", "m.json", "--workloads", "plain",
                                             "--rounds", "1", "--tasks", "10"}),
                        folder.path());
  EXPECT_EQ(finished.exit_code, 1) << finished.err;
  EXPECT_EQ(test::latest_trials(folder.path()).at(0)["status"], "crashed");
}

} // namespace
} // namespace flowbench
