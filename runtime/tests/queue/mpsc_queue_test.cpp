#include "flowcoro/queue/mpsc_queue.hpp"

#include "support/build.hpp"
#include "support/start_together.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using flowcoro::MpscQueue;
using flowcoro::test::Census;
using flowcoro::test::Counted;
using flowcoro::test::MoveFailed;
using flowcoro::test::rounds;
using flowcoro::test::start_together;
using flowcoro::test::ThrowingMove;

TEST(MpscQueue, GivesValuesInTheOrderTheyCame) {
  MpscQueue<int> queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.try_pop(), std::nullopt);
  queue.push(1);
  queue.push(2);
  EXPECT_EQ(queue.try_pop(), 1);
  queue.push(3);
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(queue.try_pop(), 2);
  EXPECT_EQ(queue.try_pop(), 3);
  EXPECT_TRUE(queue.empty());
}

TEST(MpscQueue, DestroysWhatIsLeft) {
  Census census;
  {
    MpscQueue<Counted> queue;
    for (int i = 0; i < 10; ++i) queue.push(Counted{census, i});
    EXPECT_EQ(queue.try_pop()->value(), 0); // so the rest is with the consumer
    for (int i = 0; i < 10; ++i) queue.push(Counted{census, i});
    EXPECT_EQ(census.alive(), 19);
  }
  EXPECT_EQ(census.alive(), 0);
  EXPECT_EQ(census.copies(), 0);
}

TEST(MpscQueue, KeepsAValueThatCannotBeMovedOut) {
  MpscQueue<ThrowingMove> queue;
  // Into the parameter, into the node; not out of it.
  queue.push(ThrowingMove{5, 1});
  EXPECT_THROW(static_cast<void>(queue.try_pop()), MoveFailed);
  EXPECT_FALSE(queue.empty());
  EXPECT_THROW(queue.push(ThrowingMove{6, 0}), MoveFailed);
  EXPECT_THROW(static_cast<void>(queue.try_pop()), MoveFailed) << "the first one is still the oldest";
}

TEST(MpscQueue, TakesWhatCanOnlyBeMoved) {
  MpscQueue<std::unique_ptr<int>> queue;
  queue.push(std::make_unique<int>(5));
  EXPECT_EQ(**queue.try_pop(), 5);
}

TEST(MpscQueueStress, GivesEachValueOnceAndEachProducersInOrder) {
  constexpr std::size_t producers = 3;
  const std::size_t each = rounds(100'000);
  MpscQueue<std::size_t> queue;
  std::vector<std::size_t> next(producers);
  std::size_t out_of_order = 0;
  start_together(producers + 1, [&](std::size_t thread) {
    if (thread < producers) {
      for (std::size_t i = 0; i < each; ++i) queue.push(thread * each + i);
      return;
    }
    for (std::size_t count = 0; count < producers * each;) {
      const std::optional<std::size_t> value = queue.try_pop();
      if (!value) {
        std::this_thread::yield();
        continue;
      }
      ++count;
      if (*value % each != next[*value / each]++) ++out_of_order;
    }
  });
  EXPECT_EQ(out_of_order, 0u);
  EXPECT_TRUE(queue.empty());
}

} // namespace
