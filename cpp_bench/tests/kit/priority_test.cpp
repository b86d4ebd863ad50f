#include "flowbench_kit/priority.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <set>

namespace flowbench {
namespace {

using Counts = std::array<std::uint64_t, priorities>;

Counts counts(std::uint64_t seed, std::uint64_t first, std::uint64_t tasks) {
  Counts counted{};
  for (std::uint64_t i = first; i < first + tasks; ++i) ++counted.at(static_cast<std::size_t>(priority_of(seed, i)));
  return counted;
}

TEST(PriorityOf, SharesEachTenExactly) {
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{7}, std::numeric_limits<std::uint64_t>::max() - 3}) {
    for (std::uint64_t ten = 0; ten < 100; ++ten)
      EXPECT_EQ(counts(seed, ten * 10, 10), (Counts{1, 6, 3})) << seed << ' ' << ten;
  }
}

TEST(PriorityOf, TurnsEachTenByTheSeed) {
  std::set<std::uint64_t> places;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    if (priority_of(7, i) == Priority::high) places.insert(i % 10);
  }
  EXPECT_EQ(places.size(), 10U) << "the high one is at each place of a ten somewhere";
}

// The same numbers stand in the tests of every language.
TEST(PriorityOf, IsTheSameRuleInEveryLanguage) {
  std::uint64_t highs = 0;
  std::uint64_t lows = 0;
  for (std::uint64_t i = 0; i < 64; ++i) {
    if (priority_of(42, i) == Priority::high) highs |= std::uint64_t{1} << i;
    if (priority_of(42, i) == Priority::low) lows |= std::uint64_t{1} << i;
  }
  EXPECT_EQ(highs, 0x8080800420000480U);
  EXPECT_EQ(lows, 0x707070039c0e0070U);
}

TEST(QueueingDelays, AreCountedByPriority) {
  QueueingDelays delays;
  delays.record(Priority::normal, QueueingDelays::Clock::now() - std::chrono::hours{1});
  EXPECT_EQ(delays[Priority::high].recorded(), 0U);
  EXPECT_EQ(delays[Priority::low].recorded(), 0U);
  const auto buckets = delays[Priority::normal].buckets();
  ASSERT_EQ(buckets.size(), 1U);
  EXPECT_EQ(buckets[0].first, std::uint64_t{1} << 42U); // 3.6e12 ns lies between 2^41 and 2^42
}

TEST(QueueingDelays, HaveAHistogramNameEach) {
  EXPECT_STREQ(queueing_name(Priority::high), "queueing_high_ns");
  EXPECT_STREQ(queueing_name(Priority::normal), "queueing_normal_ns");
  EXPECT_STREQ(queueing_name(Priority::low), "queueing_low_ns");
}

} // namespace
} // namespace flowbench
