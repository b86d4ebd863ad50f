#include "flowbench_kit/in_flight.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <thread>
#include <vector>

namespace flowbench {
namespace {

TEST(InFlight, IsZeroWhenNobodyCame) { EXPECT_EQ(InFlight{}.max(), 0U); }

TEST(InFlight, CountsOneWhenEachLeavesBeforeTheNextEnters) {
  InFlight in_flight;
  for (int i = 0; i < 100; ++i) {
    in_flight.enter();
    in_flight.leave();
  }
  EXPECT_EQ(in_flight.max(), 1U);
}

TEST(InFlight, KeepsTheHighestOfSeveralPeaks) {
  InFlight in_flight;
  for (const int peak : {3, 7, 2}) {
    for (int i = 0; i < peak; ++i) in_flight.enter();
    for (int i = 0; i < peak; ++i) in_flight.leave();
  }
  EXPECT_EQ(in_flight.max(), 7U);
}

TEST(InFlight, SeesAllThreadsThatAreInsideTogether) {
  constexpr int threads = 8;
  InFlight in_flight;
  std::barrier all_inside(threads);
  {
    std::vector<std::jthread> crowd;
    for (int i = 0; i < threads; ++i) {
      crowd.emplace_back([&] {
        in_flight.enter();
        all_inside.arrive_and_wait();
        in_flight.leave();
      });
    }
  }
  EXPECT_EQ(in_flight.max(), threads);
}

} // namespace
} // namespace flowbench
