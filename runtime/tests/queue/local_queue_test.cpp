#include "flowcoro/queue/local_queue.hpp"

#include "support/build.hpp"
#include "support/seed.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <new>
#include <numeric>
#include <ostream>
#include <thread>
#include <vector>

namespace {

using Queue = flowcoro::LocalQueue<const int*>;

/// Items 0 … n-1, as pointers to their numbers.
class Items {
 public:
  explicit Items(int count) : numbers_(static_cast<std::size_t>(count)) {
    std::iota(numbers_.begin(), numbers_.end(), 0);
  }
  [[nodiscard]] const int* operator[](int i) const { return &numbers_[static_cast<std::size_t>(i)]; }

 private:
  std::vector<int> numbers_;
};

void push(Queue& queue, const Items& items, int from, int to) {
  for (int i = from; i < to; ++i) ASSERT_TRUE(queue.push(items[i]) != 0);
}

std::vector<int> drain(Queue& queue) {
  std::vector<int> numbers;
  while (const int* item = queue.pop()) numbers.push_back(*item);
  return numbers;
}

std::vector<int> range(int from, int to) {
  std::vector<int> numbers(static_cast<std::size_t>(to - from));
  std::iota(numbers.begin(), numbers.end(), from);
  return numbers;
}

/// What a steal brought: the item that was handed out, then what was queued.
std::vector<int> loot(const int* first, Queue& thief) {
  std::vector<int> numbers;
  if (first != nullptr) numbers.push_back(*first);
  for (const int number : drain(thief)) numbers.push_back(number);
  return numbers;
}

TEST(LocalQueue, IsEmptyAtFirstAndGivesNothing) {
  Queue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.pop(), nullptr);
}

TEST(LocalQueue, GivesItsOwnerItemsInTheOrderTheyCame) {
  const Items items{100};
  Queue queue;
  push(queue, items, 0, 100);
  EXPECT_EQ(queue.size(), 100u);
  EXPECT_EQ(drain(queue), range(0, 100));
  EXPECT_TRUE(queue.empty());
}

TEST(LocalQueue, TellsTheOwnerHowManyAreQueuedAfterAPush) {
  const Items items{3};
  Queue queue{2};
  EXPECT_EQ(queue.push(items[0]), 1u);
  EXPECT_EQ(queue.push(items[1]), 2u);
  EXPECT_EQ(queue.push(items[2]), 3u);
  EXPECT_EQ(queue.pop(), items[0]);
  EXPECT_EQ(queue.push(items[0]), 3u);
}

TEST(LocalQueue, CountsWhatWasTakenByWhomever) {
  const Items items{9};
  Queue queue;
  Queue thief;
  const std::uint64_t before = queue.taken();
  push(queue, items, 0, 9);
  EXPECT_EQ(queue.taken(), before);
  EXPECT_EQ(queue.pop(), items[0]);
  EXPECT_EQ(queue.taken(), before + 1);
  EXPECT_EQ(loot(queue.steal_half(thief), thief), range(1, 5));
  EXPECT_EQ(queue.taken(), before + 5);
}

/// Capacities that make every few pushes grow the ring or run round it.
class SmallLocalQueue : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Capacities, SmallLocalQueue, testing::Values(0, 1, 2, 3, 4, 256));

TEST_P(SmallLocalQueue, KeepsItemsAndOrderWhileItGrows) {
  const Items items{1000};
  Queue queue{GetParam()};
  push(queue, items, 0, 1000);
  EXPECT_EQ(queue.size(), 1000u);
  EXPECT_EQ(drain(queue), range(0, 1000));
}

TEST_P(SmallLocalQueue, RunsRoundItsRingManyTimes) {
  const Items items{300};
  Queue queue{GetParam()};
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(queue.push(items[i]) != 0);
    if (i > 0) {
      const int* item = queue.pop();
      ASSERT_NE(item, nullptr);
      ASSERT_EQ(*item, i - 1);
    }
  }
  EXPECT_EQ(drain(queue), range(299, 300));
}

TEST_P(SmallLocalQueue, GrowsWhenItsFirstItemIsInTheMiddleOfTheRing) {
  const Items items{20};
  Queue queue{GetParam()};
  push(queue, items, 0, 2);
  EXPECT_EQ(queue.pop(), items[0]);
  push(queue, items, 2, 20);
  EXPECT_EQ(drain(queue), range(1, 20));
}

TEST_P(SmallLocalQueue, AgreesWithADequeOverManyRandomSteps) {
  flowcoro::test::Random random;
  const Items items{1000};
  Queue queue{GetParam()};
  Queue thief{GetParam()};
  std::deque<const int*> model;
  std::deque<const int*> thief_model;
  const auto pop_front = [](std::deque<const int*>& from) {
    if (from.empty()) return static_cast<const int*>(nullptr);
    const int* item = from.front();
    from.pop_front();
    return item;
  };
  for (int step = 0; step < 20'000; ++step) {
    switch (random.below(8)) {
      default: {
        const int* item = items[static_cast<int>(random.below(1000))];
        ASSERT_TRUE(queue.push(item) != 0);
        model.push_back(item);
        break;
      }
      case 4:
      case 5: ASSERT_EQ(queue.pop(), pop_front(model)); break;
      case 6: ASSERT_EQ(thief.pop(), pop_front(thief_model)); break;
      case 7: {
        const std::size_t limit = 1 + random.below(20);
        const std::size_t count = std::min(model.size() - model.size() / 2, limit);
        ASSERT_EQ(queue.steal_half(thief, limit), pop_front(model));
        for (std::size_t i = 1; i < count; ++i) thief_model.push_back(pop_front(model));
        break;
      }
    }
    ASSERT_EQ(queue.size(), model.size());
    ASSERT_EQ(thief.size(), thief_model.size());
  }
}

TEST_P(SmallLocalQueue, KeepsItemsAndOrderWhenItShrinks) {
  const Items items{3000};
  Queue queue{GetParam()};
  push(queue, items, 0, 2000);
  for (int i = 0; i < 1990; ++i) ASSERT_EQ(queue.pop(), items[i]);
  queue.shrink(GetParam());
  EXPECT_EQ(queue.size(), 10u);
  queue.shrink(GetParam());
  push(queue, items, 2000, 3000);
  EXPECT_EQ(drain(queue), range(1990, 3000));
  queue.shrink(GetParam());
  EXPECT_EQ(queue.pop(), nullptr);
  push(queue, items, 0, 3);
  EXPECT_EQ(drain(queue), range(0, 3));
}

TEST(LocalQueueSteal, TakesTheOlderHalfInOrder) {
  const Items items{10};
  Queue victim;
  Queue thief;
  push(victim, items, 0, 10);
  EXPECT_EQ(loot(victim.steal_half(thief), thief), range(0, 5));
  EXPECT_EQ(drain(victim), range(5, 10));
}

TEST(LocalQueueSteal, RoundsHalfUpSoThatTheLastItemCanBeTaken) {
  const Items items{5};
  Queue victim;
  Queue thief;
  push(victim, items, 0, 5);
  EXPECT_EQ(loot(victim.steal_half(thief), thief), range(0, 3));
  EXPECT_EQ(loot(victim.steal_half(thief), thief), range(3, 4));
  EXPECT_EQ(loot(victim.steal_half(thief), thief), range(4, 5));
  EXPECT_TRUE(victim.empty());
}

TEST(LocalQueueSteal, GivesNothingFromAnEmptyQueue) {
  Queue victim;
  Queue thief;
  EXPECT_EQ(victim.steal_half(thief), nullptr);
  EXPECT_TRUE(thief.empty());
}

TEST(LocalQueueSteal, GivesNothingFromAQueueThatWasEmptied) {
  const Items items{3};
  Queue victim{2};
  Queue thief{2};
  push(victim, items, 0, 3);
  EXPECT_EQ(drain(victim), range(0, 3));
  EXPECT_EQ(victim.steal_half(thief), nullptr);
}

TEST(LocalQueueSteal, TakesNoMoreThanTheLimit) {
  const Items items{100};
  Queue victim;
  Queue thief;
  push(victim, items, 0, 100);
  EXPECT_EQ(loot(victim.steal_half(thief, 7), thief), range(0, 7));
  EXPECT_EQ(loot(victim.steal_half(thief, 1), thief), range(7, 8));
  EXPECT_EQ(victim.size(), 92u);
}

TEST(LocalQueueSteal, GrowsAThiefThatIsSmallerThanTheLoot) {
  const Items items{200};
  Queue victim;
  Queue thief{2};
  push(victim, items, 0, 200);
  EXPECT_EQ(loot(victim.steal_half(thief), thief), range(0, 100));
  EXPECT_EQ(drain(victim), range(100, 200));
}

TEST(LocalQueueSteal, PutsTheLootBehindWhatTheThiefHas) {
  const Items items{10};
  Queue victim;
  Queue thief{2};
  push(thief, items, 0, 3);
  push(victim, items, 4, 10);
  EXPECT_EQ(victim.steal_half(thief), items[4]);
  EXPECT_EQ(drain(thief), (std::vector{0, 1, 2, 5, 6}));
}

/// Counters that start just below a power of two, so that they cross it.
class WrappingLocalQueue : public testing::TestWithParam<std::uint64_t> {};
constexpr std::uint64_t two_to_32 = std::uint64_t{1} << 32;
INSTANTIATE_TEST_SUITE_P(FirstIndices, WrappingLocalQueue,
                         testing::Values(std::numeric_limits<std::uint64_t>::max() - 2, two_to_32 - 3,
                                         (std::uint64_t{1} << 63) - 3));

TEST_P(WrappingLocalQueue, KeepsOrderAcrossTheWrap) {
  const Items items{50};
  Queue queue{2, GetParam()};
  push(queue, items, 0, 50);
  EXPECT_EQ(queue.size(), 50u);
  EXPECT_EQ(drain(queue), range(0, 50));
}

TEST_P(WrappingLocalQueue, RunsRoundATinyRingAcrossTheWrap) {
  const Items items{50};
  Queue queue{2, GetParam()};
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(queue.push(items[i]) != 0);
    ASSERT_EQ(queue.pop(), items[i]);
    ASSERT_TRUE(queue.empty());
  }
}

TEST_P(WrappingLocalQueue, IsStolenFromAcrossTheWrap) {
  const Items items{40};
  Queue victim{4, GetParam()};
  Queue thief{4, GetParam() - 1};
  push(victim, items, 0, 40);
  EXPECT_EQ(loot(victim.steal_half(thief), thief), range(0, 20));
  EXPECT_EQ(loot(victim.steal_half(thief), thief), range(20, 30));
  EXPECT_EQ(drain(victim), range(30, 40));
}

#if !FLOWCORO_TEST_TSAN // whose own operator new cannot be replaced in part; these tests have one thread
std::atomic<bool> refuse_memory{false};

/// While it lives, operator new(std::nothrow) gives nothing.
class NoMemory {
 public:
  NoMemory() { refuse_memory = true; }
  ~NoMemory() { refuse_memory = false; }
  NoMemory(const NoMemory&) = delete;
  NoMemory& operator=(const NoMemory&) = delete;
};

TEST(LocalQueueWithoutMemory, RefusesAPushThatWouldHaveToGrowAndKeepsTheRest) {
  const Items items{3};
  Queue queue{2};
  push(queue, items, 0, 2);
  {
    const NoMemory now;
    EXPECT_TRUE(queue.push(items[2]) == 0);
    EXPECT_EQ(queue.size(), 2u);
  }
  EXPECT_TRUE(queue.push(items[2]) != 0);
  EXPECT_EQ(drain(queue), range(0, 3));
}

TEST(LocalQueueWithoutMemory, StealsAsMuchAsTheThiefHasRoomFor) {
  const Items items{40};
  Queue victim;
  Queue thief{4};
  push(victim, items, 0, 40);
  const int* first = nullptr;
  {
    const NoMemory now;
    first = victim.steal_half(thief);
  }
  const std::vector<int> taken = loot(first, thief);
  EXPECT_FALSE(taken.empty());
  EXPECT_LE(taken.size(), 5u);
  EXPECT_EQ(taken, range(0, static_cast<int>(taken.size())));
  EXPECT_EQ(drain(victim), range(static_cast<int>(taken.size()), 40));
}

TEST(LocalQueueWithoutMemory, StaysAsItIsInsteadOfShrinking) {
  const Items items{100};
  Queue queue{2};
  push(queue, items, 0, 100);
  {
    const NoMemory now;
    queue.shrink(2);
  }
  EXPECT_EQ(drain(queue), range(0, 100));
}

TEST(LocalQueueWithoutMemory, CannotBeMade) {
  const NoMemory now;
  EXPECT_THROW(Queue{2}, std::bad_alloc);
}
#endif

struct StressCase {
  std::size_t capacity;
  std::size_t thieves;
};
std::ostream& operator<<(std::ostream& out, const StressCase& stress) {
  return out << "capacity " << stress.capacity << ", " << stress.thieves << " thieves";
}

class LocalQueueStress : public testing::TestWithParam<StressCase> {};
INSTANTIATE_TEST_SUITE_P(Cases, LocalQueueStress,
                         testing::Values(StressCase{1, 2}, StressCase{2, 1}, StressCase{2, 3}, StressCase{4, 2},
                                         StressCase{256, 1}, StressCase{256, 3}));

/// What one consumer took; each keeps its own, so that they meet in the queue only.
struct Taken {
  std::vector<int> numbers;
  bool in_order = true;

  void add(const int* item) {
    if (!numbers.empty() && *item <= numbers.back()) in_order = false;
    numbers.push_back(*item);
  }
};

void expect_each_once(const std::vector<Taken>& consumers, int count) {
  std::vector<int> times(static_cast<std::size_t>(count), 0);
  for (const Taken& taken : consumers)
    for (const int number : taken.numbers) ++times[static_cast<std::size_t>(number)];
  for (int i = 0; i < count; ++i) ASSERT_EQ(times[static_cast<std::size_t>(i)], 1) << "item " << i;
}

TEST_P(LocalQueueStress, GivesEachItemOnceAndEachConsumerItsItemsInOrder) {
  const auto count = static_cast<int>(flowcoro::test::rounds(300'000));
  const Items items{count};
  Queue queue{GetParam().capacity};
  std::vector<Taken> consumers(1 + GetParam().thieves);
  std::atomic<int> left{count};

  const auto own = [&](Taken& taken) {
    flowcoro::test::Random random{0};
    int pushed = 0;
    while (left.load(std::memory_order_relaxed) != 0) {
      for (auto burst = random.below(12); burst != 0 && pushed < count; --burst) {
        const bool queued = queue.push(items[pushed]) != 0;
        ASSERT_TRUE(queued);
        ++pushed;
      }
      for (auto burst = random.below(8); burst != 0; --burst) {
        const int* item = queue.pop();
        if (item == nullptr) break;
        taken.add(item);
        left.fetch_sub(1, std::memory_order_relaxed);
      }
      if (pushed == count) std::this_thread::yield();
    }
  };
  const auto steal = [&](Taken& taken, std::size_t thread) {
    flowcoro::test::Random random{thread};
    Queue loot{GetParam().capacity};
    while (left.load(std::memory_order_relaxed) != 0) {
      const int* item = queue.steal_half(loot, 1 + random.below(16));
      if (item == nullptr) std::this_thread::yield();
      for (; item != nullptr; item = loot.pop()) {
        taken.add(item);
        left.fetch_sub(1, std::memory_order_relaxed);
      }
    }
  };
  flowcoro::test::start_together(consumers.size(), [&](std::size_t thread) {
    if (thread == 0)
      own(consumers[0]);
    else
      steal(consumers[thread], thread);
  });

  for (const Taken& taken : consumers) EXPECT_TRUE(taken.in_order);
  expect_each_once(consumers, count);
}

TEST_P(LocalQueueStress, GivesEachItemOnceWhenThievesAreRobbedToo) {
  const auto count = static_cast<int>(flowcoro::test::rounds(200'000));
  const std::size_t workers = 1 + GetParam().thieves;
  const Items items{count};
  std::vector<std::unique_ptr<Queue>> queues;
  // Near the wrap, so that the counters cross it under contention.
  for (std::size_t i = 0; i < workers; ++i)
    queues.push_back(std::make_unique<Queue>(GetParam().capacity, std::numeric_limits<std::uint64_t>::max() - 1000));
  std::vector<Taken> consumers(workers);
  std::atomic<int> left{count};

  flowcoro::test::start_together(workers, [&](std::size_t me) {
    flowcoro::test::Random random{me};
    int pushed = me == 0 ? 0 : count;
    while (left.load(std::memory_order_relaxed) != 0) {
      for (auto burst = random.below(12); burst != 0 && pushed < count; --burst) {
        ASSERT_TRUE(queues[me]->push(items[pushed]) != 0);
        ++pushed;
      }
      const int* item = queues[me]->pop();
      const std::size_t victim = random.below(workers);
      if (item == nullptr && victim != me) item = queues[victim]->steal_half(*queues[me], 1 + random.below(16));
      if (item == nullptr) {
        std::this_thread::yield();
        continue;
      }
      consumers[me].add(item);
      left.fetch_sub(1, std::memory_order_relaxed);
    }
  });
  expect_each_once(consumers, count);
}

/// The rings that it leaves behind are large enough to be given back to the system, while thieves read them.
TEST(LocalQueueStress, GivesEachItemOnceWhileItOutgrowsLargeRings) {
  constexpr int count = 50'000;
  const Items items{count};
  for (std::size_t round = 0; round < flowcoro::test::rounds(40); ++round) {
    Queue queue{2};
    std::vector<Taken> consumers(3);
    std::atomic<bool> pushed{false};
    flowcoro::test::start_together(consumers.size(), [&](std::size_t thread) {
      if (thread == 0) {
        push(queue, items, 0, count);
        pushed.store(true, std::memory_order_release);
        return;
      }
      Queue loot{256};
      for (;;) {
        const bool last_look = pushed.load(std::memory_order_acquire);
        const int* item = queue.steal_half(loot, 8);
        if (item == nullptr && last_look) return;
        for (; item != nullptr; item = loot.pop()) consumers[thread].add(item);
      }
    });
    for (const Taken& taken : consumers) EXPECT_TRUE(taken.in_order);
    expect_each_once(consumers, count);
  }
}

TEST(LocalQueueStress, HasOneTakerForEveryLastItem) {
  const std::size_t passes = flowcoro::test::rounds(50'000);
  const Items items{1};
  Queue queue{2};
  Queue loot{2};
  std::array<std::size_t, 2> taken{};
  flowcoro::test::StartBarrier barrier{2};
  flowcoro::test::start_together(2, [&](std::size_t thread) {
    for (std::size_t i = 0; i < passes; ++i) {
      if (thread == 0) push(queue, items, 0, 1);
      barrier.arrive_and_wait();
      const int* item = thread == 0 ? queue.pop() : queue.steal_half(loot);
      if (item != nullptr) ++taken[thread];
      barrier.arrive_and_wait();
    }
  });
  EXPECT_EQ(taken[0] + taken[1], passes);
  EXPECT_TRUE(loot.empty());
}

} // namespace

#if !FLOWCORO_TEST_TSAN
// The queue asks for rings with this form. It hands on to the ordinary one, so that sanitizers see a matching pair.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  if (refuse_memory) return nullptr;
  try {
    return ::operator new(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
#endif
