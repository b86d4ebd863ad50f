#include "flowcoro/sched/load_balancer.hpp"

#include "support/build.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using flowcoro::LoadBalancer;
using flowcoro::test::rounds;
using flowcoro::test::start_together;

TEST(LoadBalancer, RefusesToHaveNoPlace) {
  try {
    const LoadBalancer none{0};
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_EQ(std::string{error.what()}.substr(0, 6), "places");
  }
}

TEST(LoadBalancer, ChoosesThePlaceWithTheLeastToDo) {
  LoadBalancer loads{4};
  for (const std::size_t place : {0u, 0u, 1u, 2u, 2u, 3u, 3u}) loads.add(place);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(loads.choose(), 1u);
  EXPECT_EQ(loads.load(1), 1u) << "to choose adds nothing";
  loads.add(1);
  loads.remove(3);
  loads.remove(3);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(loads.choose(), 3u);
}

TEST(LoadBalancer, SharesOutEqualLoads) {
  LoadBalancer loads{8};
  std::set<std::size_t> chosen;
  for (int i = 0; i < 1'000; ++i) chosen.insert(loads.choose());
  EXPECT_EQ(chosen.size(), 8u);
  for (int i = 0; i < 8 * 10; ++i) static_cast<void>(loads.place());
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(loads.load(i), 10u) << i;
}

TEST(LoadBalancer, FallsWhenWorkIsDone) {
  LoadBalancer loads{2};
  for (int i = 0; i < 10; ++i) loads.remove(loads.place());
  EXPECT_EQ(loads.load(0) + loads.load(1), 0u);
}

TEST(LoadBalancerDeathTest, FindsOutWhenMoreIsRemovedThanWasAdded) {
  LoadBalancer loads{1};
  EXPECT_DEATH(loads.remove(0), "more was removed");
}

TEST(LoadBalancer, TakesTheBetterOfTwoWhereThereAreMany) {
  constexpr std::size_t places = 100;
  LoadBalancer loads{places};
  std::set<std::size_t> chosen;
  for (std::size_t i = 0; i < places * 50; ++i) chosen.insert(loads.place());
  EXPECT_EQ(chosen.size(), places);
  std::size_t most = 0;
  std::size_t least = ~std::size_t{0};
  for (std::size_t i = 0; i < places; ++i) {
    most = std::max(most, loads.load(i));
    least = std::min(least, loads.load(i));
  }
  // One random choice would leave places some 20 above their share of 50; of two, the better is at most log log 100 / log 2 and a bit.
  EXPECT_LE(most, 55u);
  EXPECT_GE(least, 40u);
}

TEST(LoadBalancer, HasOnePlaceToChoose) {
  LoadBalancer loads{1};
  EXPECT_EQ(loads.place(), 0u);
  EXPECT_EQ(loads.place(), 0u);
  EXPECT_EQ(loads.load(0), 2u);
  EXPECT_EQ(loads.places(), 1u);
}

TEST(LoadBalancerStress, CountsExactly) {
  LoadBalancer loads{3};
  const std::size_t each = rounds(100'000);
  std::array<std::array<std::size_t, 3>, 4> kept{};
  start_together(4, [&](std::size_t thread) {
    for (std::size_t i = 0; i < each; ++i) {
      const std::size_t place = loads.place();
      if (i % 10 == 0)
        ++kept[thread][place];
      else
        loads.remove(place);
    }
  });
  for (std::size_t place = 0; place < 3; ++place) {
    std::size_t sum = 0;
    for (const auto& of_thread : kept) sum += of_thread[place];
    EXPECT_EQ(loads.load(place), sum);
  }
}

} // namespace
