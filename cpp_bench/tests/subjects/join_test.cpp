#include "thread_pool/join.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace thread_pool {
namespace {

TEST(Join, OfNothingDoesNotWait) {
  Join join(0);
  EXPECT_EQ(join.wait(), 0U);
}

TEST(Join, WaitsForAllAndShowsWhatTheyWrote) {
  for (int round = 0; round < 200; ++round) {
    std::vector<int> written(4, 0);
    std::vector<std::jthread> threads;
    Join join(8);
    for (int& slot : written) {
      threads.emplace_back([&] {
        slot = 1;
        join.finish(2);
      });
    }
    EXPECT_EQ(join.wait(), 8U);
    EXPECT_EQ(written, (std::vector<int>(4, 1)));
  }
}

} // namespace
} // namespace thread_pool
