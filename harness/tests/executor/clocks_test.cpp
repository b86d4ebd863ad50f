#include "executor/clocks.hpp"

#include <gtest/gtest.h>

namespace flowbench {
namespace {

TEST(ClockError, IsHowMuchTheTwoLengthsDiffer) {
  const ClockReading before{.monotonic_ns = 100, .raw_ns = 90};
  EXPECT_EQ(clock_error(before, {.monotonic_ns = 1'100, .raw_ns = 1'090}).ns, 0U);
  EXPECT_EQ(clock_error(before, {.monotonic_ns = 1'100, .raw_ns = 1'120}).ns, 30U);
  EXPECT_EQ(clock_error(before, {.monotonic_ns = 1'130, .raw_ns = 1'090}).ns, 30U);
  EXPECT_FALSE(clock_error(before, {.monotonic_ns = 1'130, .raw_ns = 1'090}).went_back);
}

TEST(ClockError, SeesAClockThatWentBackEvenWhenBothDid) {
  const ClockReading before{.monotonic_ns = 100, .raw_ns = 90};
  EXPECT_TRUE(clock_error(before, {.monotonic_ns = 99, .raw_ns = 1'000}).went_back);
  EXPECT_TRUE(clock_error(before, {.monotonic_ns = 1'000, .raw_ns = 89}).went_back);
  EXPECT_TRUE(clock_error(before, {.monotonic_ns = 50, .raw_ns = 40}).went_back);
}

TEST(ReadClocks, DoNotGoBackHere) {
  const ClockReading before = read_clocks();
  const ClockReading after = read_clocks();
  EXPECT_GT(before.monotonic_ns, 0);
  EXPECT_FALSE(clock_error(before, after).went_back);
}

} // namespace
} // namespace flowbench
