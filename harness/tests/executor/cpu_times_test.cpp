#include "executor/cpu_times.hpp"

#include <gtest/gtest.h>

namespace flowbench {
namespace {

//                        user nice system idle iowait irq softirq steal guest guest_nice
constexpr const char* stat =
    "cpu  99 99 99 99 99 99 99 99 99 99\n"
    "cpu0 1 2 4 1000 1000 8 16 2 1 0\n"
    "cpu1 100 200 400 1000 1000 800 1600 7 0 0\n"
    "intr 1 2 3\n";

TEST(ParseCpuTimes, SumsTheCpusThatCount) {
  EXPECT_EQ(parse_cpu_times(stat, {}, 10).steal_ns, 90U);
  EXPECT_EQ(parse_cpu_times(stat, {1}, 10).steal_ns, 70U);
  EXPECT_EQ(parse_cpu_times(stat, {0, 1}, 10).steal_ns, 90U);
  EXPECT_EQ(parse_cpu_times("", {}, 10).steal_ns, 0U);
}

TEST(ParseCpuTimes, BusyIsNeitherIdleNorWaitingNorStolenAndCountsGuestsOnce) {
  EXPECT_EQ(parse_cpu_times(stat, {0}, 10).busy_ns, 310U);
  EXPECT_EQ(parse_cpu_times(stat, {0, 1}, 10).busy_ns, 31'310U);
}

TEST(CpuTimes, OfThisMachineAreKnown) { EXPECT_GT(cpu_times({}).busy_ns, 0U); }

} // namespace
} // namespace flowbench
