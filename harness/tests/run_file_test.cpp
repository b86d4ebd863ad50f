#include "run_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fields.hpp"
#include "support/fixtures.hpp"
#include "support/programs.hpp"
#include "support/samples.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;

Json run_json(const RunIdentity& identity = {
                  .id = "r1", .created = "2026-01-31T23:59:59Z", .command = {"flowbench", "run"}, .pair = {}}) {
  const Catalog catalog = test::small_catalog();
  const std::vector<Subject> subjects = test::able_subjects(catalog);
  const Plan plan = make_plan(test::plan_options(), catalog, subjects);
  Environment environment;
  environment.cpu_model = "cpu";
  environment.cpus_online = 2;
  environment.cpus_allowed = {0, 1};
  environment.aslr = 2;
  environment.tools = {{"cc", "1"}};
  Answers answers;
  for (const Case& one : plan.cases) answers[{one.workload, one.tasks}] = 42;
  // Through text, as it is read: there every number that is not negative is an unsigned one.
  return Json::parse(make_run_json(identity, plan, answers, subjects, catalog, environment).dump());
}

TEST(ReadRun, AgreesWithEveryFixture) {
  int seen = 0;
  for (const test::Fixture& fixture : test::fixtures("run")) {
    const ParsedJson parsed = parse_strict(test::read_text(fixture.path));
    std::string error = parsed.error;
    try {
      if (error.empty()) (void)read_run(parsed.value);
    } catch (const FieldError& wrong) {
      error = wrong.what();
    }
    EXPECT_EQ(error.empty(), fixture.valid) << fixture.path << ": " << fixture.why << ": " << error;
    ++seen;
  }
  EXPECT_GE(seen, 12);
}

TEST(ReadRun, ReadsWhatWasWritten) {
  const RunFile run = read_run(run_json());
  EXPECT_EQ(run.id, "r1");
  EXPECT_EQ(run.answers.at({"plain", 10}), 42U);
  EXPECT_EQ(run.phases_of_case.at({"b", "nap", 1000, 2}), 1U);
  EXPECT_EQ(run.phases_of_case.size(), 12U);
  EXPECT_EQ(run.command[0], "flowbench");
}

TEST(ReadRun, EveryTopLevelKeyIsNeeded) {
  const Json whole = run_json();
  for (const auto& [key, value] : whole.items()) {
    Json part = whole;
    part.erase(key);
    EXPECT_THROW((void)read_run(part), FieldError) << key;
  }
}

TEST(ReadRun, OneArmOfAPairSaysSo) {
  EXPECT_FALSE(read_run(run_json()).pair.has_value());
  EXPECT_FALSE(run_json().contains("pair"));
  const Json json = run_json({.id = "p-base",
                              .created = "2026-01-31T23:59:59Z",
                              .command = {"flowbench", "pair"},
                              .pair = PairArm{.id = "p", .arm = "base", .title = "main"}});
  const RunFile run = read_run(json);
  ASSERT_TRUE(run.pair.has_value());
  EXPECT_EQ(run.pair->id, "p");
  EXPECT_EQ(run.pair->arm, "base");
  EXPECT_EQ(run.pair->title, "main");
  Json wrong = json;
  wrong["pair"]["arm"] = "left";
  EXPECT_THROW((void)read_run(wrong), FieldError);
}

TEST(ReadRun, SaysWhichElementIsWrong) {
  Json json = run_json();
  json["subjects"][1]["sha256"] = "not a digest";
  try {
    (void)read_run(json);
    FAIL();
  } catch (const FieldError& error) {
    EXPECT_THAT(error.what(), HasSubstr("subjects 2: 'sha256'"));
  }
}

TEST(PlanDifference, IsNoneForTheSameRun) { EXPECT_EQ(find_plan_difference(run_json(), run_json()), ""); }

TEST(PlanDifference, NamesWhatDiffers) {
  const auto difference = [](auto change) {
    Json now = run_json();
    change(now);
    return find_plan_difference(run_json(), now);
  };
  EXPECT_EQ(difference([](Json& j) { j["subjects"][1]["sha256"] = std::string(64, '2'); }).substr(0, 23),
            "subjects: b: sha256: wa");
  EXPECT_THAT(difference([](Json& j) { j["seed"] = "2"; }), HasSubstr("seed: was \"1\", is now \"2\""));
  EXPECT_THAT(difference([](Json& j) { j["plan"]["rounds"] = 9; }), HasSubstr("plan: rounds: was 7, is now 9"));
  EXPECT_THAT(difference([](Json& j) { j["catalog_sha256"] = std::string(64, '2'); }), HasSubstr("catalog_sha256"));
  EXPECT_THAT(difference([](Json& j) { j["environment"]["kernel"] = "other"; }), HasSubstr("machine: kernel"));
  EXPECT_EQ(difference([](Json& j) { j["environment"]["load1_milli"] = 9999; }), "");
  EXPECT_EQ(difference([](Json& j) { j["created"] = "2027-01-01T00:00:00Z"; }), "");
}

} // namespace
} // namespace flowbench
