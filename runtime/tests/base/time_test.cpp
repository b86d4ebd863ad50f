#include "flowcoro/base/time.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>

namespace {

using namespace std::chrono_literals;
using flowcoro::deadline_after;
using flowcoro::Nanoseconds;
using flowcoro::saturating_nanoseconds;
using flowcoro::steady_now;
using flowcoro::SteadyTime;

constexpr auto int64_max = std::numeric_limits<std::int64_t>::max();
constexpr auto int64_min = std::numeric_limits<std::int64_t>::min();

template <class Duration>
std::int64_t ns(Duration duration) {
  return saturating_nanoseconds(duration).count();
}
SteadyTime at(std::int64_t nanoseconds) { return SteadyTime{Nanoseconds{nanoseconds}}; }

TEST(SaturatingNanoseconds, KeepsWhatIsExact) {
  EXPECT_EQ(ns(0ns), 0);
  EXPECT_EQ(ns(1ns), 1);
  EXPECT_EQ(ns(-1ns), -1);
  EXPECT_EQ(ns(7us), 7'000);
  EXPECT_EQ(ns(-3ms), -3'000'000);
  EXPECT_EQ(ns(2h), 7'200'000'000'000);
}

TEST(SaturatingNanoseconds, RoundsFractionsUpSoThatNoWaitIsTooShort) {
  using Picoseconds = std::chrono::duration<std::int64_t, std::pico>;
  EXPECT_EQ(ns(Picoseconds{1}), 1);
  EXPECT_EQ(ns(Picoseconds{1000}), 1);
  EXPECT_EQ(ns(Picoseconds{1001}), 2);
  EXPECT_EQ(ns(Picoseconds{-1}), 0);
  EXPECT_EQ(ns(Picoseconds{-1001}), -1);
  using Thirds = std::chrono::duration<std::int64_t, std::ratio<1, 3>>;
  EXPECT_EQ(ns(Thirds{1}), 333'333'334);
  EXPECT_EQ(ns(Thirds{-1}), -333'333'333);
}

TEST(SaturatingNanoseconds, RoundsFloatingFractionsUp) {
  EXPECT_EQ(ns(std::chrono::duration<double>{0.5}), 500'000'000);
  EXPECT_EQ(ns(std::chrono::duration<double, std::nano>{0.25}), 1);
  EXPECT_EQ(ns(std::chrono::duration<double, std::nano>{2.5}), 3);
  EXPECT_EQ(ns(std::chrono::duration<float, std::nano>{-2.5f}), -2);
  EXPECT_EQ(ns(std::chrono::duration<double>{std::numeric_limits<double>::denorm_min()}), 1);
}

TEST(SaturatingNanoseconds, SaturatesWholeNumbersOfLargeUnits) {
  using Years = std::chrono::duration<std::int64_t, std::chrono::years::period>;
  EXPECT_EQ(ns(Years{292}), 292 * 31'556'952'000'000'000);
  EXPECT_EQ(ns(Years{293}), int64_max);
  EXPECT_EQ(ns(Years{-293}), int64_min);
  EXPECT_EQ(ns(std::chrono::duration<std::int64_t, std::ratio<3600>>::max()), int64_max);
  EXPECT_EQ(ns(std::chrono::duration<std::int64_t, std::ratio<3600>>::min()), int64_min);
  EXPECT_EQ(ns(Nanoseconds::max()), int64_max);
  EXPECT_EQ(ns(Nanoseconds::min()), int64_min);
}

TEST(SaturatingNanoseconds, SaturatesWithTheLargestUnitThatChronoHas) {
  using Largest = std::chrono::duration<std::int64_t, std::ratio<int64_max>>;
  EXPECT_EQ(ns(Largest::max()), int64_max);
  EXPECT_EQ(ns(Largest::min()), int64_min);
  EXPECT_EQ(ns(Largest{1}), int64_max);
  EXPECT_EQ(ns(Largest{0}), 0);
  using Exaseconds = std::chrono::duration<std::int64_t, std::exa>;
  EXPECT_EQ(ns(Exaseconds::max()), int64_max);
  EXPECT_EQ(ns(Exaseconds::min()), int64_min);
}

TEST(SaturatingNanoseconds, TakesUnsignedCounts) {
  using Unsigned = std::chrono::duration<std::uint64_t, std::nano>;
  EXPECT_EQ(ns(Unsigned{5}), 5);
  EXPECT_EQ(ns(Unsigned::max()), int64_max);
}

TEST(SaturatingNanoseconds, SaturatesFloatingRangeAndInfinity) {
  using Seconds = std::chrono::duration<double>;
  EXPECT_EQ(ns(Seconds{std::numeric_limits<double>::infinity()}), int64_max);
  EXPECT_EQ(ns(Seconds{-std::numeric_limits<double>::infinity()}), int64_min);
  EXPECT_EQ(ns(Seconds::max()), int64_max);
  EXPECT_EQ(ns(Seconds::min()), int64_min);
  EXPECT_EQ(ns(std::chrono::duration<float, std::ratio<3600>>::max()), int64_max);
}

TEST(SaturatingNanoseconds, TakesNotANumberForZero) {
  EXPECT_EQ(ns(std::chrono::duration<double>{std::numeric_limits<double>::quiet_NaN()}), 0);
  EXPECT_EQ(ns(std::chrono::duration<float>{std::numeric_limits<float>::quiet_NaN()}), 0);
}

TEST(DeadlineAfter, AddsBothWays) {
  EXPECT_EQ(deadline_after(at(100), 5ns), at(105));
  EXPECT_EQ(deadline_after(at(100), -5ns), at(95));
  EXPECT_EQ(deadline_after(at(100), 0h), at(100));
}

TEST(DeadlineAfter, SaturatesAtBothEnds) {
  EXPECT_EQ(deadline_after(at(1), Nanoseconds::max()), SteadyTime::max());
  EXPECT_EQ(deadline_after(at(-2), Nanoseconds::min()), SteadyTime::min());
  EXPECT_EQ(deadline_after(at(int64_max), 1ns), SteadyTime::max());
  EXPECT_EQ(deadline_after(at(int64_min), -1ns), SteadyTime::min());
  EXPECT_EQ(deadline_after(at(int64_max - 1), 1ns), SteadyTime::max());
}

TEST(DeadlineAfter, MakesAnEndlessWaitADeadlineThatNeverPasses) {
  EXPECT_EQ(deadline_after(steady_now(), std::chrono::hours::max()), flowcoro::no_deadline);
}

TEST(SteadyNow, NeverGoesBack) {
  SteadyTime before = steady_now();
  for (int i = 0; i < 10'000; ++i) {
    const SteadyTime now = steady_now();
    ASSERT_LE(before, now);
    before = now;
  }
}

} // namespace
