#include "trial.hpp"

#include <gtest/gtest.h>

#include "fields.hpp"
#include "record_crc.hpp"
#include "support/fixtures.hpp"
#include "support/programs.hpp"
#include "support/samples.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

using test::good_trial;

// What is wrong with the whole lines of a file of trials; empty: nothing.
std::string error_in(const std::string& text) {
  std::vector<std::string> lines = split(text, '\n');
  lines.pop_back(); // what follows the last line break: nothing, or a torn line
  CrcCheck check_crc;
  for (const std::string& line : lines) {
    const ParsedJson parsed = parse_strict(line);
    if (!parsed.error.empty()) return parsed.error;
    try {
      check_crc(line);
      (void)read_trial(parsed.value);
    } catch (const FieldError& error) {
      return error.what();
    }
  }
  return "";
}

TEST(ReadTrial, AgreesWithEveryFixture) {
  int seen = 0;
  for (const test::Fixture& fixture : test::fixtures("trials")) {
    const std::string error = error_in(test::read_text(fixture.path));
    EXPECT_EQ(error.empty(), fixture.valid) << fixture.path << ": " << fixture.why << ": " << error;
    ++seen;
  }
  EXPECT_GE(seen, 15);
}

TEST(ReadTrial, ReadsWhatWasWritten) {
  Trial trial = good_trial();
  trial.histograms = {{"lateness_ns", {{1024, 7}}}};
  trial.samples[0].max_in_flight = 10;
  trial.done->throttled = 3;
  trial.done->throttle_reason = "no more threads";
  trial.log = "logs/3.txt";
  trial.noise.pressure = {.cpu_ns = 7, .memory_ns = 0, .io_ns = {}};
  const Json written = to_json(trial);
  EXPECT_EQ(written["cpu_pressure_ns"], 7);
  EXPECT_TRUE(written["io_pressure_ns"].is_null()) << "the kernel did not tell";
  EXPECT_EQ(to_json(read_trial(parse_strict(json_line(written)).value)), written);
}

TEST(ReadTrial, KeepsHowManyKeysItsSubjectMadeUp) {
  Trial trial = good_trial();
  EXPECT_FALSE(to_json(trial).contains("unknown_keys"));
  trial.unknown_keys = 3;
  const Json written = to_json(trial);
  EXPECT_EQ(written["unknown_keys"], 3);
  EXPECT_EQ(read_trial(written).unknown_keys, 3U);
}

TEST(ReadTrial, KeepsWhatTheMachineDidWhereItTells) {
  Trial trial = good_trial();
  for (const char* key : {"cpu_throttled_ns", "others_cpu_ns", "swap_in_bytes", "swap_out_bytes", "clock_error_ns"}) {
    EXPECT_FALSE(to_json(trial).contains(key)) << key;
  }
  trial.noise.throttled_ns = 1;
  trial.noise.others_cpu_ns = 2;
  trial.noise.swap = SwapTraffic{.in_bytes = 3, .out_bytes = 4};
  trial.noise.clock_error_ns = 5;
  EXPECT_EQ(read_trial(to_json(trial)).noise, trial.noise);
  Json half = to_json(trial);
  half.erase("swap_in_bytes");
  EXPECT_THROW((void)read_trial(half), FieldError);
}

TEST(ReadTrial, ReadsAnUnsupportedTrialAsItWasWritten) {
  Trial trial = good_trial();
  trial.status = Status::unsupported;
  trial.reason = "too many";
  trial.samples.clear();
  trial.done.reset();
  trial.unsupported = Unsupported{"too many", "vm.max_map_count=65530", 32000};
  const Json written = to_json(trial);
  EXPECT_EQ(written["limit"], "vm.max_map_count=65530");
  EXPECT_EQ(written["largest"], 32000);
  EXPECT_EQ(to_json(read_trial(written)), written);
}

TEST(ReadTrial, EveryKeyIsNeeded) {
  const Json whole = to_json(good_trial());
  for (const auto& [key, value] : whole.items()) {
    Json part = whole;
    part.erase(key);
    EXPECT_THROW((void)read_trial(part), FieldError) << key;
  }
}

TEST(ReadTrial, OkMeansOk) {
  const auto broken = [](auto change) {
    Json json = to_json(good_trial());
    change(json);
    EXPECT_THROW((void)read_trial(json), FieldError) << json;
  };
  broken([](Json& json) { json["exit_code"] = 1; });
  broken([](Json& json) { json["signal"] = 9; });
  broken([](Json& json) { json["reason"] = "but"; });
  broken([](Json& json) { json["answer"] = nullptr; });
  broken([](Json& json) { json["samples"] = Json::array(); });
  broken([](Json& json) { json["status"] = "crashed"; }); // without a reason
}

} // namespace
} // namespace flowbench
