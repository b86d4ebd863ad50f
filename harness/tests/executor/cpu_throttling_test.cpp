#include "executor/cpu_throttling.hpp"

#include <gtest/gtest.h>

#include "support/programs.hpp"

namespace flowbench {
namespace {

constexpr const char* version_1 = "nr_periods 8\nnr_throttled 3\nthrottled_time 250000000\nnr_bursts 0\nburst_time 0\n";
constexpr const char* version_2 =
    "usage_usec 9\nuser_usec 5\nsystem_usec 4\nnr_periods 8\nnr_throttled 4\nthrottled_usec 70\n";

TEST(ParseCpuThrottling, ReadsBothVersionsInNanoseconds) {
  EXPECT_EQ(parse_cpu_throttling(version_1), (CpuThrottling{.times = 3, .ns = 250'000'000}));
  EXPECT_EQ(parse_cpu_throttling(version_2), (CpuThrottling{.times = 4, .ns = 70'000}));
}

TEST(ParseCpuThrottling, HasNoValueForAGroupThatDoesNotTell) {
  EXPECT_EQ(parse_cpu_throttling("usage_usec 9\nuser_usec 5\nsystem_usec 4\n"), std::nullopt);
  EXPECT_EQ(parse_cpu_throttling(""), std::nullopt);
  EXPECT_EQ(parse_cpu_throttling("throttled_usec many\n"), std::nullopt);
}

TEST(CpuThrottling, IsTheSumOfTheGroupsThatTell) {
  const test::Folder folder;
  const fs::path one = folder.write("one", version_1);
  const fs::path two = folder.write("two", version_2);
  const fs::path mute = folder.write("mute", "usage_usec 9\n");
  EXPECT_EQ(cpu_throttling({one, folder.path() / "absent", mute, two}), (CpuThrottling{.times = 7, .ns = 250'070'000}));
  EXPECT_EQ(cpu_throttling({mute}), std::nullopt);
}

} // namespace
} // namespace flowbench
