#include "flowcoro/queue/inject_queue.hpp"

#include "support/build.hpp"
#include "support/seed.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace {

using flowcoro::InjectNode;
using flowcoro::InjectQueue;
using flowcoro::test::rounds;
using flowcoro::test::start_together;

struct Item : InjectNode {
  std::size_t producer = 0;
  std::size_t number = 0;
  std::atomic<int> taken{0};
};

/// Calls f for each item of a taken list. A successor is read first: f may hand the item on.
template <class F>
std::size_t for_each(InjectNode* list, F f) {
  std::size_t count = 0;
  for (InjectNode* next = nullptr; list != nullptr; list = next, ++count) {
    next = list->next_injected;
    f(static_cast<Item&>(*list));
  }
  return count;
}

TEST(InjectQueue, IsEmptyAtFirstAndGivesNothing) {
  InjectQueue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.take_all(), nullptr);
}

TEST(InjectQueue, GivesEverythingInTheOrderItCame) {
  std::array<Item, 5> items;
  InjectQueue queue;
  for (Item& item : items) queue.push(item);
  EXPECT_FALSE(queue.empty());
  std::vector<Item*> taken;
  for_each(queue.take_all(), [&taken](Item& item) { taken.push_back(&item); });
  EXPECT_EQ(taken, (std::vector<Item*>{&items[0], &items[1], &items[2], &items[3], &items[4]}));
  EXPECT_TRUE(queue.empty());
}

TEST(InjectQueue, KeepsWhatComesAfterATakeForTheNext) {
  std::array<Item, 2> items;
  InjectQueue queue;
  queue.push(items[0]);
  EXPECT_EQ(queue.take_all(), &items[0]);
  queue.push(items[1]);
  InjectNode* second = queue.take_all();
  EXPECT_EQ(second, &items[1]);
  EXPECT_EQ(second->next_injected, nullptr);
}

TEST(InjectQueue, TakesANodeAgainWhileItsListIsBeingRead) {
  std::array<Item, 3> items;
  InjectQueue queue;
  for (Item& item : items) queue.push(item);
  EXPECT_EQ(for_each(queue.take_all(), [&queue](Item& item) { queue.push(item); }), 3u);
  EXPECT_EQ(for_each(queue.take_all(), [](Item&) {}), 3u);
}

TEST(InjectQueueStress, GivesEachItemOnceAndEachProducersItemsInOrder) {
  constexpr std::size_t producers = 3;
  constexpr std::size_t consumers = 2;
  const std::size_t each = rounds(100'000);
  std::vector<std::vector<Item>> items(producers);
  for (std::size_t p = 0; p < producers; ++p) {
    items[p] = std::vector<Item>(each);
    for (std::size_t i = 0; i < each; ++i) {
      items[p][i].producer = p;
      items[p][i].number = i;
    }
  }
  InjectQueue queue;
  std::atomic<std::size_t> taken{0};
  std::atomic<std::size_t> out_of_order{0};
  start_together(producers + consumers, [&](std::size_t thread) {
    if (thread < producers) {
      for (Item& item : items[thread]) queue.push(item);
      return;
    }
    std::array<std::size_t, producers> next{};
    while (taken.load(std::memory_order_relaxed) < producers * each) {
      const std::size_t count = for_each(queue.take_all(), [&](Item& item) {
        if (item.number < next[item.producer]) out_of_order.fetch_add(1);
        next[item.producer] = item.number + 1;
        item.taken.fetch_add(1, std::memory_order_relaxed);
      });
      if (count == 0)
        std::this_thread::yield();
      else
        taken.fetch_add(count, std::memory_order_relaxed);
    }
  });
  EXPECT_EQ(out_of_order.load(), 0u);
  for (const auto& of_one : items)
    for (const Item& item : of_one) ASSERT_EQ(item.taken.load(), 1) << item.producer << ':' << item.number;
  EXPECT_TRUE(queue.empty());
}

TEST(InjectQueueStress, LosesNoNodeThatIsPushedAgainAtOnce) {
  // A node that leaves and comes back between another thread's read and compare-exchange is what breaks a stack with a pop.
  constexpr std::size_t threads = 3;
  const std::size_t passes = rounds(100'000);
  std::array<Item, 4> items;
  InjectQueue queue;
  for (Item& item : items) queue.push(item);
  start_together(threads, [&](std::size_t thread) {
    flowcoro::test::Random random{thread};
    for (std::size_t i = 0; i < passes; ++i) {
      for_each(queue.take_all(), [&queue](Item& item) { queue.push(item); });
      if (random.one_in(64)) std::this_thread::yield();
    }
  });
  EXPECT_EQ(for_each(queue.take_all(), [](Item& item) { item.taken.fetch_add(1); }), items.size());
  for (const Item& item : items) EXPECT_EQ(item.taken.load(), 1);
}

} // namespace
