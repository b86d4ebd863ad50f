#include "mix.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace flowbench {
namespace {

// The first outputs of the reference implementation of splitmix64 for the seed 1234567.
TEST(Mix, MatchesTheReferenceImplementation) {
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
  EXPECT_EQ(random.next(), 9817491932198370423U);
  EXPECT_EQ(mix(1234567), 6457827717110365317U);
}

TEST(Random, StaysBelowItsBoundAndReachesAllOfIt) {
  Random random(1);
  std::vector<int> seen(6);
  for (int i = 0; i < 6000; ++i) ++seen[random.below(6)];
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
}

TEST(Shuffle, KeepsEveryItemAndFollowsTheSeed) {
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  std::vector<int> a = items, b = items, c = items;
  Random first(7), same(7), other(8);
  shuffle(a, first);
  shuffle(b, same);
  shuffle(c, other);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  EXPECT_NE(a, items);
  std::sort(a.begin(), a.end());
  EXPECT_EQ(a, items);
}

} // namespace
} // namespace flowbench
