#include "flowbench_kit/options.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "flowbench_kit/usage_error.hpp"

namespace flowbench {
namespace {

Options parse(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return parse_options(words);
}

std::string error_of(std::string_view line) {
  try {
    static_cast<void>(parse(line));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

constexpr std::string_view good = "--workload sleep --tasks 1000 --workers 2 --phases 3 --seed 7";

std::string good_with(std::string_view option, std::string_view value) {
  std::string line(good);
  const std::size_t at = line.find(option) + option.size() + 1;
  line.replace(at, std::min(line.find(' ', at), line.size()) - at, value);
  return line;
}

TEST(Options, AreReadInTheOrderOfTheContract) {
  const Options options = parse(good);
  EXPECT_FALSE(options.describe);
  EXPECT_EQ(options.workload, "sleep");
  EXPECT_EQ(options.tasks, 1000U);
  EXPECT_EQ(options.workers, 2U);
  EXPECT_EQ(options.phases, 3U);
  EXPECT_EQ(options.seed, 7U);
}

TEST(Options, AreReadInAnyOrder) {
  const Options options = parse("--seed 18446744073709551615 --phases 0 --tasks 1000000000 --workload x --workers 1");
  EXPECT_EQ(options.seed, 18446744073709551615U);
  EXPECT_EQ(options.phases, 0U);
  EXPECT_EQ(options.tasks, 1'000'000'000U);
}

TEST(Options, DescribeStandsAlone) {
  EXPECT_TRUE(parse("--describe").describe);
  EXPECT_NE(error_of("--describe --tasks 1").find("--describe stands alone"), std::string::npos);
  EXPECT_NE(error_of("--tasks 1 --describe").find("--describe stands alone"), std::string::npos);
}

TEST(Options, NumbersOutsideTheirRangeAreRefusedWithTheRange) {
  EXPECT_EQ(error_of(good_with("--tasks", "0")), "--tasks takes a whole number from 1 to 1000000000, not '0'");
  EXPECT_EQ(error_of(good_with("--tasks", "1000000001")),
            "--tasks takes a whole number from 1 to 1000000000, not '1000000001'");
  EXPECT_EQ(error_of(good_with("--workers", "0")), "--workers takes a whole number from 1 to 4294967295, not '0'");
  EXPECT_EQ(error_of(good_with("--seed", "18446744073709551616")),
            "--seed takes a whole number from 0 to 18446744073709551615, not '18446744073709551616'");
}

TEST(Options, WhatIsNoNumberIsRefused) {
  for (const std::string_view text : {"", "x", "1x", "-1", "+1", "1.5", "0x10", "1e3", "1k"}) {
    EXPECT_EQ(error_of(good_with("--phases", text)),
              "--phases takes a whole number from 0 to 4294967295, not '" + std::string(text) + "'");
  }
}

TEST(Options, MissingTwiceUnknownAndValuelessAreNamed) {
  EXPECT_TRUE(error_of("").starts_with("--workload is missing; usage: "));
  EXPECT_TRUE(error_of("--workload x --tasks 1 --workers 1 --phases 1").starts_with("--seed is missing; "));
  EXPECT_EQ(error_of(std::string(good) + " --tasks 2"), "--tasks was given twice; give it once");
  EXPECT_TRUE(error_of("--task 5").starts_with("unknown option '--task'; usage: "));
  EXPECT_TRUE(error_of("--workload x --tasks").starts_with("--tasks has no value; "));
}

TEST(Options, AFileForATraceMayBeNamed) {
  EXPECT_EQ(parse(good).trace, "");
  EXPECT_EQ(parse(std::string(good) + " --trace /tmp/x.json").trace, "/tmp/x.json");
  EXPECT_EQ(parse("--trace t " + std::string(good)).trace, "t");
  EXPECT_TRUE(error_of(std::string(good) + " --trace").starts_with("--trace has no value; "));
  EXPECT_EQ(error_of("--trace  " + std::string(good)), "--trace takes the name of a file, not ''");
  EXPECT_EQ(error_of(std::string(good) + " --trace a --trace b"), "--trace was given twice; give it once");
}

TEST(Options, EveryErrorIsOneLine) {
  for (const std::string_view line : {"", "--describe x", "--tasks", "stray"}) {
    const std::string error = error_of(line);
    EXPECT_NE(error, "accepted") << line;
    EXPECT_EQ(std::ranges::count(error, '\n'), 0) << error;
  }
}

} // namespace
} // namespace flowbench
