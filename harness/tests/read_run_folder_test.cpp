#include "read_run_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "failure.hpp"
#include "support/programs.hpp"

namespace flowbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const fs::path fixtures = fs::path(FLOWBENCH_CONTRACT) / "fixtures";

// A folder with the fixture runs/ok.json and the given trials.
class RunFiles {
 public:
  explicit RunFiles(const std::string& trials) {
    (void)folder_.write("run.json", test::read_text(fixtures / "runs/ok.json"));
    (void)folder_.write("trials.jsonl", trials);
  }
  [[nodiscard]] StoredRun read() const { return read_run_folder(folder_.path()); }
  [[nodiscard]] const fs::path& path() const { return folder_.path(); }

 private:
  test::Folder folder_;
};

std::string good_trials() { return test::read_text(fixtures / "trials/ok.jsonl"); }

TEST(ReadRunFolder, ReadsAWholeRun) {
  const StoredRun stored = RunFiles(good_trials()).read();
  EXPECT_TRUE(stored.errors.empty()) << stored.errors.front();
  EXPECT_EQ(stored.torn, "");
  EXPECT_FALSE(stored.trials.empty());
  EXPECT_EQ(stored.whole_bytes, good_trials().size());
}

TEST(ReadRunFolder, DropsATornLastLineAndSaysSo) {
  const std::string good = good_trials();
  const StoredRun stored = RunFiles(good + R"({"v":1,"tri)").read();
  EXPECT_TRUE(stored.errors.empty());
  EXPECT_EQ(stored.torn, R"({"v":1,"tri)");
  EXPECT_EQ(stored.whole_bytes, good.size());
  EXPECT_EQ(stored.trials.size(), RunFiles(good).read().trials.size());
}

TEST(ReadRunFolder, NamesTheLineThatIsWrong) {
  const std::string good = good_trials();
  const std::string first = good.substr(0, good.find('\n') + 1);
  EXPECT_THAT(RunFiles("oops\n" + first).read().errors, ElementsAre(HasSubstr("line 1: not JSON")));
  EXPECT_THAT(RunFiles(first + first).read().errors,
              ElementsAre(HasSubstr("line 2: trial 0 was finished by an earlier line")));
}

TEST(ReadRunFolder, HoldsTrialsAgainstThePlan) {
  const std::string good = good_trials();
  Json trial = Json::parse(good.substr(0, good.find('\n')));
  const auto error_with = [&](const char* key, const Json& value) {
    Json changed = trial;
    changed[key] = value;
    return RunFiles(changed.dump() + "\n").read().errors;
  };
  EXPECT_THAT(error_with("trial", 1'000'000), ElementsAre(HasSubstr("the plan has")));
  EXPECT_THAT(error_with("subject", "nobody"), ElementsAre(HasSubstr("not in the plan")));
  EXPECT_THAT(error_with("answer", "1"), ElementsAre(HasSubstr("not the oracle's")));
  EXPECT_THAT(error_with("completed", 1), ElementsAre(HasSubstr("'completed'")));
}

TEST(ReadRunFolder, HoldsBenchmarksAgainstThePlan) {
  const std::string good = test::read_text(fixtures / "trials/ok_benchmark.jsonl");
  EXPECT_TRUE(RunFiles(good).read().errors.empty());
  const auto errors_with = [&](const char* key, const std::string& value) {
    Json changed = Json::parse(good.substr(0, good.find('\n')));
    changed[key] = value;
    return RunFiles(changed.dump() + "\n").read().errors;
  };
  EXPECT_THAT(errors_with("benchmark", "nothing_planned"), ElementsAre(HasSubstr("its benchmark is not in the plan")));
  EXPECT_THAT(errors_with("subject", "go"), ElementsAre(HasSubstr("its benchmark is not in the plan")));
}

TEST(ReadRunFolder, ATrialThatWasDisturbedMayHaveAnotherLine) {
  const StoredRun stored = RunFiles(test::read_text(fixtures / "trials/ok_run_again.jsonl")).read();
  EXPECT_TRUE(stored.errors.empty()) << stored.errors.front();
  EXPECT_EQ(stored.trials.size(), 3U);
}

TEST(ReadRunFolder, ReadsTheCalibrationsWhereThereAreSome) {
  EXPECT_TRUE(RunFiles(good_trials()).read().calibrations.empty());
  const RunFiles files(good_trials());
  const std::string good = test::read_text(fixtures / "calibrations/ok.jsonl");
  test::write_text(files.path() / "calibration.jsonl", good + R"({"v":1,"at")");
  const StoredRun stored = files.read();
  EXPECT_TRUE(stored.errors.empty());
  EXPECT_EQ(stored.calibrations.size(), 3U);
  EXPECT_EQ(stored.torn_calibration, R"({"v":1,"at")");
  test::write_text(files.path() / "calibration.jsonl", good + "oops\n");
  EXPECT_THAT(files.read().errors, ElementsAre(HasSubstr("calibration.jsonl line 4: not JSON")));
}

TEST(ReadRunFolder, RefusesAnUnusableRunFile) {
  const test::Folder folder;
  EXPECT_THROW((void)read_run_folder(folder.path()), UsageFailure);
  for (const char* name : {"bad_truncated.json", "bad_v.json", "bad_not_json.json", "bad_empty.json"}) {
    (void)folder.write("run.json", test::read_text(fixtures / "runs" / name));
    (void)folder.write("trials.jsonl", "");
    EXPECT_THROW((void)read_run_folder(folder.path()), UsageFailure) << name;
  }
}

} // namespace
} // namespace flowbench
