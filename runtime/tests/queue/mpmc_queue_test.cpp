#include "flowcoro/queue/mpmc_queue.hpp"

#include "support/build.hpp"
#include "support/seed.hpp"
#include "support/start_together.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using flowcoro::MpmcQueue;
using flowcoro::StdAtomics;
using flowcoro::test::Census;
using flowcoro::test::Counted;
using flowcoro::test::MoveOnly;
using flowcoro::test::OverAligned;
using flowcoro::test::rounds;
using flowcoro::test::start_together;

TEST(MpmcQueue, IsEmptyAtFirstAndGivesNothing) {
  MpmcQueue<int> queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(MpmcQueue, GivesValuesInTheOrderTheyCameAcrossBlocks) {
  MpmcQueue<int> queue;
  int next = 0;
  int pushed = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 7; ++i) queue.push(pushed++);
    for (int i = 0; i < 5; ++i) ASSERT_EQ(queue.try_pop(), next++);
  }
  while (next < pushed) ASSERT_EQ(queue.try_pop(), next++);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(MpmcQueue, HasBlocksOfAnySize) {
  MpmcQueue<std::string, StdAtomics, 1> ones;
  MpmcQueue<std::string, StdAtomics, 2> twos;
  for (int i = 0; i < 20; ++i) {
    ones.push(std::to_string(i));
    twos.push(std::to_string(i));
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(ones.try_pop(), std::to_string(i));
    EXPECT_EQ(twos.try_pop(), std::to_string(i));
  }
}

TEST(MpmcQueue, KeepsEachValueOnce) {
  Census census;
  {
    MpmcQueue<Counted> queue;
    for (int i = 0; i < 100; ++i) queue.push(Counted{census, i});
    EXPECT_EQ(census.alive(), 100);
    for (int i = 0; i < 60; ++i) {
      const auto value = queue.try_pop();
      ASSERT_TRUE(value);
      EXPECT_EQ(value->value(), i);
    }
    EXPECT_EQ(census.alive(), 40);
  } // with values left
  EXPECT_EQ(census.alive(), 0);
  EXPECT_EQ(census.copies(), 0);
}

TEST(MpmcQueue, TakesTypesThatCanOnlyBeMovedOrNeedAlignment) {
  MpmcQueue<std::unique_ptr<int>> pointers;
  pointers.push(std::make_unique<int>(5));
  EXPECT_EQ(**pointers.try_pop(), 5);
  MpmcQueue<MoveOnly> moved;
  moved.push(MoveOnly{6});
  EXPECT_EQ(moved.try_pop()->value(), 6);
  const auto aligned = std::make_unique<MpmcQueue<OverAligned>>();
  aligned->push(OverAligned{7});
  const auto value = aligned->try_pop();
  EXPECT_TRUE(value->is_aligned());
  EXPECT_EQ(value->value, 7);
}

/// Number of threads that push, and that pop.
struct Sizes {
  std::size_t producers;
  std::size_t consumers;
};
class MpmcQueueStress : public testing::TestWithParam<Sizes> {};

template <std::size_t slots>
void give_each_value_once(const Sizes& sizes) {
  const std::size_t each = rounds(100'000);
  const std::size_t all = sizes.producers * each;
  Census census;
  std::vector<std::atomic<std::uint8_t>> taken(all);
  std::atomic<std::size_t> count{0};
  std::atomic<std::size_t> out_of_order{0};
  {
    MpmcQueue<Counted, StdAtomics, slots> queue;
    start_together(sizes.producers + sizes.consumers, [&](std::size_t thread) {
      flowcoro::test::Random random{thread};
      if (thread < sizes.producers) {
        for (std::size_t i = 0; i < each; ++i) {
          queue.push(Counted{census, static_cast<int>(thread * each + i)});
          if (random.one_in(1'000)) std::this_thread::yield();
        }
        return;
      }
      std::vector<std::size_t> next(sizes.producers);
      while (count.load(std::memory_order_relaxed) < all) {
        const auto value = queue.try_pop();
        if (!value) {
          std::this_thread::yield();
          continue;
        }
        const auto number = static_cast<std::size_t>(value->value());
        taken[number].fetch_add(1, std::memory_order_relaxed);
        if (number % each < next[number / each]) out_of_order.fetch_add(1);
        next[number / each] = number % each + 1;
        count.fetch_add(1, std::memory_order_relaxed);
      }
    });
    EXPECT_TRUE(queue.empty());
  }
  EXPECT_EQ(out_of_order.load(), 0u);
  for (std::size_t i = 0; i < all; ++i) ASSERT_EQ(taken[i].load(), 1) << i;
  EXPECT_EQ(census.alive(), 0);
}

TEST_P(MpmcQueueStress, GivesEachValueOnceAndEachProducersInOrder) { give_each_value_once<31>(GetParam()); }
TEST_P(MpmcQueueStress, GivesEachValueOnceFromBlocksOfOne) { give_each_value_once<1>(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Threads, MpmcQueueStress, testing::Values(Sizes{1, 1}, Sizes{1, 3}, Sizes{3, 1}, Sizes{3, 3}),
                         [](const testing::TestParamInfo<Sizes>& info) {
                           return std::to_string(info.param.producers) + "x" + std::to_string(info.param.consumers);
                         });

TEST(MpmcQueueStress, MovesOnWithManyMoreThreadsThanCpus) {
  MpmcQueue<std::size_t, StdAtomics, 2> queue;
  const std::size_t each = rounds(2'000);
  std::atomic<std::size_t> sum{0};
  start_together(32, [&](std::size_t) {
    for (std::size_t i = 1; i <= each; ++i) {
      queue.push(i);
      std::optional<std::size_t> value;
      while (!(value = queue.try_pop())) std::this_thread::yield();
      sum.fetch_add(*value, std::memory_order_relaxed);
    }
  });
  EXPECT_EQ(sum.load(), 32 * each * (each + 1) / 2);
}

} // namespace
