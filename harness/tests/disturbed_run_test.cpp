// flowbench on a machine that is not left alone, with disturbances that are made for the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "cpus.hpp"
#include "executor/cgroup.hpp"
#include "machine_lock.hpp"
#include "support/programs.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// One trial of the subject of fake.json on one CPU, in which only one kind of disturbance counts.
std::vector<std::string> one_trial(const std::string& only) {
  std::vector<std::string> tolerated;
  for (const std::string kind : {"steal", "throttling", "others", "swap", "memory-pressure", "io-pressure", "clocks"}) {
    if (kind != only) tolerated.push_back(kind);
  }
  return test::flowbench_run({"--subject", "fake.json", "--subjects", "mine", "--workloads", "plain", "--tasks", "10",
                              "--rounds", "1", "--phases", "1", "--affinity", std::to_string(allowed_cpus().front()),
                              "--tolerate", join(tolerated, ","), "--retries", "1"});
}

void write_manifest(const test::Folder& folder, const std::string& fake) {
  (void)folder.write("fake.json", R"({"v":1,"id":"mine","title":"t","language":"sh","command":[")" +
                                      std::string(FLOWBENCH_FAKES) + "/" + fake + R"("]})");
}

void expect_contaminated(const test::Finished& finished, const fs::path& folder, const std::string& reason) {
  EXPECT_EQ(finished.exit_code, 3) << finished.err << finished.out;
  const std::vector<Json> trials = test::latest_trials(folder);
  EXPECT_EQ(trials.size(), 2U) << "one run again, and both kept";
  for (const Json& trial : trials) {
    EXPECT_EQ(trial["trial"], 0);
    EXPECT_EQ(trial["status"], "contaminated");
    EXPECT_THAT(trial["reason"].get<std::string>(), HasSubstr(reason));
  }
  EXPECT_EQ(test::run_program(test::flowbench({"validate", "latest"}), folder).exit_code, 0);
}

TEST(DisturbedRun, AnotherProcessOnTheCpuOfATrial) {
  const test::Folder folder;
  write_manifest(folder, "slow");
  const test::Folder elsewhere;
  test::Program burner({"taskset", "-c", std::to_string(allowed_cpus().front()), "sh", "-c", "while :; do :; done"},
                       elsewhere.path());
  const test::Finished finished = test::run_program(one_trial("others"), folder.path());
  expect_contaminated(finished, folder.path(), "other processes used");
  std::vector<std::string> tolerant = one_trial("others");
  tolerant.insert(tolerant.end(), {"--tolerate", "all"});
  const test::Finished tolerated = test::run_program(tolerant, folder.path());
  EXPECT_EQ(tolerated.exit_code, 0) << tolerated.err << tolerated.out;
  EXPECT_GT(test::latest_trials(folder.path()).at(0)["others_cpu_ns"], 50'000'000U) << "recorded all the same";
}

// A control group that gives its processes a tenth of a CPU, where this machine lets us make one.
class SmallQuota {
 public:
  SmallQuota() {
    const std::optional<fs::path> own = own_cgroup("cpu");
    if (!own) return;
    folder_ = *own / ("flowbench_test_quota_" + std::to_string(getpid()));
    if (mkdir(folder_.c_str(), 0755) != 0) {
      folder_.clear();
      return;
    }
    given_ = (std::ofstream(folder_ / "cpu.cfs_period_us") << 50'000).flush() &&
             (std::ofstream(folder_ / "cpu.cfs_quota_us") << 10'000).flush();
  }
  SmallQuota(const SmallQuota&) = delete;
  SmallQuota& operator=(const SmallQuota&) = delete;
  ~SmallQuota() {
    if (!folder_.empty()) test::eventually([&] { return rmdir(folder_.c_str()) == 0; });
  }
  [[nodiscard]] bool given() const { return given_; }
  [[nodiscard]] std::string procs() const { return (folder_ / "cgroup.procs").string(); }

 private:
  fs::path folder_;
  bool given_ = false;
};

TEST(DisturbedRun, AQuotaThatHoldsATrialBack) {
  const SmallQuota quota;
  if (!quota.given()) GTEST_SKIP() << "cannot make a control group with a CPU quota (version 1, as root)";
  const test::Folder folder;
  write_manifest(folder, "spins");
  std::vector<std::string> command{"sh", "-c", "echo $$ > \"$0\" && exec \"$@\"", quota.procs()};
  const std::vector<std::string> run = one_trial("throttling");
  command.insert(command.end(), run.begin(), run.end());
  expect_contaminated(test::run_program(command, folder.path()), folder.path(), "a CPU quota held it back");
}

// A run of the workload whose tasks must all be in flight at once, by a subject that manages it after `failures` attempts.
test::Finished run_of_naps(const test::Folder& folder, const std::string& failures) {
  (void)folder.write("fake.json", R"({"v":1,"id":"mine","title":"t","language":"sh","command":[")" +
                                      std::string(FLOWBENCH_FAKES) + R"(/naps_at_last",")" +
                                      (folder.path() / "attempts").string() + R"(",")" + failures + R"("]})");
  return test::run_program(
      test::flowbench_run({"--subject", "fake.json", "--subjects", "mine", "--workloads", "nap", "--tasks", "10",
                           "--rounds", "1", "--phases", "1", "--tolerate", "all"}),
      folder.path());
}

std::vector<std::string> statuses(const test::Folder& folder) {
  std::vector<std::string> found;
  for (const Json& trial : test::latest_trials(folder.path())) {
    EXPECT_EQ(trial["trial"], 0);
    found.push_back(trial["status"]);
  }
  return found;
}

TEST(DisturbedRun, AMistimedTrialIsRunAgainAndKept) {
  const test::Folder folder;
  const test::Finished finished = run_of_naps(folder, "2");
  EXPECT_EQ(finished.exit_code, 0) << finished.err << finished.out;
  EXPECT_EQ(statuses(folder), (std::vector<std::string>{"mistimed", "mistimed", "ok"}));
  EXPECT_EQ(test::run_program(test::flowbench({"validate", "latest"}), folder.path()).exit_code, 0);
}

TEST(DisturbedRun, ACaseThatIsMistimedEachTimeHasFailed) {
  const test::Folder folder;
  const test::Finished finished = run_of_naps(folder, "99");
  EXPECT_EQ(finished.exit_code, 1) << finished.err << finished.out;
  EXPECT_EQ(statuses(folder), std::vector<std::string>(3, "mistimed"));
  EXPECT_THAT(finished.out, HasSubstr("not all tasks were in flight at once"));
  EXPECT_EQ(test::run_program(test::flowbench({"validate", "latest"}), folder.path()).exit_code, 0);
}

TEST(DisturbedRun, EveryTrialSaysWhatTheMachineDid) {
  const test::Folder folder;
  const test::Finished finished = test::run_program(
      test::flowbench_run({"--subjects", "honest", "--workloads", "plain", "--rounds", "1"}), folder.path());
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  for (const Json& trial : test::latest_trials(folder.path())) {
    EXPECT_TRUE(trial["others_cpu_ns"].is_number_unsigned()) << trial;
    EXPECT_LT(trial["clock_error_ns"], 1'000'000'000U) << trial;
    EXPECT_EQ(trial.contains("swap_in_bytes"), trial.contains("swap_out_bytes"));
  }
  const Json environment = test::latest_run(folder.path())["environment"];
  EXPECT_GE(environment["checks"].size(), 19U);
}

TEST(Doctor, PrintsEveryCheckAndFailsWhenOneIsBad) {
  const test::Folder folder;
  const MachineLock lock(folder.path() / "lock", false);
  const test::Finished finished = test::run_program(test::flowbench({"doctor", "--lock", "lock"}), folder.path());
  EXPECT_EQ(finished.exit_code, 3) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("bad      lock: another flowbench measures (pid " + std::to_string(getpid())));
  EXPECT_THAT(finished.out, HasSubstr("-> wait for it to end"));
  for (const char* id : {"others: ", "governor: ", "thermal: ", "swap: ", "steal: "}) {
    EXPECT_THAT(finished.out, HasSubstr(id));
  }
}

TEST(Doctor, ItsExitCodeIsTheVerdictOfItsJson) {
  const test::Folder folder;
  const test::Finished finished =
      test::run_program(test::flowbench({"doctor", "--json", "--watch", "0.05"}), folder.path());
  const Json document = Json::parse(finished.out);
  bool bad = false;
  for (const Json& check : document["environment"]["checks"]) {
    bad = bad || check["verdict"] == "bad";
    if (check["id"] == "others") {
      EXPECT_NE(check["seen"], "nobody watched");
    }
  }
  EXPECT_EQ(finished.exit_code, bad ? 3 : 0);
  EXPECT_EQ(document["verdict"] == "bad", bad);
}

std::vector<std::string> hanging_run(const std::string& mark, const std::string& seconds) {
  return test::flowbench_run({"--subjects", "hang", "--workloads", "plain", "--tasks", mark, "--rounds", "1",
                              "--timeout", seconds, "--lock", "../lock"});
}

TEST(MachineWideLock, TheSecondOneSaysWhoMeasuresOrWaits) {
  const test::Folder folder;
  for (const char* name : {"one", "two"}) fs::create_directory(folder.path() / name);
  test::Program first(hanging_run("7781", "2"), folder.path() / "one");
  ASSERT_TRUE(test::eventually([] { return test::processes_with_argument("86400.7781") > 0; }));
  std::vector<std::string> second =
      test::flowbench_run({"--subjects", "honest", "--workloads", "plain", "--rounds", "1", "--lock", "../lock"});
  const test::Finished refused = test::run_program(second, folder.path() / "two");
  EXPECT_EQ(refused.exit_code, 75);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("pid " + std::to_string(first.pid())), HasSubstr("--wait")));
  EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1);
  EXPECT_FALSE(fs::exists(folder.path() / "two/results"));
  second.emplace_back("--wait");
  const test::Finished waited = test::run_program(second, folder.path() / "two");
  EXPECT_EQ(waited.exit_code, 0) << waited.err;
  EXPECT_THAT(waited.err, HasSubstr("(pid " + std::to_string(first.pid()) + ") is measuring"));
  EXPECT_EQ(first.wait().exit_code, 1);
}

TEST(MachineWideLock, IsNotTakenByADryRun) {
  const test::Folder folder;
  const MachineLock lock(folder.path() / "lock", false);
  const test::Finished finished =
      test::run_program(test::flowbench_run({"--dry-run", "--subjects", "honest", "--lock", "lock"}), folder.path());
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
}

TEST(CalibratedRun, KeepsItsCalibrationsAndValidatesThem) {
  const test::Folder folder;
  const test::Finished finished =
      test::run_program(test::flowbench_run({"--subjects", "honest", "--workloads", "plain", "--rounds", "2", "--tasks",
                                             "10", "--calibrate", "2"}),
                        folder.path());
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const fs::path file = folder.path() / "results/latest/calibration.jsonl";
  const std::vector<std::string> lines = split(test::read_text(file), '\n');
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(Json::parse(lines[0])["at"], "start");
  EXPECT_EQ(Json::parse(lines[1])["at"], "middle");
  EXPECT_EQ(Json::parse(lines[2])["at"], "end");
  EXPECT_EQ(Json::parse(lines[2])["times_ns"].size(), 2U);
  const std::vector<std::string> validate = test::flowbench({"validate", "latest"});
  EXPECT_EQ(test::run_program(validate, folder.path()).exit_code, 0);
  test::write_text(file, lines[0] + "\n{}\n");
  const test::Finished broken = test::run_program(validate, folder.path());
  EXPECT_EQ(broken.exit_code, 2);
  EXPECT_THAT(broken.err, HasSubstr("calibration.jsonl line 2"));
}

} // namespace
} // namespace flowbench
