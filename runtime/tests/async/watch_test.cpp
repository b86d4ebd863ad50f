#include "flowcoro/async/watch.hpp"

#include "flowcoro/async/select.hpp"
#include "flowcoro/async/sleep.hpp"
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
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::Watch;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::DeterministicScheduler;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

TEST(Watch, ShowsTheLatestOfSeveralChangesOnce) {
  DeterministicScheduler scheduler{1};
  Watch<std::string> watch{"a"};
  auto receiver = watch.subscribe();
  EXPECT_FALSE(receiver.has_changed());
  EXPECT_EQ(receiver.get(), "a");
  EXPECT_TRUE(watch.set("b"));
  EXPECT_TRUE(watch.set("c"));
  scheduler.run([&]() -> Lazy<void> {
    EXPECT_TRUE(receiver.has_changed());
    EXPECT_TRUE(co_await receiver.changed());
    EXPECT_FALSE(receiver.has_changed());
    EXPECT_EQ(receiver.get(), "c");
    EXPECT_EQ(watch.get(), "c");
  });
}

Task<bool> wait_for(Watch<int>::Receiver& receiver) { co_return co_await receiver.changed(); }

TEST(Watch, WakesAllThatWaitAndThoseThatLookedCountAsHavingSeen) {
  DeterministicScheduler scheduler{1};
  Watch<int> watch{0};
  scheduler.run([&]() -> Lazy<void> {
    auto first = watch.subscribe();
    auto second = first;
    auto one = wait_for(first);
    auto other = wait_for(second);
    EXPECT_FALSE(one.done() || other.done());
    EXPECT_TRUE(watch.set(0)); // equal, and newer
    EXPECT_TRUE(co_await one);
    EXPECT_TRUE(co_await other);
    EXPECT_TRUE(watch.set(1));
    EXPECT_EQ(first.get(), 1);
    auto again = wait_for(first);
    EXPECT_FALSE(again.done());
    EXPECT_TRUE(watch.set(2));
    EXPECT_TRUE(co_await again);
  });
}

TEST(Watch, SaysThatNoChangeWillComeAfterTheLastOneWasSeen) {
  DeterministicScheduler scheduler{1};
  Watch<int> watch{0};
  scheduler.run([&]() -> Lazy<void> {
    auto receiver = watch.subscribe();
    auto late = watch.subscribe();
    auto waiter = wait_for(receiver);
    watch.close();
    EXPECT_FALSE(watch.set(2));
    EXPECT_FALSE(co_await waiter);
    EXPECT_FALSE(co_await late.changed());
    EXPECT_EQ(late.get(), 0);
    watch.close();
  });
  Watch<int> other{0};
  scheduler.run([&]() -> Lazy<void> {
    auto receiver = other.subscribe();
    EXPECT_TRUE(other.set(1));
    other.close();
    EXPECT_TRUE(co_await receiver.changed());
    EXPECT_FALSE(co_await receiver.changed());
  });
}

TEST(Watch, AStopRequestEndsTheWaitAndSeesNothing) {
  DeterministicScheduler scheduler{1};
  Watch<int> watch{0};
  scheduler.run([&]() -> Lazy<void> {
    auto receiver = watch.subscribe();
    auto waiter = wait_for(receiver);
    waiter.request_stop();
    EXPECT_TRUE(watch.set(1));
    EXPECT_THROW(static_cast<void>(co_await waiter), OperationCancelled);
    EXPECT_TRUE(receiver.has_changed());
  });
}

TEST(Watch, CanBeSelected) {
  DeterministicScheduler scheduler{1};
  Watch<int> watch{0};
  scheduler.run([&]() -> Lazy<void> {
    auto receiver = watch.subscribe();
    auto setter = flowcoro::spawn([&]() -> Lazy<void> {
      co_await flowcoro::sleep_for(5ms);
      EXPECT_TRUE(watch.set(1));
    });
    auto too_short = flowcoro::select(flowcoro::changed(receiver), flowcoro::after(1ms));
    const auto timed_out = co_await too_short;
    EXPECT_EQ(timed_out.index, 1u);
    auto long_enough = flowcoro::select(flowcoro::changed(receiver), flowcoro::after(10ms));
    const auto change = co_await long_enough;
    EXPECT_TRUE(std::get<0>(change.result));
    EXPECT_FALSE(receiver.has_changed());
    co_await setter;
  });
  EXPECT_EQ(scheduler.now().time_since_epoch(), 5ms);
}

/// Sees versions that only grow, the last one among them.
Lazy<void> follow(Watch<int>::Receiver receiver, int last, int turns) {
  int seen = receiver.get();
  while (co_await receiver.changed()) {
    const int now = receiver.get();
    EXPECT_GE(now, seen);
    seen = now;
    for (int i = 0; i < turns; ++i) co_await flowcoro::yield();
  }
  EXPECT_EQ(seen, last);
}

TEST(WatchOverSeeds, LeavesNobodyWithAnOldValue) {
  over_seeds(3'000, [](Choices& choices) {
    Watch<int> watch{0};
    const int last = choices.from_to(0, 8);
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<>> tasks;
      for (int i = choices.from_to(1, 4); i > 0; --i)
        tasks.push_back(flowcoro::spawn(follow, watch.subscribe(), last, choices.from_to(0, 2)));
      for (int i = 1; i <= last; ++i) {
        EXPECT_TRUE(watch.set(i));
        if (choices.one_in(2)) co_await flowcoro::yield();
      }
      watch.close();
      for (Task<>& task : tasks) co_await task;
    });
  });
}

TEST(WatchStorm, LeavesNobodyWithAnOldValueThatIsNotStopped) {
  for (const unsigned workers : {1u, 2u, 8u}) {
    CheckedRuntime runtime{workers};
    flowcoro::test::Random random{workers};
    for (std::size_t round = 0; round < rounds(100); ++round) {
      Watch<int> watch{0};
      constexpr int last = 200;
      const auto ended = storm(
          runtime, random, 20, [&](int i) -> Lazy<void> { return follow(watch.subscribe(), last, i % 3); },
          [&] {
            for (int i = 1; i <= last; ++i) EXPECT_TRUE(watch.set(i));
            watch.close();
          });
      EXPECT_EQ(ended.done + ended.cancelled, 20u);
    }
  }
}

TEST(WatchWithManyWaiters, WakesThemWithoutRecursion) {
  CheckedRuntime runtime{2};
  Watch<int> watch{0};
  constexpr std::size_t n = rounds(200'000);
  std::atomic<std::size_t> seen{0};
  const auto wait = [](Watch<int>::Receiver receiver, std::atomic<std::size_t>& count) -> Task<> {
    const bool change = co_await receiver.changed();
    count += change ? 1 : 0;
  };
  sync_wait(runtime, [&]() -> Lazy<void> {
    std::vector<Task<>> waiters;
    waiters.reserve(n);
    for (std::size_t i = 0; i < n; ++i) waiters.push_back(wait(watch.subscribe(), seen));
    EXPECT_TRUE(watch.set(1));
    for (auto& waiter : waiters) co_await waiter;
  });
  EXPECT_EQ(seen, n);
}

} // namespace
