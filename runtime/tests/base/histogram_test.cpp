#include "flowcoro/base/histogram.hpp"

#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

using flowcoro::Histogram;

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.percentile(0.5), 0u);
  EXPECT_EQ(histogram.percentile(1), 0u);
}

TEST(Histogram, HasBucketsWithoutGapsOrOverlaps) {
  EXPECT_EQ(Histogram::smallest_in(0), 0u);
  for (std::size_t i = 0; i < Histogram::buckets; ++i) {
    const std::uint64_t first = Histogram::smallest_in(i);
    const std::uint64_t last = Histogram::largest_in(i);
    ASSERT_LE(first, last) << i;
    ASSERT_EQ(Histogram::bucket_of(first), i);
    ASSERT_EQ(Histogram::bucket_of(last), i);
    ASSERT_LE(last - first, first / 4) << "wider than a quarter: " << i;
    if (i + 1 < Histogram::buckets) ASSERT_EQ(Histogram::smallest_in(i + 1), last + 1);
  }
  EXPECT_EQ(Histogram::largest_in(Histogram::buckets - 1), largest);
}

TEST(Histogram, CountsTheExtremesAndSmallValuesExactly) {
  Histogram histogram;
  for (std::uint64_t value = 0; value < 8; ++value) {
    histogram.add(value);
    EXPECT_EQ(histogram.percentile(1), value);
  }
  histogram.add(largest);
  EXPECT_EQ(histogram.count(), 9u);
  EXPECT_EQ(histogram.percentile(1), largest);
  EXPECT_EQ(histogram.percentile(0), 0u);
  EXPECT_EQ(histogram.count_in(Histogram::bucket_of(largest)), 1u);
}

TEST(Histogram, KnowsTheSumOfItsValues) {
  Histogram one;
  Histogram other;
  EXPECT_EQ(one.sum(), 0u);
  for (const std::uint64_t value : {0u, 5u, 1'000'003u}) one.add(value);
  other.add(7);
  one += other;
  EXPECT_EQ(one.sum(), 1'000'015u);
}

TEST(Histogram, GivesPercentilesThatAreAtMostAQuarterTooHigh) {
  flowcoro::test::Random random;
  Histogram histogram;
  std::vector<std::uint64_t> values(10'000);
  for (std::uint64_t& value : values) {
    value = random.below(largest) >> random.below(64); // every magnitude
    histogram.add(value);
  }
  std::ranges::sort(values);
  for (const double part : {0.01, 0.25, 0.5, 0.75, 0.99, 0.999, 1.0}) {
    const auto place = static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size()))) - 1;
    const std::uint64_t exact = values[place];
    const std::uint64_t given = histogram.percentile(part);
    EXPECT_GE(given, exact) << part;
    EXPECT_LE(given - exact, exact / 4 + 1) << part;
  }
}

TEST(Histogram, AddsAnotherOne) {
  Histogram one;
  Histogram other;
  one.add(5);
  one.add(1'000);
  other.add(5);
  other.add(1'000'000);
  one += other;
  EXPECT_EQ(one.count(), 4u);
  EXPECT_EQ(one.count_in(Histogram::bucket_of(5)), 2u);
  EXPECT_EQ(one.percentile(0.5), 5u);
  EXPECT_EQ(other.count(), 2u) << "the other one stays as it is";
}

} // namespace
