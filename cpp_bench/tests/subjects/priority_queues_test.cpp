#include "thread_pool/priority_queues.hpp"

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <latch>
#include <thread>
#include <vector>

namespace thread_pool {
namespace {

using flowbench::Priority;

TEST(PriorityQueues, GiveTheHighestFirstAndOfThatTheOldest) {
  PriorityQueues<int> queues(64);
  queues.put(Priority::low, 1);
  queues.put(Priority::normal, 2);
  queues.put(Priority::normal, 3);
  queues.put(Priority::high, 4);
  std::vector<int> taken;
  for (int i = 0; i < 4; ++i) {
    taken.push_back(queues.take());
    queues.give_back();
  }
  EXPECT_EQ(taken, (std::vector<int>{4, 2, 3, 1}));
  EXPECT_EQ(queues.most_under_way(), 1U);
}

TEST(PriorityQueues, LetNoMoreUnderWayThanTheLimit) {
  constexpr std::uint64_t limit = 2;
  constexpr int threads = 4;
  constexpr int each = 500;
  PriorityQueues<int> queues(limit);
  for (int i = 0; i < threads * each; ++i) queues.put(Priority::normal, i);
  std::latch start(threads);
  std::vector<std::jthread> takers;
  for (int t = 0; t < threads; ++t) {
    takers.emplace_back([&] {
      start.arrive_and_wait();
      for (int i = 0; i < each; ++i) {
        static_cast<void>(queues.take());
        if (i % 50 == 0) std::this_thread::yield();
        queues.give_back();
      }
    });
  }
  takers.clear();
  EXPECT_LE(queues.most_under_way(), limit);
}

TEST(PriorityQueues, ATakerAtTheLimitWaitsUntilOneIsGivenBack) {
  PriorityQueues<int> queues(1);
  queues.put(Priority::normal, 1);
  queues.put(Priority::normal, 2);
  ASSERT_EQ(queues.take(), 1);
  std::future<int> second = std::async(std::launch::async, [&] { return queues.take(); });
  queues.give_back();
  EXPECT_EQ(second.get(), 2);
  EXPECT_EQ(queues.most_under_way(), 1U);
}

} // namespace
} // namespace thread_pool
