#include "flowbench_kit/lateness.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

namespace flowbench {
namespace {

using Buckets = std::vector<Lateness::Bucket>;

Buckets buckets_of(std::initializer_list<std::int64_t> values) {
  Lateness lateness;
  for (const std::int64_t value : values) lateness.record_ns(value);
  return lateness.buckets();
}

TEST(Lateness, PutsAValueOnABoundIntoTheBucketOfThatBound) {
  EXPECT_EQ(buckets_of({1024}), (Buckets{{1024, 1}}));
  EXPECT_EQ(buckets_of({1025}), (Buckets{{2048, 1}}));
  EXPECT_EQ(buckets_of({2048}), (Buckets{{2048, 1}}));
  EXPECT_EQ(buckets_of({2049}), (Buckets{{4096, 1}}));
}

TEST(Lateness, PutsSmallValuesIntoTheFirstBucket) { EXPECT_EQ(buckets_of({0, 1, 2, 1023}), (Buckets{{1024, 4}})); }

TEST(Lateness, HoldsTheLargestValue) {
  EXPECT_EQ(buckets_of({std::numeric_limits<std::int64_t>::max()}), (Buckets{{std::uint64_t{1} << 63U, 1}}));
}

TEST(Lateness, ListsOnlyFilledBucketsWithRisingBounds) {
  EXPECT_EQ(buckets_of({1'000'000, 5, 1'000'001, 3'000}), (Buckets{{1024, 1}, {4096, 1}, {1048576, 2}}));
}

TEST(Lateness, CountsAnEarlyWakeAndStillCoversItsTask) {
  Lateness lateness;
  lateness.record_ns(-1);
  lateness.record_ns(10);
  EXPECT_EQ(lateness.early(), 1U);
  EXPECT_EQ(lateness.recorded(), 2U);
  EXPECT_EQ(lateness.buckets(), (Buckets{{1024, 2}}));
}

TEST(Lateness, RecordsTheTimeSinceDue) {
  Lateness lateness;
  lateness.record(Lateness::Clock::now() - std::chrono::hours{1});
  lateness.record(Lateness::Clock::now() + std::chrono::hours{1});
  EXPECT_EQ(lateness.early(), 1U);
  const Buckets buckets = lateness.buckets();
  ASSERT_EQ(buckets.size(), 2U);
  EXPECT_EQ(buckets[1].first, std::uint64_t{1} << 42U); // 3.6e12 ns lies between 2^41 and 2^42
}

TEST(Lateness, LosesNothingWhenManyThreadsRecord) {
  constexpr int threads = 4;
  constexpr int each = 10'000;
  Lateness lateness;
  {
    std::vector<std::jthread> recorders;
    for (int t = 0; t < threads; ++t) {
      recorders.emplace_back([&] {
        for (int i = 0; i < each; ++i) lateness.record_ns(i % 2 == 0 ? -1 : 5'000);
      });
    }
  }
  EXPECT_EQ(lateness.recorded(), threads * each);
  EXPECT_EQ(lateness.early(), threads * each / 2);
}

} // namespace
} // namespace flowbench
