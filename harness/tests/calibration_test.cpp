#include "calibration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cpus.hpp"
#include "failure.hpp"
#include "fields.hpp"
#include "support/fixtures.hpp"
#include "support/programs.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;

Calibration took(const char* at, std::vector<std::uint64_t> times_ns) {
  return {.at = at, .started_ns = 7, .times_ns = std::move(times_ns)};
}

TEST(Calibration, HasABestAndAMedianTime) {
  const Calibration calibration = took("start", {40, 10, 30, 20});
  EXPECT_EQ(calibration.best_ns(), 10U);
  EXPECT_EQ(calibration.median_ns(), 30U);
}

TEST(Calibration, IsReadAsItWasWritten) {
  const Calibration calibration = took("middle", {40, 10, 30});
  const Calibration again = read_calibration(to_json(calibration));
  EXPECT_EQ(again.at, "middle");
  EXPECT_EQ(again.started_ns, 7U);
  EXPECT_EQ(again.times_ns, calibration.times_ns);
}

TEST(Calibration, FixturesAreReadOrRefused) {
  const std::vector<test::Fixture> all = test::fixtures("calibration");
  EXPECT_GE(all.size(), 4U);
  for (const test::Fixture& fixture : all) {
    std::string error;
    for (const std::string& line : split(test::read_text(fixture.path), '\n')) {
      if (line.empty()) continue;
      const ParsedJson parsed = parse_strict(line);
      if (!parsed.error.empty()) error = parsed.error;
      try {
        if (error.empty()) (void)read_calibration(parsed.value);
      } catch (const FieldError& failure) {
        error = failure.what();
      }
    }
    EXPECT_EQ(error.empty(), fixture.valid) << fixture.path << ": " << fixture.why << ": " << error;
  }
}

TEST(FindDrift, IsMoreThanThreePercentBetweenTheBestTimes) {
  EXPECT_EQ(find_drift({}), std::nullopt);
  EXPECT_EQ(find_drift({took("start", {1'000, 9'000}), took("end", {1'030, 1'030})}), std::nullopt);
  EXPECT_THAT(find_drift({took("start", {1'000}), took("middle", {1'010}), took("end", {1'045})}).value_or(""),
              HasSubstr("4.5 % longer at the end than at the start"));
  EXPECT_THAT(find_drift({took("start", {1'200}), took("end", {1'000})}).value_or(""),
              HasSubstr("20.0 % longer at the start than at the end"));
}

TEST(TimeFixedWork, TakesTimeAndLeavesTheAffinityAlone) {
  const std::vector<int> before = allowed_cpus();
  const std::vector<std::uint64_t> times = time_fixed_work({before.back()}, 2);
  ASSERT_EQ(times.size(), 2U);
  for (const std::uint64_t time : times) EXPECT_GT(time, 1'000'000U) << "optimized away";
  EXPECT_EQ(allowed_cpus(), before);
}

std::vector<std::string> places(const std::vector<Calibration>& calibrations) {
  std::vector<std::string> places;
  for (const Calibration& calibration : calibrations) places.push_back(calibration.at);
  return places;
}

TEST(CalibrationLog, MeasuresAtTheStartInTheMiddleAndAtTheEnd) {
  const test::Folder folder;
  CalibrationLog log({folder.path()}, allowed_cpus(), 1);
  for (std::uint64_t trial = 0; trial < 10; ++trial) {
    log.before_trial(trial, 10, trial);
    EXPECT_EQ(log.all().size(), trial < 5 ? 1U : 2U) << trial;
  }
  log.at_end(10);
  EXPECT_EQ(places(log.all()), (std::vector<std::string>{"start", "middle", "end"}));
  std::vector<std::string> lines = split(test::read_text(folder.path() / "calibration.jsonl"), '\n');
  ASSERT_EQ(lines.size(), 4U) << "three lines and nothing behind them";
  EXPECT_EQ(read_calibration(Json::parse(lines[1])).started_ns, 5U);
}

TEST(CalibrationLog, OfARunThatHadNothingToDoIsEmpty) {
  const test::Folder folder;
  CalibrationLog log({folder.path()}, allowed_cpus(), 1);
  log.at_end(10);
  EXPECT_FALSE(fs::exists(folder.path() / "calibration.jsonl"));
}

TEST(CalibrationLog, CutsOffWhatACrashLeftHalfWritten) {
  const test::Folder folder;
  (void)folder.write("calibration.jsonl", "{\"whole\":1}\n{\"to");
  CalibrationLog log({folder.path()}, allowed_cpus(), 1);
  log.before_trial(0, 1, 0);
  const std::string text = test::read_text(folder.path() / "calibration.jsonl");
  EXPECT_TRUE(text.starts_with("{\"whole\":1}\n{\"v\":1,")) << text;
}

TEST(CalibrationLog, SaysWhenItCannotWrite) {
  CalibrationLog log({"/proc/self"}, allowed_cpus(), 1);
  EXPECT_THROW(log.before_trial(0, 1, 0), WriteFailure);
}

} // namespace
} // namespace flowbench
