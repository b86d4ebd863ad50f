// The fixtures of the contract say how good records look. What the kit writes must be the same, byte for byte.

#include "flowbench_kit/records.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace flowbench {
namespace {

using Json = nlohmann::json;

std::vector<std::string> read_fixture(const std::string& name) {
  std::ifstream file(std::string(FLOWBENCH_FIXTURES "/") + name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

BuildInfo build_of(const Json& record) {
  return {.compiler = record.at("build").at("compiler"), .flags = record.at("build").at("flags")};
}

std::optional<std::uint64_t> optional_number(const Json& record, const char* key) {
  return record.contains(key) ? std::optional<std::uint64_t>(record.at(key)) : std::nullopt;
}

std::string rewrite_hello(const Json& record) {
  const Subject subject{.id = record.at("subject"), .version = record.at("version"), .start = nullptr, .workloads = {}};
  Options options;
  options.workload = record.at("workload");
  options.tasks = record.at("tasks");
  options.workers = record.at("workers");
  return hello_record(subject, options, build_of(record));
}

std::string rewrite_sample(const Json& record) {
  return sample_record(record.at("i"), {.wall_ns = record.at("wall_ns"),
                                        .cpu_ns = record.at("cpu_ns"),
                                        .rss_before_bytes = record.at("rss_before_bytes"),
                                        .peak_rss_bytes = record.at("peak_rss_bytes"),
                                        .max_in_flight = optional_number(record, "max_in_flight"),
                                        .early_wakes = optional_number(record, "early_wakes")});
}

std::string rewrite_done(const Json& record) {
  return done_record({.completed = record.at("completed"),
                      .answer = std::stoull(record.at("answer").get<std::string>()),
                      .throttled = record.value("throttled", std::uint64_t{0}),
                      .throttle_reason = record.value("throttle_reason", "")});
}

std::string rewrite_unsupported(const Json& record) {
  return unsupported_record({.reason = record.at("reason"),
                             .limit = record.value("limit", ""),
                             .largest = optional_number(record, "largest")});
}

std::string rewrite_describe(const Json& record) {
  Subject subject{.id = record.at("subject"), .version = record.at("version"), .start = nullptr, .workloads = {}};
  const Json unlike = record.value("unlike", Json::object());
  for (const Json& id : record.at("workloads")) {
    subject.workloads.push_back({.id = id, .run = nullptr, .unlike = unlike.value(id.get<std::string>(), "")});
  }
  for (const auto& [id, reason] : record.at("unsupported").items()) subject.refusals.push_back({id, reason});
  return describe_record(subject, build_of(record));
}

std::string rewrite_histogram(const Json& record) {
  const auto buckets = record.at("buckets").get<std::vector<TimeHistogram::Bucket>>();
  return histogram_record(record.at("of").get<std::string>(), buckets);
}

std::string rewrite(const std::string& line) {
  const Json record = Json::parse(line);
  const std::string kind = record.at("kind");
  if (kind == "hello") return rewrite_hello(record);
  if (kind == "sample") return rewrite_sample(record);
  if (kind == "histogram") return rewrite_histogram(record);
  if (kind == "done") return rewrite_done(record);
  if (kind == "unsupported") return rewrite_unsupported(record);
  if (kind == "describe") return rewrite_describe(record);
  throw std::runtime_error("a fixture has the unknown kind " + kind);
}

class GoodFixture : public testing::TestWithParam<const char*> {};

TEST_P(GoodFixture, IsWhatTheKitWrites) {
  const std::vector<std::string> lines = read_fixture(GetParam());
  ASSERT_FALSE(lines.empty()) << "no fixture " << GetParam();
  for (const std::string& line : lines) EXPECT_EQ(rewrite(line), line);
}

INSTANTIATE_TEST_SUITE_P(Records, GoodFixture,
                         testing::Values("streams/ok_one_phase.jsonl", "streams/ok_two_phases.jsonl",
                                         "streams/ok_no_phases.jsonl", "streams/ok_sleep.jsonl",
                                         "streams/ok_sleep_one_histogram.jsonl", "streams/ok_queueing.jsonl",
                                         "streams/ok_largest_numbers.jsonl", "streams/ok_answer_zero.jsonl",
                                         "streams/ok_answer_largest.jsonl", "streams/ok_throttled.jsonl",
                                         "streams/ok_unsupported.jsonl", "streams/ok_unsupported_reason_only.jsonl",
                                         "describes/ok.jsonl", "describes/ok_unsupported.jsonl",
                                         "describes/ok_unlike.jsonl"),
                         [](const auto& fixture) {
                           std::string name = fixture.param;
                           std::ranges::replace_if(name, [](char c) { return !std::isalnum(c); }, '_');
                           return name;
                         });

TEST(Records, AnEmptyHistogramIsAnEmptyList) {
  EXPECT_EQ(Json::parse(histogram_record("x", {})).at("buckets"), Json::array());
}

TEST(Records, AReasonOfSeveralLinesBecomesOne) {
  const Json record = Json::parse(unsupported_record({.reason = "first\nsecond\r"}));
  EXPECT_EQ(record.at("reason"), "first second ");
}

TEST(Records, DescribeLeavesOutWorkloadsThatAreOnlyAnswered) {
  const Subject subject{.id = "s",
                        .version = "1",
                        .start = nullptr,
                        .workloads = {{.id = "sleep", .run = nullptr}, {.id = "yield", .run = nullptr}},
                        .refusals = {{.id = "sleep", .reason = "why"}}};
  const Json record = Json::parse(describe_record(subject, {.compiler = "c", .flags = "f"}));
  EXPECT_EQ(record.at("workloads"), Json::array({"yield"}));
  EXPECT_EQ(record.at("unsupported"), (Json{{"sleep", "why"}}));
  EXPECT_FALSE(record.contains("unlike"));
}

TEST(Records, DescribeRefusesToSayHowAWorkloadIsDoneThatIsRefused) {
  const Subject subject{.id = "s",
                        .version = "1",
                        .start = nullptr,
                        .workloads = {{.id = "sleep", .run = nullptr, .unlike = "how"}},
                        .refusals = {{.id = "sleep", .reason = "why"}}};
  EXPECT_THROW(static_cast<void>(describe_record(subject, {.compiler = "c", .flags = "f"})), std::logic_error);
}

TEST(Records, ARegisteredWorkloadKeepsHowItDiffers) {
  static const Register same{"same", nullptr};
  static const Register other{"other", nullptr, Unlike{"in\na way of its own"}};
  const Subject subject{.id = "s", .version = "1", .start = nullptr, .workloads = registered_workloads()};
  const Json record = Json::parse(describe_record(subject, {.compiler = "c", .flags = "f"}));
  EXPECT_EQ(record.at("workloads"), Json::array({"other", "same"}));
  EXPECT_EQ(record.at("unlike"), (Json{{"other", "in a way of its own"}}));
}

} // namespace
} // namespace flowbench
