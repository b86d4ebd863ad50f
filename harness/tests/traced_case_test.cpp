#include "traced_case.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "failure.hpp"
#include "support/programs.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;

Plan plan_of(const std::vector<std::string>& subjects) {
  Plan plan;
  for (const std::string& subject : subjects) {
    for (const std::uint64_t tasks : {1'000U, 10'000U}) {
      Case one;
      one.subject = subject;
      one.workload = "plain";
      one.tasks = tasks;
      plan.cases.push_back(one);
    }
  }
  return plan;
}

TEST(TracedCase, IsFoundByItsNameAndWithSuffixesOfNumbers) {
  const Plan plan = plan_of({"a", "b"});
  EXPECT_EQ(&find_traced_case(plan, "b/plain/1000"), &plan.cases[2]);
  EXPECT_EQ(&find_traced_case(plan, "b/plain/10k"), &plan.cases[3]);
}

TEST(TracedCase, OneThatIsNotInTheRunIsRefusedWithTheNearest) {
  for (const std::string named :
       {"b/plian/1k", "", "/", "b", "b/plain/", "b/plain/1000/2", "b/plain/99999999999999999999"}) {
    try {
      (void)find_traced_case(plan_of({"a", "b"}), named);
      FAIL() << named << " was accepted";
    } catch (const UsageFailure& failure) {
      EXPECT_THAT(failure.what(), HasSubstr("did you mean ")) << named;
      EXPECT_THAT(failure.what(), HasSubstr("/plain/1000"));
      EXPECT_THAT(failure.what(), HasSubstr("--dry-run"));
    }
  }
}

TEST(TracedCase, NamesItsFileAfterTheCase) {
  EXPECT_EQ(trace_file_name("go/spawn_join/1000"), "trace-go-spawn_join-1000.json");
  EXPECT_EQ(trace_file_name("../a b/\n"), "trace-..-a-b--.json");
}

TEST(TraceFault, IsNothingForADocumentWithAListOfEvents) {
  const test::Folder folder;
  for (const std::string text :
       {R"({"traceEvents":[]})", R"({"a":{"b":[1.5]},"traceEvents":[{"ph":"M","ts":0.001}],"c":null})"}) {
    EXPECT_EQ(find_trace_fault(folder.write("trace", text)), "") << text;
  }
}

TEST(TraceFault, NamesWhatIsWrong) {
  const test::Folder folder;
  EXPECT_EQ(find_trace_fault(folder.path() / "none"), "it wrote no file");
  EXPECT_EQ(find_trace_fault(folder.path()), "what it wrote is not a regular file");
  for (const std::string text :
       {"", "{", R"({"traceEvents":[)", R"({"traceEvents":[]}x)", R"({"traceEvents":[NaN]})"}) {
    EXPECT_THAT(find_trace_fault(folder.write("trace", text)), HasSubstr("it is not JSON")) << text;
  }
  for (const std::string text : {"[]", "1", "{}", R"({"traceEvents":{}})", R"({"a":{"traceEvents":[]}})",
                                 R"([{"traceEvents":[]}])", R"({"traceEvents":1,"a":[]})"}) {
    EXPECT_THAT(find_trace_fault(folder.write("trace", text)), HasSubstr("no list 'traceEvents'")) << text;
  }
}

// A subject from outside, whose trace holds `text`.
test::Finished run_traced(const test::Folder& folder, const std::string& text, std::vector<std::string> more = {}) {
  const Json manifest{{"v", 1},           {"id", "mine"}, {"title", "mine"},
                      {"language", "sh"}, {"note", ""},   {"command", {FLOWBENCH_FAKES "/traces", text}}};
  (void)folder.write("mine.json", manifest.dump());
  std::vector<std::string> arguments{"--subject", "mine.json", "--subjects", "honest", "--workloads", "plain",
                                     "--tasks",   "10",        "--rounds",   "2",      "--phases",    "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return test::run_program(test::flowbench_run(arguments), folder.path());
}

const fs::path trace_file = "results/latest/trace-mine-plain-10.json";

TEST(Trace, IsKeptBesideTheResultsAndIsNoTrial) {
  const test::Folder folder;
  const std::string text = R"({"traceEvents":[]})";
  const test::Finished finished = run_traced(folder, text, {"--trace", "mine/plain/10"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("Trace of mine/plain/10: " + fs::canonical(folder.path() / trace_file).string()));
  EXPECT_EQ(test::read_text(folder.path() / trace_file), text);
  EXPECT_EQ(test::latest_trials(folder.path()).size(), 4U);
  EXPECT_EQ(test::run_program(test::flowbench({"validate", "latest"}), folder.path()).exit_code, 0);
  for (const auto& entry : fs::directory_iterator(folder.path() / "results/latest")) {
    EXPECT_NE(entry.path().extension(), ".new");
  }
}

TEST(Trace, IsNeverAskedForInAMeasuredTrial) {
  const test::Folder folder;
  // It would write the file whenever it is asked, so a run without --trace has none.
  EXPECT_EQ(run_traced(folder, R"({"traceEvents":[]})").exit_code, 0);
  EXPECT_FALSE(fs::exists(folder.path() / trace_file));
  // And one that crashes when it is asked ends all of its trials well.
  const test::Finished finished = run_traced(folder, "crash", {"--trace", "mine/plain/10"});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.out, HasSubstr("Trace of mine/plain/10: crashed: "));
  for (const Json& trial : test::latest_trials(folder.path())) EXPECT_EQ(trial["status"], "ok");
  EXPECT_FALSE(fs::exists(folder.path() / trace_file));
}

TEST(Trace, OfASubjectThatDoesNotAnnounceItIsUnsupportedAndNoFailure) {
  const test::Folder folder;
  const test::Finished finished = run_traced(folder, "nothing", {"--trace", "honest/plain/10"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("Trace of honest/plain/10: unsupported: the subject does not announce 'trace'"));
}

TEST(Trace, ThatIsNotOneIsAFailureAndIsNotKept) {
  for (const std::string text : {"nothing", "{", "[]"}) {
    const test::Folder folder;
    const test::Finished finished = run_traced(folder, text, {"--trace", "mine/plain/10"});
    EXPECT_EQ(finished.exit_code, 1) << finished.out;
    EXPECT_THAT(finished.out, HasSubstr("Trace of mine/plain/10: protocol_error: "));
    for (const auto& entry : fs::directory_iterator(folder.path() / "results/latest")) {
      EXPECT_FALSE(entry.path().filename().string().starts_with("trace-")) << entry.path();
    }
  }
}

TEST(Trace, ACaseThatIsNotInTheRunIsOneLineAndNothingIsMeasured) {
  const test::Folder folder;
  const test::Finished finished = run_traced(folder, "{}", {"--trace", "mine/plain/20"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("this run has no case 'mine/plain/20'; did you mean mine/plain/10?"));
  EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << finished.err;
  EXPECT_EQ(finished.out, "");
  EXPECT_FALSE(fs::exists(folder.path() / "results/latest"));
}

TEST(Trace, CanBeHadOfARunThatIsDone) {
  const test::Folder folder;
  EXPECT_EQ(run_traced(folder, R"({"traceEvents":[]})").exit_code, 0);
  const test::Finished finished =
      test::run_program(test::flowbench({"run", "--resume", "latest", "--trace", "mine/plain/10"}), folder.path());
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_TRUE(fs::exists(folder.path() / trace_file));
  EXPECT_EQ(test::latest_trials(folder.path()).size(), 4U);
}

} // namespace
} // namespace flowbench
