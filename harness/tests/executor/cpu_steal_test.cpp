#include "executor/cpu_steal.hpp"

#include <gtest/gtest.h>

namespace flowbench {
namespace {

constexpr const char* stat =
    "cpu  10 0 10 100 0 0 0 9 0 0\n"
    "cpu0 5 0 5 50 0 0 0 2 0 0\n"
    "cpu1 5 0 5 50 0 0 0 7 0 0\n"
    "intr 1 2 3\n";

TEST(ParseSteal, SumsTheCpusThatCount) {
  EXPECT_EQ(parse_steal(stat, {}, 10), 90U);
  EXPECT_EQ(parse_steal(stat, {1}, 10), 70U);
  EXPECT_EQ(parse_steal(stat, {0, 1}, 10), 90U);
  EXPECT_EQ(parse_steal("", {}, 10), 0U);
}

TEST(IsDisturbed, IsMoreThanTenPercentOfALongTrial) {
  constexpr std::uint64_t ms = 1'000'000;
  EXPECT_FALSE(is_disturbed(0, 1'000 * ms, 2));
  EXPECT_FALSE(is_disturbed(200 * ms, 1'000 * ms, 2));
  EXPECT_TRUE(is_disturbed(210 * ms, 1'000 * ms, 2));
  EXPECT_FALSE(is_disturbed(50 * ms, 50 * ms, 1)) << "too short to say";
  EXPECT_FALSE(is_disturbed(10 * ms, 60 * ms, 1)) << "one tick is the resolution of the counter";
}

} // namespace
} // namespace flowbench
