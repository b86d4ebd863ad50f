#include "google_benchmark.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/samples.hpp"

namespace flowbench {
namespace {

using testing::Contains;
using testing::HasSubstr;

// A report as version 1.7 of the library writes it, with `run` behind the keys that each run has.
std::string report(const std::string& run, const std::string& build_type = "release") {
  return R"({"context":{"load_avg":[0.5],"library_build_type":")" + build_type + R"("},"benchmarks":[{
    "name":"a/8","family_index":0,"per_family_instance_index":0,"run_name":"a/8","run_type":"iteration","repetitions":1,
    "repetition_index":0,"threads":1,)" +
         run + "}]}";
}

const std::string times = R"("iterations":4,"real_time":2.5,"cpu_time":1.25)";

TEST(RunArguments, AskForOneBenchmarkAndNoOther) {
  EXPECT_THAT(run_arguments("a/8", std::chrono::milliseconds(100)),
              testing::ElementsAre("--benchmark_filter=^a/8$", "--benchmark_min_time=0.1", "--benchmark_repetitions=1",
                                   "--benchmark_out=/dev/fd/3", "--benchmark_out_format=json"));
  EXPECT_THAT(run_arguments(R"(\^$.|?*+()[]{}/-:<>,)", std::chrono::milliseconds(1500)),
              Contains(R"(--benchmark_filter=^\\\^\$\.\|\?\*\+\(\)\[]\{}/-:<>,$)"));
}

TEST(ReadList, KeepsTheOrder) {
  const std::vector<ListedBenchmark> list = read_list("b\na/8\nc");
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].name, "b");
  EXPECT_EQ(list[1].name, "a/8");
  EXPECT_EQ(list[2].name, "c");
  EXPECT_EQ(list[1].trouble, "");
  EXPECT_TRUE(read_list("\n\n").empty());
}

TEST(ReadList, NamesThatLookAlikeAreOneThatCannotBeAskedFor) {
  const std::vector<ListedBenchmark> list = read_list("a\\x01\nb\na\x01\n");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].name, "a\\x01");
  EXPECT_THAT(list[0].trouble, HasSubstr("two benchmarks have this name"));
  EXPECT_EQ(list[1].trouble, "");
}

TEST(ReadList, ALongNameIsShownInPart) {
  const std::vector<ListedBenchmark> list = read_list(std::string(1'000, 'a') + "\n" + std::string(1'001, 'b'));
  EXPECT_EQ(list.at(0).trouble, "");
  EXPECT_THAT(list.at(1).trouble, HasSubstr("longer than 1000 bytes"));
  EXPECT_LT(list.at(1).name.size(), 250U);
}

TEST(ReadReport, TimesAreOfAllIterations) {
  for (const auto& [unit, factor] : {std::pair("ns", 1ULL), std::pair("us", 1'000ULL), std::pair("ms", 1'000'000ULL),
                                     std::pair("s", 1'000'000'000ULL)}) {
    const BenchmarkAnswer answer = read_report(report(times + R"(,"time_unit":")" + unit + "\""), "a/8", false);
    ASSERT_EQ(answer.verdict.status, Status::ok) << answer.verdict.reason;
    EXPECT_EQ(answer.measurement->iterations, 4U);
    EXPECT_EQ(answer.measurement->wall_ns, 10U * factor) << unit;
    EXPECT_EQ(answer.measurement->cpu_ns, 5U * factor) << unit;
  }
}

TEST(ReadReport, EveryNumberThatIsNotTheLibrarysOwnIsACounter) {
  const BenchmarkAnswer answer = read_report(
      report(times + R"(,"time_unit":"ns","op":2.5e-10,"items_per_second":4,"label":" x\ny ","note":"text")"), "a/8",
      false);
  ASSERT_EQ(answer.verdict.status, Status::ok) << answer.verdict.reason;
  EXPECT_EQ(answer.measurement->counters,
            (std::map<std::string, std::string>{{"items_per_second", "4"}, {"op", "2.5e-10"}}));
  EXPECT_EQ(answer.measurement->label, "x y");
}

TEST(ReadReport, ADebugLibraryCountsOnlyWhereItIsAllowed) {
  const std::string text = report(times + R"(,"time_unit":"ns")", "debug");
  EXPECT_EQ(read_report(text, "a/8", false).verdict.status, Status::wrong_answer);
  const BenchmarkAnswer allowed = read_report(text, "a/8", true);
  EXPECT_EQ(allowed.verdict.status, Status::ok);
  EXPECT_EQ(allowed.measurement->library_build_type, "debug");
}

TEST(ReadReport, WhatTheLibraryAddsUpIsNoRunOfItsOwn) {
  std::string text = report(times + R"(,"time_unit":"ns")");
  text.insert(text.size() - 2, R"(,{"name":"a_BigO","run_type":"aggregate","big_o":"N","cpu_coefficient":1.5})");
  EXPECT_EQ(read_report(text, "a/8", false).verdict.status, Status::ok);
}

TEST(ReadReport, MissingAndMistypedKeysAreErrors) {
  const auto status = [](const std::string& run) { return read_report(report(run), "a/8", false).verdict.status; };
  ASSERT_EQ(status(times + R"(,"time_unit":"ns")"), Status::ok);
  for (const char* run : {R"("real_time":2.5,"cpu_time":1.25,"time_unit":"ns")",
                          R"("iterations":4.5,"real_time":2.5,"cpu_time":1.25,"time_unit":"ns")",
                          R"("iterations":4,"cpu_time":1.25,"time_unit":"ns")",
                          R"("iterations":4,"real_time":"2.5","cpu_time":1.25,"time_unit":"ns")",
                          R"("iterations":4,"real_time":2.5,"cpu_time":-1,"time_unit":"ns")",
                          R"("iterations":4,"real_time":1e300,"cpu_time":1,"time_unit":"s")",
                          R"("iterations":4,"real_time":2.5,"cpu_time":1.25)",
                          R"("iterations":4,"real_time":2.5,"cpu_time":1.25,"time_unit":"ns","threads":5)"}) {
    EXPECT_EQ(status(run), Status::protocol_error) << run;
  }
  EXPECT_EQ(read_report(R"({"benchmarks":[]})", "a/8", false).verdict.status, Status::protocol_error);
  EXPECT_EQ(read_report("[]", "a/8", false).verdict.status, Status::protocol_error);
}

TEST(JudgeBenchmark, HowTheProcessEndedComesFirst) {
  ProcessOutcome outcome = test::good_outcome();
  outcome.result = report(times + R"(,"time_unit":"ns")");
  outcome.result_bytes = outcome.result.size();
  EXPECT_EQ(judge_benchmark(outcome, "a/8", false).verdict.status, Status::ok);
  outcome.leaked = "sleep (pid 7)";
  EXPECT_EQ(judge_benchmark(outcome, "a/8", false).verdict.status, Status::leaked_processes);
  outcome.exit_code = 1;
  const BenchmarkAnswer crashed = judge_benchmark(outcome, "a/8", false);
  EXPECT_EQ(crashed.verdict.status, Status::crashed);
  EXPECT_FALSE(crashed.measurement.has_value());
  outcome = test::good_outcome();
  outcome.result_bytes = 20U << 20U;
  EXPECT_EQ(judge_benchmark(outcome, "a/8", false).verdict.status, Status::protocol_error);
}

} // namespace
} // namespace flowbench
