// `flowbench pair` as its users meet it. base and candidate are folders of fakes of the test's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <sstream>

#include "machine_lock.hpp"
#include "support/programs.hpp"

namespace flowbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Two builds: each has a catalog and fake subjects.
class TwoBuilds {
 public:
  TwoBuilds() {
    for (const char* arm : {"base", "candidate"}) {
      fs::create_directories(subjects(arm));
      fs::copy_file(fs::path(FLOWBENCH_FAKES) / "fake.sh", subjects(arm) / "fake.sh");
      add(arm, "honest", "honest");
    }
    set_catalog("base", {"honest"});
    set_catalog("candidate", {"honest"});
  }

  [[nodiscard]] const fs::path& path() const { return folder_.path(); }
  [[nodiscard]] fs::path subjects(const std::string& arm) const { return path() / arm / "subjects"; }

  /// A subject whose body is `commands` of fake.sh.
  void add(const std::string& arm, const std::string& id, const std::string& commands) const {
    const fs::path file = subjects(arm) / id;
    test::write_text(file, "#!/bin/sh\n. \"${0%/*}/fake.sh\"\n" + commands + "\n");
    fs::permissions(file, fs::perms::owner_all);
  }

  /// The first of `ids` is the oracle. `task` is what the workload "plain" does.
  void set_catalog(const std::string& arm, const std::vector<std::string>& ids, const std::string& task = "nothing",
                   const std::string& more_workloads = "") const {
    std::string rows;
    for (const std::string& id : ids) {
      rows += std::string(rows.empty() ? "" : ",") + R"({"id":")" + id + R"(","title":"t","language":"sh","note":"")" +
              (rows.empty() ? R"(,"oracle":true,"control":true})" : "}");
    }
    test::write_text(path() / arm / "catalog.json",
                     R"({"v":1,"tasks":[10,20],"workloads":[{"id":"plain","title":"t","task":")" + task +
                         R"(","holds":"h","answer":"a"})" + more_workloads + R"(],"subjects":[)" + rows + "]}");
  }

  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& arguments) const {
    std::vector<std::string> words = test::flowbench(
        {"pair", "--base-subjects", subjects("base").string(), "--base-catalog",
         (path() / "base/catalog.json").string(), "--candidate-subjects", subjects("candidate").string(), "--catalog",
         (path() / "candidate/catalog.json").string(), "--out", "results/look-1", "--phases", "1"});
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
  }

  [[nodiscard]] test::Finished run(const std::vector<std::string>& arguments) const {
    return test::run_program(command(arguments), path());
  }

  [[nodiscard]] Json document(const std::string& arm) const {
    return Json::parse(test::read_text(path() / "results/look-1" / arm / "run.json"));
  }

  /// The lines of trials.jsonl of an arm; each gets its "arm".
  [[nodiscard]] std::vector<Json> trials(const std::string& arm) const {
    std::vector<Json> trials;
    std::istringstream lines(test::read_text(path() / "results/look-1" / arm / "trials.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      trials.push_back(Json::parse(line));
      trials.back()["arm"] = arm;
    }
    return trials;
  }

  /// Those of both arms in the order in which they were started.
  [[nodiscard]] std::vector<Json> trials_in_time() const {
    std::vector<Json> all = trials("base"), more = trials("candidate");
    all.insert(all.end(), more.begin(), more.end());
    std::sort(all.begin(), all.end(), [](const Json& a, const Json& b) {
      return a["started"].get<std::uint64_t>() < b["started"].get<std::uint64_t>();
    });
    return all;
  }

  [[nodiscard]] test::Finished validate(const std::string& arm) const {
    return test::run_program(test::flowbench({"validate", (path() / "results/look-1" / arm).string()}), path());
  }

 private:
  test::Folder folder_;
};

TEST(Pair, IsCalibratedOnceForBothArmsAndJudgesTheMachine) {
  const TwoBuilds builds;
  const test::Finished finished = builds.run({"--rounds", "1", "--calibrate", "1", "--watch", "0.01"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const auto calibrations = [&](const char* arm) {
    return test::read_text(builds.path() / "results/look-1" / arm / "calibration.jsonl");
  };
  EXPECT_EQ(calibrations("base"), calibrations("candidate"));
  EXPECT_THAT(calibrations("base"), AllOf(HasSubstr("start"), HasSubstr("middle"), HasSubstr("end")));
  EXPECT_EQ(builds.validate("candidate").exit_code, 0);
  EXPECT_GE(builds.document("base")["environment"]["checks"].size(), 19U);
}

TEST(Pair, WaitsForNobodyWhoMeasuresUnlessItIsTold) {
  const TwoBuilds builds;
  const MachineLock lock(builds.path() / "lock", false);
  const test::Finished finished = builds.run({"--rounds", "1", "--lock", "lock"});
  EXPECT_EQ(finished.exit_code, 75);
  EXPECT_THAT(finished.err, HasSubstr("pid " + std::to_string(getpid())));
  EXPECT_FALSE(fs::exists(builds.path() / "results"));
}

TEST(Pair, LeavesTwoOrdinaryRunsThatNameEachOther) {
  const TwoBuilds builds;
  const test::Finished finished = builds.run({"--rounds", "2", "--seed", "5", "--base-title", "main"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const Json base = builds.document("base"), candidate = builds.document("candidate");
  EXPECT_EQ(base["pair"]["arm"], "base");
  EXPECT_EQ(base["pair"]["title"], "main");
  EXPECT_EQ(candidate["pair"], (Json{{"id", base["pair"]["id"]}, {"arm", "candidate"}}));
  EXPECT_NE(base["id"], candidate["id"]);
  EXPECT_EQ(base["seed"], "5");
  EXPECT_EQ(base["subjects"][0]["control"], true);
  EXPECT_EQ(base["subjects"][0]["sha256"], candidate["subjects"][0]["sha256"]);
  EXPECT_EQ(base["answer_seed"], candidate["answer_seed"]);
  for (const char* arm : {"base", "candidate"}) {
    const test::Finished validated = builds.validate(arm);
    EXPECT_EQ(validated.exit_code, 0) << validated.err;
    EXPECT_THAT(validated.out, HasSubstr("4 of 4 trials finished"));
  }
  EXPECT_THAT(finished.out, HasSubstr("base (main):\n"));
  EXPECT_THAT(finished.out, HasSubstr("candidate:\n"));
  EXPECT_FALSE(fs::exists(builds.path() / "results/latest")) << "half of a pair is not the newest run";
}

TEST(Pair, TakesFoldersThatAreRelativeToWhereItWasCalled) {
  const TwoBuilds builds;
  std::vector<std::string> words = test::flowbench(
      {"pair", "--base-subjects", "base/subjects", "--base-catalog", "base/catalog.json", "--candidate-subjects",
       "candidate/subjects", "--catalog", "candidate/catalog.json", "--out", "results/look-1", "--rounds", "1"});
  const test::Finished finished = test::run_program(words, builds.path());
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  for (const char* arm : {"base", "candidate"}) {
    for (const Json& trial : builds.trials(arm)) EXPECT_EQ(trial["status"], "ok") << trial;
  }
}

TEST(Pair, RunsTheArmsInTurns) {
  const TwoBuilds builds;
  ASSERT_EQ(builds.run({"--rounds", "4", "--seed", "5", "--tasks", "10,20,30"}).exit_code, 0);
  const std::vector<Json> trials = builds.trials_in_time();
  ASSERT_EQ(trials.size(), 2U * 3U * 4U);
  for (std::size_t place = 0; place < trials.size(); place += 2) {
    const Json &first = trials[place], &second = trials[place + 1];
    for (const char* key : {"round", "order", "subject", "workload", "tasks"}) EXPECT_EQ(first[key], second[key]);
    const unsigned index = first["tasks"].get<unsigned>() / 10 - 1;
    const bool base_first = (first["round"].get<unsigned>() + index) % 2 == 0;
    EXPECT_EQ(first["arm"], base_first ? "base" : "candidate");
    EXPECT_EQ(second["arm"], base_first ? "candidate" : "base");
  }
}

TEST(Pair, TheStoredCommandRepeatsIt) {
  const TwoBuilds builds;
  ASSERT_EQ(builds.run({"--rounds", "2"}).exit_code, 0);
  std::vector<std::string> command = builds.document("candidate")["command"];
  command[0] = FLOWBENCH_PROGRAM;
  command.insert(command.end(), {"--out", "results/again"});
  const test::Finished again = test::run_program(command, builds.path());
  EXPECT_EQ(again.exit_code, 0) << again.err;
  const Json repeated = Json::parse(test::read_text(builds.path() / "results/again/base/run.json"));
  EXPECT_EQ(repeated["plan"], builds.document("base")["plan"]);
  EXPECT_EQ(repeated["command"], builds.document("base")["command"]);
  EXPECT_NE(repeated["pair"]["id"], builds.document("base")["pair"]["id"]);
}

TEST(Pair, DryRunPrintsBothPlansInOneOrderAndMakesNothing) {
  const TwoBuilds builds;
  const test::Finished first = builds.run({"--dry-run", "--rounds", "2", "--seed", "7"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("base\tround 0\thonest/plain/10\t1 phase\n"));
  EXPECT_THAT(first.out, HasSubstr("candidate\tround 1\thonest/plain/20\t1 phase\n"));
  EXPECT_EQ(std::count(first.out.begin(), first.out.end(), '\n'), 2 * 2 * 2);
  EXPECT_EQ(builds.run({"--dry-run", "--rounds", "2", "--seed", "7"}).out, first.out);
  EXPECT_FALSE(fs::exists(builds.path() / "results"));
}

TEST(Pair, ACaseOfOneArmOnlyIsMeasuredAlone) {
  const TwoBuilds builds;
  builds.add("candidate", "fresh", "honest");
  builds.set_catalog("candidate", {"honest", "fresh"});
  const test::Finished finished = builds.run({"--rounds", "2", "--subjects", "honest,fresh", "--tasks", "10"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(builds.trials("base").size(), 2U);
  EXPECT_EQ(builds.trials("candidate").size(), 4U);
  for (const char* arm : {"base", "candidate"}) EXPECT_EQ(builds.validate(arm).exit_code, 0);
}

TEST(Pair, AnArmWithoutAnyCaseIsAnEmptyRun) {
  const TwoBuilds builds;
  builds.add("candidate", "fresh", "honest");
  builds.set_catalog("candidate", {"honest", "fresh"});
  const test::Finished finished = builds.run({"--rounds", "2", "--subjects", "fresh", "--tasks", "10"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_TRUE(builds.trials("base").empty());
  EXPECT_EQ(builds.trials("candidate").size(), 2U);
  EXPECT_EQ(builds.validate("base").exit_code, 0);
}

TEST(Pair, AManifestThatOnlyOneBuildLeftIsASubjectOfThatArm) {
  const TwoBuilds builds;
  const std::string manifest = R"({"v":1,"id":"mine","title":"t","language":"sh","command":["./mine"]})";
  builds.add("candidate", "mine", "honest");
  test::write_text(builds.subjects("candidate") / "mine.json", manifest);
  ASSERT_EQ(builds.run({"--subject", "mine", "--rounds", "1", "--tasks", "10"}).exit_code, 0);
  EXPECT_EQ(builds.document("base")["subjects"].size(), 1U);
  EXPECT_EQ(builds.document("candidate")["subjects"].size(), 2U);

  fs::remove_all(builds.path() / "results");
  fs::rename(builds.subjects("candidate") / "mine.json", builds.subjects("base") / "mine.json");
  builds.add("base", "mine", "honest # an older one");
  ASSERT_EQ(builds.run({"--subject", "mine", "--rounds", "1", "--tasks", "10"}).exit_code, 0);
  EXPECT_EQ(builds.document("base")["subjects"].size(), 2U);
  EXPECT_EQ(builds.document("candidate")["subjects"].size(), 1U);

  test::write_text(builds.subjects("candidate") / "mine.json", manifest);
  fs::remove_all(builds.path() / "results");
  ASSERT_EQ(builds.run({"--subject", "mine", "--rounds", "1", "--tasks", "10"}).exit_code, 0);
  EXPECT_EQ(builds.document("base")["subjects"][1]["command"][0], (builds.subjects("base") / "mine").string());
  EXPECT_EQ(builds.document("candidate")["subjects"][1]["command"][0],
            (builds.subjects("candidate") / "mine").string());
}

TEST(Pair, EachArmIsCheckedByItsOwnOracle) {
  const TwoBuilds builds;
  builds.add("candidate", "honest", "hello; samples \"$phases\"; finish 7");
  const test::Finished finished = builds.run({"--rounds", "1", "--tasks", "10"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(builds.document("candidate")["oracle"][0]["answer"], "7");
  EXPECT_EQ(builds.document("base")["oracle"][0]["answer"], builds.document("base")["answer_seed"]);
  EXPECT_EQ(builds.trials("candidate").at(0)["status"], "ok");
  EXPECT_EQ(builds.trials("candidate").at(0)["answer"], "7");
}

TEST(Pair, AFailureInEitherArmFailsThePair) {
  for (const char* arm : {"base", "candidate"}) {
    const TwoBuilds builds;
    for (const char* other : {"base", "candidate"}) {
      builds.add(other, "work", other == std::string(arm) ? "echo boom >&2; exit 3" : "honest");
      builds.set_catalog(other, {"honest", "work"});
    }
    const test::Finished finished = builds.run({"--rounds", "1", "--tasks", "10"});
    EXPECT_EQ(finished.exit_code, 1) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(std::string(arm) + " work/plain/10 round 0: crashed"));
    for (const char* other : {"base", "candidate"}) {
      const fs::path logs = builds.path() / "results/look-1" / other / "logs";
      EXPECT_EQ(fs::exists(logs), other == std::string(arm)) << logs;
    }
  }
}

TEST(Pair, CatalogsThatDisagreeAboutAWorkloadAreRefused) {
  const TwoBuilds builds;
  builds.set_catalog("candidate", {"honest"}, "something");
  const test::Finished finished = builds.run({"--rounds", "1"});
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.err, HasSubstr("the arms' catalogs disagree about 'task' of the workload plain"));
  EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1);
  EXPECT_FALSE(fs::exists(builds.path() / "results"));
}

TEST(Pair, AWorkloadOfOneCatalogOnlyIsNoDisagreement) {
  const TwoBuilds builds;
  builds.set_catalog("candidate", {"honest"}, "nothing",
                     R"(,{"id":"nap","title":"t","task":"t","holds":"h","answer":"a"})");
  const test::Finished finished = builds.run({"--rounds", "1", "--tasks", "10"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(builds.trials("base").size(), 1U);
  EXPECT_EQ(builds.trials("candidate").size(), 2U);
}

TEST(Pair, NothingElseMeasuresIntoTheSameResultsMeanwhile) {
  const TwoBuilds builds;
  for (const char* arm : {"base", "candidate"}) {
    builds.add(arm, "honest", "[ \"$phases\" -gt 0 ] && sleep 0.05\nhonest");
  }
  test::Program pair(builds.command({"--rounds", "200", "--tasks", "10", "--out", "results/gate/look-1"}),
                     builds.path());
  EXPECT_TRUE(test::eventually([&] { return fs::exists(builds.path() / "results/gate/look-1/candidate/run.json"); }));
  const fs::path elsewhere = builds.path() / "elsewhere";
  fs::create_directory(elsewhere);
  const std::string results = (builds.path() / "results").string();
  for (const std::vector<std::string>& command :
       {test::flowbench_run({"--subjects", "honest", "--rounds", "1", "--results", results}),
        builds.command({"--results", results, "--out", results + "/gate/look-2"})}) {
    const test::Finished second = test::run_program(command, elsewhere);
    EXPECT_EQ(second.exit_code, 75);
    EXPECT_THAT(second.err, HasSubstr("another flowbench (pid " + std::to_string(pair.pid()) + ")"));
  }
  EXPECT_EQ(kill(pair.pid(), SIGINT), 0);
  EXPECT_EQ(pair.wait().exit_code, 130);
}

TEST(Pair, UserErrorsAreOneLineAndExitWith2) {
  const TwoBuilds builds;
  test::write_text(builds.path() / "taken/base/file", "x");
  const std::vector<std::pair<std::vector<std::string>, std::string>> errors{
      {{"--base-subjects", "nowhere"}, "nowhere is no folder, so there is no subject of base"},
      {{"--candidate-subjects", "nowhere"}, "nowhere is no folder, so there is no subject of candidate"},
      {{"--base-catalog", "none.json"}, "cannot read none.json"},
      {{"--subjects", "hnoest"}, "did you mean honest?"},
      {{"--filter", "nothing_like_it"}, "no case matches"},
      {{"--filter", "("}, "not a regular expression"},
      {{"--subject", "none.json"}, "cannot read"},
      {{"--out", "taken"}, "taken/base exists and is not empty"},
  };
  for (const auto& [arguments, part] : errors) {
    const test::Finished finished = builds.run(arguments);
    EXPECT_EQ(finished.exit_code, 2) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(part));
    EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << finished.err;
  }
}

TEST(Pair, AnOracleThatIsNotBuiltIsNamedWithItsArm) {
  const TwoBuilds builds;
  test::write_text(builds.subjects("base") / "honest.not_built", "no compiler\n");
  const test::Finished finished = builds.run({"--rounds", "1"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("base: the oracle honest is not built"));
}

TEST(Pair, AnOracleWithoutAnAnswerIsNamedWithItsArm) {
  const TwoBuilds builds;
  builds.add("candidate", "honest", "exit 3");
  const test::Finished finished = builds.run({"--rounds", "1"});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("candidate: the oracle honest gives no answer for plain"));
  EXPECT_FALSE(fs::exists(builds.path() / "results/look-1"));
}

TEST(Pair, AnInterruptKeepsBothArmsAndSaysToRepeat) {
  const TwoBuilds builds;
  for (const char* arm : {"base", "candidate"}) {
    builds.add(arm, "honest", "[ \"$phases\" -gt 0 ] && sleep 0.05\nhonest");
  }
  test::Program program(builds.command({"--rounds", "200", "--tasks", "10"}), builds.path());
  const fs::path of_candidate = builds.path() / "results/look-1/candidate/trials.jsonl";
  EXPECT_TRUE(test::eventually([&] { return fs::exists(of_candidate) && builds.trials("candidate").size() >= 2; }));
  EXPECT_EQ(kill(program.pid(), SIGINT), 0);
  const test::Finished finished = program.wait();
  EXPECT_EQ(finished.exit_code, 130);
  EXPECT_THAT(finished.err, HasSubstr("a pair cannot go on: measure it again, into another folder"));
  for (const char* arm : {"base", "candidate"}) {
    EXPECT_EQ(builds.validate(arm).exit_code, 0);
    EXPECT_GE(builds.trials(arm).size(), 1U);
    EXPECT_LT(builds.trials(arm).size(), 200U);
  }
  const test::Finished resumed =
      test::run_program(test::flowbench({"run", "--resume", "results/look-1/base"}), builds.path());
  EXPECT_EQ(resumed.exit_code, 2);
  EXPECT_THAT(resumed.err, HasSubstr("one arm of a pair"));
}

} // namespace
} // namespace flowbench
