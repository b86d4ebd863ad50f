// Ctrl-C in the middle of a run, and going on afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "executor/cgroup.hpp"
#include "support/programs.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;

std::vector<std::string> slow_run() {
  return test::flowbench_run({"--subjects", "honest,slow", "--workloads", "plain", "--tasks", "10,20", "--rounds", "4",
                              "--phases", "1", "--seed", "11"});
}

std::string trials_so_far(const fs::path& folder) {
  return fs::exists(folder / "results/latest/trials.jsonl") ? test::read_text(folder / "results/latest/trials.jsonl")
                                                            : "";
}

int lines_of(const std::string& text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

// Starts the run and interrupts it when some trials, but not all, are done.
test::Finished interrupted_run(const fs::path& folder, int signal) {
  test::Program program(slow_run(), folder);
  EXPECT_TRUE(test::eventually([&] { return lines_of(trials_so_far(folder)) >= 3; }));
  EXPECT_EQ(kill(program.pid(), signal), 0);
  return program.wait();
}

TEST(Interrupt, KeepsWhatIsFinishedAndSaysHowToGoOn) {
  const test::Folder folder;
  const test::Finished finished = interrupted_run(folder.path(), SIGINT);
  EXPECT_EQ(finished.exit_code, 130);
  EXPECT_THAT(finished.err, HasSubstr("go on with: flowbench run --resume results/"));
  const std::vector<Json> trials = test::latest_trials(folder.path());
  EXPECT_GE(trials.size(), 3U);
  EXPECT_LT(trials.size(), 16U);
  for (const Json& trial : trials) EXPECT_TRUE(trial["status"] == "ok" || trial["status"] == "cancelled") << trial;
  EXPECT_EQ(test::run_program(test::flowbench({"validate", "latest"}), folder.path()).exit_code, 0);
}

TEST(Interrupt, SigtermHasItsOwnExitCode) {
  const test::Folder folder;
  EXPECT_EQ(interrupted_run(folder.path(), SIGTERM).exit_code, 143);
}

TEST(Interrupt, TheTrialThatWasCutShortIsCancelled) {
  const test::Folder folder;
  test::Program program(
      test::flowbench_run({"--subjects", "hang", "--workloads", "plain", "--tasks", "7771", "--rounds", "1"}),
      folder.path());
  EXPECT_TRUE(test::eventually([] { return test::processes_with_argument("86400.7771") > 0; }));
  EXPECT_EQ(kill(program.pid(), SIGINT), 0);
  EXPECT_EQ(program.wait().exit_code, 130);
  EXPECT_EQ(test::latest_trials(folder.path()).at(0)["status"], "cancelled");
  EXPECT_EQ(test::processes_with_argument("86400.7771"), 0);
}

TEST(Interrupt, ASubjectDiesWithAKilledHarness) {
  const test::Folder folder;
  test::Program program(
      test::flowbench_run({"--subjects", "stops_itself", "--workloads", "plain", "--tasks", "7772", "--rounds", "1"}),
      folder.path(), {"TMPDIR=" + folder.path().string()});
  const auto processes = [] { return test::processes_with_argument("7772"); }; // flowbench and the subject
  EXPECT_TRUE(test::eventually([&] { return processes() == 2; }));
  EXPECT_EQ(kill(program.pid(), SIGKILL), 0);
  EXPECT_EQ(program.wait().exit_code, -SIGKILL);
  EXPECT_TRUE(test::eventually([&] { return processes() == 0; }));
}

TEST(Interrupt, TheNextRunClearsUpBehindAKilledHarness) {
  if (TrialCgroup(std::nullopt).birth_fd() < 0) GTEST_SKIP() << "no control group here to find orphans by";
  const test::Folder folder;
  const auto orphans = [] { return test::processes_with_argument("86400.7775"); };
  test::Program program(test::flowbench_run({"--subjects", "hang_with_daemon", "--workloads", "plain", "--tasks",
                                             "7775", "--rounds", "1"}),
                        folder.path(), {"TMPDIR=" + folder.path().string()});
  EXPECT_TRUE(test::eventually([&] { return orphans() == 1; }));
  EXPECT_EQ(kill(program.pid(), SIGKILL), 0);
  EXPECT_EQ(program.wait().exit_code, -SIGKILL);
  EXPECT_EQ(orphans(), 1) << "a daemon outlives flowbench";
  const test::Finished next = test::run_program(
      test::flowbench_run({"--subjects", "honest", "--workloads", "plain", "--rounds", "1"}), folder.path());
  EXPECT_EQ(next.exit_code, 0) << next.err;
  EXPECT_TRUE(test::eventually([&] { return orphans() == 0; }));
  test::kill_processes_with_argument("86400.7775");
}

TEST(Resume, CompletesTheSamePlan) {
  const test::Folder folder;
  EXPECT_EQ(interrupted_run(folder.path(), SIGINT).exit_code, 130);
  const std::string before = trials_so_far(folder.path());
  const test::Finished resumed = test::run_program(test::flowbench({"run", "--resume", "latest"}), folder.path());
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_TRUE(trials_so_far(folder.path()).starts_with(before)) << "what was there was changed";

  const test::Folder whole_folder;
  EXPECT_EQ(test::run_program(slow_run(), whole_folder.path()).exit_code, 0);
  EXPECT_EQ(test::latest_run(folder.path())["plan"], test::latest_run(whole_folder.path())["plan"]);
  std::map<int, std::string> done, whole;
  const auto place = [](const Json& trial) {
    return trial["subject"].get<std::string>() + " " + trial["round"].dump() + " " + trial["order"].dump() + " " +
           trial["tasks"].dump() + " " + trial["status"].get<std::string>();
  };
  for (const Json& trial : test::latest_trials(folder.path())) done[trial["trial"]] = place(trial);
  for (const Json& trial : test::latest_trials(whole_folder.path())) whole[trial["trial"]] = place(trial);
  EXPECT_EQ(done, whole);
}

TEST(Resume, DropsATornLineAloud) {
  const test::Folder folder;
  EXPECT_EQ(interrupted_run(folder.path(), SIGINT).exit_code, 130);
  test::write_text(folder.path() / "results/latest/trials.jsonl", trials_so_far(folder.path()) + "{\"v\":1,");
  const test::Finished resumed = test::run_program(test::flowbench({"run", "--resume", "latest"}), folder.path());
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("dropped the last line"));
  const test::Finished validated = test::run_program(test::flowbench({"validate", "latest"}), folder.path());
  EXPECT_EQ(validated.exit_code, 0);
  EXPECT_EQ(validated.err, "");
}

TEST(Resume, RefusesAnotherPlan) {
  const test::Folder folder;
  EXPECT_EQ(interrupted_run(folder.path(), SIGINT).exit_code, 130);
  const std::string before = trials_so_far(folder.path());
  const test::Finished resumed =
      test::run_program(test::flowbench({"run", "--resume", "latest", "--rounds", "5"}), folder.path());
  EXPECT_EQ(resumed.exit_code, 2);
  EXPECT_THAT(resumed.err, HasSubstr("plan: rounds: was 4, is now 5"));
  EXPECT_EQ(trials_so_far(folder.path()), before);
}

TEST(Resume, RefusesAnotherExecutable) {
  const test::Folder folder;
  fs::copy_file(fs::path(FLOWBENCH_FAKES) / "fake.sh", folder.path() / "fake.sh");
  (void)folder.write("mine", "#!/bin/sh\n. \"${0%/*}/fake.sh\"\n[ \"$phases\" -gt 0 ] && sleep 0.1\nhonest\n");
  fs::permissions(folder.path() / "mine", fs::perms::owner_all);
  (void)folder.write("m.json", R"({"v":1,"id":"mine","title":"t","language":"sh","command":["./mine"]})");
  test::Program program(test::flowbench_run({"--subjects", "mine", "--subject", "m.json", "--workloads", "plain",
                                             "--tasks", "10", "--rounds", "30", "--phases", "1"}),
                        folder.path());
  EXPECT_TRUE(test::eventually([&] { return lines_of(trials_so_far(folder.path())) >= 2; }));
  EXPECT_EQ(kill(program.pid(), SIGINT), 0);
  EXPECT_EQ(program.wait().exit_code, 130);
  test::write_text(folder.path() / "mine", test::read_text(folder.path() / "mine") + "# changed\n");
  const test::Finished resumed = test::run_program(test::flowbench({"run", "--resume", "latest"}), folder.path());
  EXPECT_EQ(resumed.exit_code, 2);
  EXPECT_THAT(resumed.err, HasSubstr("subjects: mine: sha256"));
}

} // namespace
} // namespace flowbench
