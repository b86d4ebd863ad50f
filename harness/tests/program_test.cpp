// flowbench as its users meet it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "executor/pressure.hpp"
#include "support/programs.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;
using testing::Not;

test::Finished run(const test::Folder& folder, const std::vector<std::string>& arguments) {
  return test::run_program(test::flowbench_run(arguments), folder.path());
}

std::ptrdiff_t lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

TEST(Program, MeasuresAndSummarizes) {
  const test::Folder folder;
  const test::Finished finished =
      run(folder, {"--subjects", "honest,unsupported", "--workloads", "plain", "--rounds", "2", "--seed", "3"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("honest            4            0"));
  EXPECT_THAT(finished.out, HasSubstr("Results: results/"));
  EXPECT_THAT(finished.err, HasSubstr("seed 3"));
  EXPECT_EQ(test::latest_trials(folder.path()).size(), 8U);
}

TEST(Program, EveryTrialHasThePressureThatThisKernelTells) {
  const test::Folder folder;
  EXPECT_EQ(run(folder, {"--subjects", "honest", "--workloads", "plain", "--rounds", "1"}).exit_code, 0);
  const Pressure told = pressure_since_boot();
  const std::vector<Json> trials = test::latest_trials(folder.path());
  EXPECT_FALSE(trials.empty());
  for (const Json& trial : trials) {
    EXPECT_EQ(trial["cpu_pressure_ns"].is_null(), !told.cpu_ns);
    EXPECT_EQ(trial["memory_pressure_ns"].is_null(), !told.memory_ns);
    EXPECT_EQ(trial["io_pressure_ns"].is_null(), !told.io_ns);
  }
}

TEST(Program, WritesRunJsonBeforeTheFirstTrial) {
  const test::Folder folder;
  test::Program program(test::flowbench_run({"--subjects", "hang", "--workloads", "plain", "--tasks", "7773",
                                             "--rounds", "1", "--timeout", "2"}),
                        folder.path());
  EXPECT_TRUE(test::eventually([] { return test::processes_with_argument("86400.7773") > 0; }));
  const Json document = test::latest_run(folder.path());
  EXPECT_EQ(document["kind"], "run");
  EXPECT_EQ(document["plan"]["trials"], 1);
  EXPECT_EQ(test::read_text(folder.path() / "results/latest/trials.jsonl"), "");
  EXPECT_EQ(program.wait().exit_code, 1);
}

TEST(Program, DryRunPrintsTheSamePlanForTheSameSeedAndStartsNothing) {
  const test::Folder folder;
  const std::vector<std::string> arguments{"--dry-run", "--subjects", "honest,slow", "--seed", "7"};
  const test::Finished first = run(folder, arguments);
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(run(folder, arguments).out, first.out);
  EXPECT_NE(run(folder, {"--dry-run", "--subjects", "honest,slow", "--seed", "8"}).out, first.out);
  EXPECT_EQ(lines(first.out), 2 * 2 * 2 * 7);
  EXPECT_FALSE(fs::exists(folder.path() / "results"));
}

TEST(Program, TheStoredCommandRepeatsTheRun) {
  const test::Folder folder;
  EXPECT_EQ(run(folder, {"--subjects", "honest", "--workloads", "plain", "--rounds", "2"}).exit_code, 0);
  const Json document = test::latest_run(folder.path());
  std::vector<std::string> command = document["command"];
  command[0] = FLOWBENCH_PROGRAM;
  EXPECT_EQ(test::run_program(command, folder.path()).exit_code, 0);
  const Json again = test::latest_run(folder.path());
  EXPECT_NE(again["id"], document["id"]);
  EXPECT_EQ(again["plan"], document["plan"]);
  EXPECT_EQ(again["answer_seed"], document["answer_seed"]);
}

TEST(Program, UserErrorsAreOneLineAndExitWith2) {
  const test::Folder folder;
  (void)folder.write("broken.json", "{");
  (void)folder.write("hostile.json", R"({"v":1,"id":"../../x","title":"t","language":"l","command":["./x"]})");
  const std::vector<std::pair<std::vector<std::string>, std::string>> errors{
      {{"--subjects", "hnoest"}, "did you mean honest?"},
      {{"--workloads", "plian"}, "did you mean plain?"},
      {{"--subject", "broken.json"}, "broken.json: not JSON"},
      {{"--subject", "hostile.json"}, "not an id"},
      {{"--subject", "none.json"}, "cannot read"},
      {{"--filter", "("}, "not a regular expression"},
      {{"--filter", "nothing_like_it"}, "no case matches"},
      {{"--affinity", "4095"}, "CPU 4095"},
      {{"--resume", "latest"}, "there is no run"},
      {{"--resume", "/etc"}, "cannot read /etc/run.json"},
      {{"--tasks", "many"}, "--tasks"},
  };
  for (const auto& [arguments, part] : errors) {
    const test::Finished finished = run(folder, arguments);
    EXPECT_EQ(finished.exit_code, 2) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(part));
    EXPECT_EQ(lines(finished.err), 1) << finished.err;
    EXPECT_EQ(finished.out, "");
  }
}

TEST(Program, AnOracleThatIsNotBuiltIsAnError) {
  const test::Folder folder;
  std::string catalog = test::read_text(FLOWBENCH_FAKE_CATALOG);
  const std::string honest = R"("oracle": true)";
  catalog.replace(catalog.find(honest), honest.size(), R"("oracle": false)");
  const std::string broken = R"({"id": "broken_build",)";
  catalog.replace(catalog.find(broken), broken.size(), broken + R"( "oracle": true,)");
  (void)folder.write("catalog.json", catalog);
  const test::Finished finished = test::run_program(
      test::flowbench({"run", "--catalog", "catalog.json", "--subjects", "honest", "--rounds", "1"}), folder.path());
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("the oracle broken_build is not built"));
}

// The example of docs/adding-a-subject.md, measured as a reader would.
TEST(Program, TheExampleOfTheManualIsMeasured) {
  const test::Folder folder;
  const fs::path catalog = folder.write("catalog.json", R"({"v":1,"tasks":[1000],
        "workloads":[{"id":"spawn_join","title":"t","task":"t","holds":"h","answer":"sum"}],
        "subjects":[{"id":"sum","title":"t","language":"C++","note":"","oracle":true}]})");
  const test::Finished finished = test::run_program(
      test::flowbench({"run", "--catalog", catalog.string(), "--subject",
                       std::string(FLOWBENCH_FAKES) + "/example.json", "--subjects", "asyncio", "--rounds", "2"}),
      folder.path());
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const std::vector<Json> trials = test::latest_trials(folder.path());
  EXPECT_EQ(trials.size(), 2U);
  for (const Json& trial : trials) {
    EXPECT_EQ(trial["status"], "ok") << trial;
    EXPECT_EQ(trial["samples"].size(), 3U);
  }
  EXPECT_EQ(test::latest_run(folder.path())["subjects"][0]["external"], true);
}

TEST(Program, TheManualQuotesTheExampleAsItIs) {
  const std::string manual = test::read_text(fs::path(FLOWBENCH_DOCS) / "adding-a-subject.md");
  for (const char* file : {"example_subject.py", "example.json"}) {
    EXPECT_THAT(manual, HasSubstr("\n" + test::read_text(fs::path(FLOWBENCH_FAKES) / file) + "```\n")) << file;
  }
}

TEST(Program, ASubjectFromElsewhereMaySayWhatItCannotDo) {
  const test::Folder folder;
  const test::Finished finished =
      test::run_program(test::flowbench_run({"--subject", std::string(FLOWBENCH_FAKES) + "/example.json", "--subjects",
                                             "asyncio", "--dry-run"}),
                        folder.path());
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("asyncio/plain/10\tunsupported: it does not have this workload"));
}

TEST(Program, ListSaysWhatIsBuiltAndWhyNot) {
  const test::Folder folder;
  const std::vector<std::string> arguments{"list", "--catalog", FLOWBENCH_FAKE_CATALOG};
  const test::Finished text = test::run_program(test::flowbench(arguments), folder.path());
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("broken_build: broken_build (sh): not_built: its compiler was not found"));
  EXPECT_THAT(text.out, HasSubstr("not plain: it was never written"));
  EXPECT_THAT(text.out, HasSubstr("    workloads: plain nap\n    unlike plain: its tasks cannot wait\n"));
  std::vector<std::string> as_json = arguments;
  as_json.emplace_back("--json");
  const Json json = Json::parse(test::run_program(test::flowbench(as_json), folder.path()).out);
  EXPECT_EQ(json["subjects"][0]["id"], "honest");
  EXPECT_EQ(json["subjects"][0]["workloads"].size(), 2U);
  EXPECT_EQ(json["workloads"].size(), 2U);
  EXPECT_EQ(json["subjects"][0]["unlike"], Json::object());
  EXPECT_FALSE(json["subjects"][0].contains("control"));
  EXPECT_EQ(json["subjects"][1]["control"], true);
  const auto differs = std::find_if(json["subjects"].begin(), json["subjects"].end(),
                                    [](const Json& subject) { return subject["id"] == "differs"; });
  ASSERT_NE(differs, json["subjects"].end());
  EXPECT_EQ((*differs)["unlike"], (Json{{"plain", "its tasks cannot wait"}}));
  EXPECT_EQ((*differs)["workloads"], Json::array({"plain", "nap"}));
}

TEST(Program, ARunSaysHowTheWorkOfASubjectDiffers) {
  const test::Folder folder;
  const test::Finished finished =
      run(folder, {"--subjects", "honest,differs", "--workloads", "plain", "--rounds", "1", "--tasks", "10"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const Json subjects = test::latest_run(folder.path())["subjects"];
  EXPECT_FALSE(subjects[0].contains("unlike"));
  EXPECT_EQ(subjects[1]["unlike"], (Json{{"plain", "its tasks cannot wait"}}));
}

TEST(Program, QuietMeansNothingButTheSummary) {
  const test::Folder folder;
  const test::Finished finished = run(folder, {"-q", "--subjects", "honest", "--workloads", "plain", "--rounds", "1"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.err, "");
  EXPECT_THAT(finished.out, HasSubstr("Results: "));
}

TEST(Program, LostOutputIsNoSuccess) {
  const test::Folder folder;
  const test::Finished finished =
      test::run_program({"sh", "-c", std::string(FLOWBENCH_PROGRAM) + " --version > /dev/full"}, folder.path());
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("cannot write to standard output"));
}

} // namespace
} // namespace flowbench
