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

TEST(ReadClocks, TakesTheReadingThatTookTheShortestTime) {
  std::int64_t time = 0;
  int calls = 0;
  const ClockReading reading = read_clocks([&](clockid_t clock) {
    // Preempted in each reading but the third.
    time += calls++ / 3 == 2 ? 10 : 1'000;
    return clock == CLOCK_MONOTONIC_RAW ? time - 5 : time;
  });
  EXPECT_EQ(reading.monotonic_ns - reading.raw_ns, 5);
}

TEST(ReadClocks, SeesClocksThatDisagreeOrGoBack) {
  const ClockReading before = read_clocks(clocks_off_by(""));
  const ClockError fast = clock_error(before, read_clocks(clocks_off_by("monotonic_ns 0\nraw_ns 60000000000\n")));
  EXPECT_FALSE(fast.went_back);
  EXPECT_GT(fast.ns, 59'000'000'000U);
  EXPECT_TRUE(clock_error(before, read_clocks(clocks_off_by("monotonic_ns -60000000000"))).went_back);
  EXPECT_TRUE(clock_error(before, read_clocks(clocks_off_by("raw_ns -60000000000"))).went_back);
}

TEST(ReadClocks, DoNotGoBackHere) {
  const ClockReading before = read_clocks();
  const ClockReading after = read_clocks();
  EXPECT_GT(before.monotonic_ns, 0);
  EXPECT_FALSE(clock_error(before, after).went_back);
}

} // namespace
} // namespace flowbench
