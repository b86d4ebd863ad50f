#include "flowbench_kit/run_subject.hpp"
#include "flowbench_kit/build_info.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "flowbench_kit/usage_error.hpp"

namespace flowbench {
namespace {

using Json = nlohmann::json;

// No workload of these tests looks at its runtime, so any object does; the type stays the kit's unknown.
std::shared_ptr<Runtime> start_nothing(unsigned /*workers*/) {
  static int object = 0;
  return {reinterpret_cast<Runtime*>(&object), [](Runtime*) {}};
}

Outcome count_tasks(Runtime&, const Phase& phase) { return Finished{.completed = phase.tasks, .answer = phase.seed}; }

Outcome oversleep(Runtime&, const Phase& phase) {
  phase.lateness.record_ns(2'000);
  return Finished{.completed = phase.tasks, .answer = phase.seed, .max_in_flight = phase.tasks};
}

Outcome queue_up(Runtime&, const Phase& phase) {
  phase.queueing[Priority::high].record_ns(1);
  phase.queueing[Priority::low].record_ns(5'000);
  return Finished{.completed = phase.tasks, .answer = phase.seed, .max_in_flight = 1};
}

Outcome find_limit(Runtime&, const Phase&) {
  return Unsupported{.reason = "too many", .limit = "pids.max=5", .largest = 4};
}

Subject test_subject() {
  return {.id = "fake",
          .version = "1.0",
          .start = start_nothing,
          .workloads = {{.id = "fan_out", .run = count_tasks},
                        {.id = "mutex", .run = find_limit},
                        {.id = "queue", .run = queue_up},
                        {.id = "sleep", .run = oversleep},
                        {.id = "yield", .run = count_tasks}},
          .refusals = {{.id = "channel", .reason = "has none"}, {.id = "yield", .reason = "cannot"}},
          .library_flags = "-fits-library"};
}

void write_events(Runtime&, std::ostream& out) { out << R"({"traceEvents":[]})"; }

Subject tracing_subject() {
  Subject subject = test_subject();
  subject.tracing = Tracing{.start = start_nothing, .write = write_events};
  return subject;
}

std::vector<Json> run(const std::string& line, const Subject& subject = test_subject()) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  const std::vector<std::string_view> arguments(words.begin(), words.end());
  try {
    run_subject(subject, arguments, RecordSink(ends[1]));
  } catch (...) {
    ::close(ends[0]);
    ::close(ends[1]);
    throw;
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 4096> block{};
  for (ssize_t got = 0; (got = ::read(ends[0], block.data(), block.size())) > 0;) {
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  std::vector<Json> records;
  std::istringstream lines(text);
  for (std::string record; std::getline(lines, record);) records.push_back(Json::parse(record));
  return records;
}

std::vector<std::string> kinds(const std::vector<Json>& records) {
  std::vector<std::string> result;
  for (const Json& record : records) result.push_back(record.at("kind"));
  return result;
}

using Kinds = std::vector<std::string>;

TEST(RunSubject, SaysHelloThenSamplesThenDone) {
  const auto records = run("--workload fan_out --tasks 10 --workers 2 --phases 2 --seed 77");
  ASSERT_EQ(kinds(records), (Kinds{"hello", "sample", "sample", "done"}));
  EXPECT_EQ(records[0].at("workers"), 2);
  EXPECT_EQ(records[2].at("i"), 1);
  EXPECT_EQ(records[3].at("completed"), 10);
  EXPECT_EQ(records[3].at("answer"), "77");
}

TEST(RunSubject, RecordsTheFlagsOfItsLibraryAfterThoseOfAll) {
  const std::string flags =
      run("--workload fan_out --tasks 1 --workers 1 --phases 1 --seed 7")[0].at("build").at("flags");
  EXPECT_THAT(flags, testing::StartsWith(build_info("").flags));
  EXPECT_THAT(flags, testing::EndsWith(" -fits-library"));
}

TEST(RunSubject, WritesOneHistogramOverAllPhases) {
  const auto records = run("--workload sleep --tasks 1 --workers 2 --phases 2 --seed 77");
  ASSERT_EQ(kinds(records), (Kinds{"hello", "sample", "sample", "histogram", "done"}));
  EXPECT_EQ(records[3].at("buckets"), Json::parse("[[2048,2]]"));
}

TEST(RunSubject, WritesAHistogramForEachPriorityThatWaited) {
  const auto records = run("--workload queue --tasks 2 --workers 2 --phases 2 --seed 77");
  ASSERT_EQ(kinds(records), (Kinds{"hello", "sample", "sample", "histogram", "histogram", "done"}));
  EXPECT_EQ(records[1].at("max_in_flight"), 1);
  EXPECT_FALSE(records[1].contains("early_wakes")) << "nobody slept";
  EXPECT_EQ(records[3].at("of"), "queueing_high_ns");
  EXPECT_EQ(records[4].at("of"), "queueing_low_ns");
  EXPECT_EQ(records[4].at("buckets"), Json::parse("[[8192,2]]"));
}

TEST(RunSubject, AnswersWithoutSampleOrHistogramWhenThereIsNoPhase) {
  EXPECT_EQ(kinds(run("--workload sleep --tasks 1 --workers 2 --phases 0 --seed 77")), (Kinds{"hello", "done"}));
}

TEST(RunSubject, RefusesWithTheReason) {
  const auto records = run("--workload channel --tasks 1 --workers 2 --phases 1 --seed 77");
  ASSERT_EQ(kinds(records), (Kinds{"hello", "unsupported"}));
  EXPECT_EQ(records[1].at("reason"), "has none");
}

TEST(RunSubject, RefusesToBeTimedWhatItOnlyAnswers) {
  EXPECT_EQ(kinds(run("--workload yield --tasks 1 --workers 2 --phases 1 --seed 7")), (Kinds{"hello", "unsupported"}));
  EXPECT_EQ(kinds(run("--workload yield --tasks 1 --workers 2 --phases 0 --seed 7")), (Kinds{"hello", "done"}));
}

TEST(RunSubject, HandsOnALimitThatTheWorkloadFound) {
  const auto records = run("--workload mutex --tasks 9 --workers 2 --phases 3 --seed 77");
  ASSERT_EQ(kinds(records), (Kinds{"hello", "unsupported"}));
  EXPECT_EQ(records[1].at("limit"), "pids.max=5");
  EXPECT_EQ(records[1].at("largest"), 4);
}

TEST(RunSubject, DescribesItselfInOneRecord) {
  const auto records = run("--describe");
  ASSERT_EQ(kinds(records), (Kinds{"describe"}));
  EXPECT_EQ(records[0].at("workloads"), (Json::array({"fan_out", "mutex", "queue", "sleep"})));
  EXPECT_EQ(records[0].at("unsupported"), (Json{{"channel", "has none"}, {"yield", "cannot"}}));
  EXPECT_FALSE(records[0].at("build").at("compiler").get<std::string>().empty());
}

TEST(RunSubject, AnnouncesThatItWritesATrace) {
  EXPECT_FALSE(run("--describe")[0].contains("options"));
  EXPECT_EQ(run("--describe", tracing_subject())[0].at("options"), Json::array({"trace"}));
}

TEST(RunSubject, WritesATraceToTheFileThatIsNamed) {
  const std::string file = testing::TempDir() + "run_subject_test_trace.json";
  const std::string call = "--workload fan_out --tasks 10 --workers 2 --phases 2 --seed 77";
  std::filesystem::remove(file);
  EXPECT_EQ(kinds(run(call, tracing_subject())), (Kinds{"hello", "sample", "sample", "done"}));
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(kinds(run(call + " --trace " + file, tracing_subject())), (Kinds{"hello", "sample", "sample", "done"}));
  std::ifstream stream(file);
  EXPECT_TRUE(Json::parse(stream).contains("traceEvents"));
  std::filesystem::remove(file);
}

TEST(RunSubject, SaysSoWhenTheTraceCannotBeWritten) {
  EXPECT_THROW(static_cast<void>(run("--workload fan_out --tasks 1 --workers 1 --phases 1 --seed 7 --trace /dev/full",
                                     tracing_subject())),
               std::runtime_error);
}

TEST(RunSubject, RefusesATraceThatItDoesNotHave) {
  EXPECT_THROW(static_cast<void>(run("--workload fan_out --tasks 1 --workers 1 --phases 1 --seed 7 --trace t")),
               UsageError);
}

TEST(RunSubject, NamesTheKnownWorkloadsWhenOneIsUnknown) {
  try {
    static_cast<void>(run("--workload sleeps --tasks 1 --workers 2 --phases 1 --seed 7"));
    FAIL() << "the unknown workload was accepted";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "unknown workload 'sleeps'; the workloads are channel fan_out mutex queue sleep yield");
  }
}

} // namespace
} // namespace flowbench
