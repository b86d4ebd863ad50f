#include "flowbench_kit/shape.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace flowbench {
namespace {

using std::chrono::milliseconds;
using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

static_assert(sleep_time(1) == milliseconds{10} && sleep_time(1'000) == milliseconds{10});
static_assert(sleep_time(1'001) == milliseconds{100} && sleep_time(10'000) == milliseconds{100});
static_assert(sleep_time(10'001) == milliseconds{1'000} && sleep_time(100'000) == milliseconds{1'000});
static_assert(sleep_time(100'001) == milliseconds{10'000});

Ranges groups_of(std::uint64_t tasks) {
  Ranges ranges;
  for (Groups groups(tasks); !groups.done();) {
    const auto group = groups.next();
    ranges.emplace_back(group.first, group.last);
  }
  return ranges;
}

Ranges chains_of(std::uint64_t tasks) {
  Ranges ranges;
  for_each_chain(tasks, [&](std::uint64_t first, std::uint64_t last) { ranges.emplace_back(first, last); });
  return ranges;
}

TEST(Groups, AreTenAHundredAThousandInTurn) {
  EXPECT_EQ(groups_of(2'220), (Ranges{{0, 10}, {10, 110}, {110, 1110}, {1110, 1120}, {1120, 1220}, {1220, 2220}}));
}

TEST(Groups, CutTheLastOne) {
  EXPECT_EQ(groups_of(1), (Ranges{{0, 1}}));
  EXPECT_EQ(groups_of(11), (Ranges{{0, 10}, {10, 11}}));
  EXPECT_EQ(groups_of(1'000), (Ranges{{0, 10}, {10, 110}, {110, 1000}}));
}

TEST(Chains, AreAThousandDeepAndTheLastIsCut) {
  EXPECT_EQ(chains_of(2'001), (Ranges{{0, 1000}, {1000, 2000}, {2000, 2001}}));
  EXPECT_EQ(chains_of(1'000), (Ranges{{0, 1000}}));
  EXPECT_EQ(chains_of(1), (Ranges{{0, 1}}));
}

} // namespace
} // namespace flowbench
