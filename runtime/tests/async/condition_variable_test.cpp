#include "flowcoro/async/condition_variable.hpp"

#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"
#include "support/storm.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using flowcoro::AsyncLockGuard;
using flowcoro::AsyncMutex;
using flowcoro::ConditionVariable;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

static_assert(!std::is_move_constructible_v<ConditionVariable>);

struct Shared {
  AsyncMutex mutex;
  ConditionVariable changed;
  int value = 0; // the mutex is all that protects it
  int inside = 0;
  std::vector<int> order;
};

/// Has the mutex before and after its one wait, whatever ended that.
Task<> wait_once(Shared& on, int number) {
  auto lock = co_await on.mutex.lock();
  EXPECT_EQ(++on.inside, 1);
  --on.inside;
  try {
    co_await on.changed.wait(lock);
  } catch (const OperationCancelled&) {
    EXPECT_TRUE(lock.owns_lock());
    EXPECT_FALSE(on.mutex.try_lock());
    throw;
  }
  EXPECT_TRUE(lock.owns_lock());
  EXPECT_FALSE(on.mutex.try_lock());
  EXPECT_EQ(++on.inside, 1);
  on.order.push_back(number);
  co_await flowcoro::yield();
  --on.inside;
}

TEST(ConditionVariable, NotifiesOneOrAllInTheOrderOfArrival) {
  CheckedRuntime runtime{1};
  Shared on;
  sync_wait(runtime, [&]() -> Lazy<void> {
    std::vector<Task<>> waiters;
    for (int i = 0; i < 6; ++i) waiters.push_back(wait_once(on, i));
    on.changed.notify_one();
    co_await waiters[0];
    EXPECT_EQ(on.order.size(), 1u);
    on.changed.notify_all();
    for (std::size_t i = 1; i < 6; ++i) co_await waiters[i];
    on.changed.notify_one(); // nobody
    on.changed.notify_all();
  });
  EXPECT_EQ(on.order, (std::vector{0, 1, 2, 3, 4, 5}));
}

TEST(ConditionVariable, ANotifiedWaiterGoesOnOnlyWithTheMutex) {
  CheckedRuntime runtime{1};
  Shared on;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto waiter = wait_once(on, 1);
    auto lock = co_await on.mutex.lock();
    on.changed.notify_one();
    for (int i = 0; i < 5; ++i) co_await flowcoro::yield();
    EXPECT_TRUE(on.order.empty());
    lock.unlock();
    co_await waiter;
  });
}

TEST(ConditionVariable, AStoppedWaiterGetsTheMutexBackBeforeItIsTold) {
  CheckedRuntime runtime{1};
  Shared on;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto stopped = wait_once(on, 1);
    auto other = wait_once(on, 2);
    auto lock = co_await on.mutex.lock();
    stopped.request_stop();
    for (int i = 0; i < 5; ++i) co_await flowcoro::yield();
    EXPECT_FALSE(stopped.done()) << "the mutex is not free";
    lock.unlock();
    EXPECT_THROW(co_await stopped, OperationCancelled);
    on.changed.notify_one();
    other.request_stop(); // too late
    co_await other;
  });
  EXPECT_EQ(on.order, std::vector{2});
  EXPECT_TRUE(on.mutex.try_lock());
  on.mutex.unlock();
}

TEST(ConditionVariable, AStopRequestFromBeforeTheWaitLeavesTheMutexLocked) {
  CheckedRuntime runtime{1};
  Shared on;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto stopped = flowcoro::spawn(wait_once, std::ref(on), 1);
    stopped.request_stop();
    EXPECT_THROW(co_await stopped, OperationCancelled);
  });
}

TEST(ConditionVariable, AsksThePredicateWithTheMutexLockedAndBeforeTheFirstWait) {
  CheckedRuntime runtime{1};
  Shared on;
  int asked = 0;
  const auto wait = [](Shared& in, int& count, int wanted) -> Task<> {
    auto lock = co_await in.mutex.lock();
    auto waiting = in.changed.wait(lock, [&in, &count, wanted] {
      ++count;
      EXPECT_FALSE(in.mutex.try_lock());
      return in.value >= wanted;
    });
    co_await waiting;
    EXPECT_GE(in.value, wanted);
  };
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto at_once = wait(on, asked, 0);
    EXPECT_TRUE(at_once.done());
    co_await at_once;
    auto later = wait(on, asked, 2);
    for (int i = 0; i < 2; ++i) {
      auto lock = co_await on.mutex.lock();
      ++on.value;
      lock.unlock();
      on.changed.notify_all();
      for (int k = 0; k < 5; ++k) co_await flowcoro::yield();
    }
    co_await later;
  });
  EXPECT_EQ(asked, 4);
}

TEST(ConditionVariable, WhatThePredicateThrowsLeavesWithTheMutexLocked) {
  CheckedRuntime runtime{1};
  Shared on;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto lock = co_await on.mutex.lock();
    auto waiting = on.changed.wait(lock, []() -> bool { throw std::runtime_error{"no"}; });
    EXPECT_THROW(co_await waiting, std::runtime_error);
    EXPECT_FALSE(on.mutex.try_lock());
  });
}

/// A queue between producers and consumers, some of which are stopped.
struct Queue {
  AsyncMutex mutex;
  ConditionVariable filled;
  std::deque<int> items;
  std::uint64_t put_in = 0;
  std::uint64_t taken = 0;
};
Lazy<void> put(Queue& queue, int count) {
  for (int i = 0; i < count; ++i) {
    auto lock = co_await queue.mutex.lock();
    queue.items.push_back(i);
    ++queue.put_in;
    lock.unlock();
    queue.filled.notify_one();
  }
}
Lazy<void> take(Queue& queue, int count) {
  for (int i = 0; i < count; ++i) {
    auto lock = co_await queue.mutex.lock();
    while (queue.items.empty()) co_await queue.filled.wait(lock);
    queue.items.pop_front();
    ++queue.taken;
    if (i % 3 == 0) co_await flowcoro::yield();
  }
}

TEST(ConditionVariableOverSeeds, LosesNoNotificationOfAQueueWhoseConsumersAreStopped) {
  over_seeds(3'000, [](Choices& choices) {
    Queue queue;
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      const int count = choices.from_to(1, 4);
      std::vector<Task<>> stopped;
      for (int i = choices.from_to(0, 3); i > 0; --i) stopped.push_back(flowcoro::spawn(take, std::ref(queue), 2));
      auto consumer = flowcoro::spawn(take, std::ref(queue), count);
      // Enough for everybody, so the one that is not stopped must end.
      auto producer = flowcoro::spawn(put, std::ref(queue), count + 6);
      for (Task<>& task : stopped) {
        if (choices.one_in(2)) co_await flowcoro::yield();
        task.request_stop();
      }
      co_await producer;
      co_await consumer;
      for (Task<>& task : stopped) {
        try {
          co_await task;
        } catch (const OperationCancelled&) {
          continue;
        }
      }
    });
    EXPECT_EQ(queue.put_in, queue.taken + queue.items.size());
    EXPECT_TRUE(queue.mutex.try_lock());
    queue.mutex.unlock();
  });
}

TEST(ConditionVariableStorm, LosesNoNotificationWhenHalfOfTheWaitersAreStopped) {
  for (const unsigned workers : {1u, 2u, 8u}) {
    CheckedRuntime runtime{workers};
    flowcoro::test::Random random{workers};
    for (std::size_t round = 0; round < rounds(100); ++round) {
      Queue queue;
      const auto ended = storm(
          runtime, random, 40, [&](int) -> Lazy<void> { return take(queue, 2); },
          [&] { sync_wait(runtime, put(queue, 80)); });
      EXPECT_EQ(ended.done + ended.cancelled, 40u);
      EXPECT_GE(queue.taken, 2 * ended.done);
      EXPECT_EQ(queue.put_in, queue.taken + queue.items.size());
      EXPECT_TRUE(queue.mutex.try_lock());
      queue.mutex.unlock();
    }
  }
}

TEST(ConditionVariableWithManyWaiters, NotifiesThemWithoutRecursion) {
  CheckedRuntime runtime{2};
  Shared on;
  constexpr std::size_t n = rounds(200'000);
  const auto wait = [](Shared& in) -> Task<> {
    auto lock = co_await in.mutex.lock();
    co_await in.changed.wait(lock);
    ++in.value;
  };
  sync_wait(runtime, [&]() -> Lazy<void> {
    std::vector<Task<>> waiters;
    waiters.reserve(n);
    for (std::size_t i = 0; i < n; ++i) waiters.push_back(wait(on));
    on.changed.notify_all();
    for (auto& waiter : waiters) co_await waiter;
  });
  EXPECT_EQ(on.value, static_cast<int>(n));
}

TEST(ConditionVariableDeathTest, SaysThatTheMutexIsNotLocked) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        ConditionVariable condition;
        AsyncLockGuard lock;
        static_cast<void>(condition.wait(lock));
      },
      "without its mutex locked");
}

} // namespace
