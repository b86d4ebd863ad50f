#include "flowcoro/async/latch.hpp"

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
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using flowcoro::Latch;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

static_assert(!std::is_move_constructible_v<Latch>);

Task<> wait_for(Latch& latch) { co_await latch.wait(); }
Task<> arrive_at(Latch& latch) { co_await latch.arrive_and_wait(); }

TEST(Latch, OfNothingLetsPassAtOnce) {
  CheckedRuntime runtime{1};
  Latch latch{0};
  EXPECT_TRUE(latch.try_wait());
  sync_wait(runtime, [&]() -> Lazy<void> {
    co_await latch.wait();
    co_await latch.arrive_and_wait(0);
  });
}

TEST(Latch, HoldsAllUntilTheLastCount) {
  CheckedRuntime runtime{1};
  Latch latch{3};
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto first = wait_for(latch);
    auto second = arrive_at(latch);
    latch.count_down();
    for (int i = 0; i < 5; ++i) co_await flowcoro::yield();
    EXPECT_FALSE(first.done() || second.done() || latch.try_wait());
    latch.count_down();
    co_await first;
    co_await second;
    EXPECT_TRUE(latch.try_wait());
    co_await latch.wait();
  });
}

TEST(Latch, AStopRequestEndsTheWaitAndTheArrivalCountsAllTheSame) {
  CheckedRuntime runtime{1};
  Latch latch{2};
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto waits = wait_for(latch);
    auto arrives = arrive_at(latch);
    waits.request_stop();
    arrives.request_stop();
    EXPECT_THROW(co_await waits, OperationCancelled);
    EXPECT_THROW(co_await arrives, OperationCancelled);
    co_await latch.arrive_and_wait();
  });
}

TEST(Latch, AnArrivalUnderAStopRequestLetsTheOthersGoToo) {
  CheckedRuntime runtime{1};
  Latch latch{1};
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto waits = wait_for(latch);
    auto arrives = flowcoro::spawn([&]() -> Lazy<void> { co_await latch.arrive_and_wait(); });
    arrives.request_stop(); // before it runs
    EXPECT_THROW(co_await arrives, OperationCancelled);
    co_await waits;
  });
}

TEST(LatchOverSeeds, LetsNobodyPassBeforeAllHaveArrived) {
  over_seeds(3'000, [](Choices& choices) {
    const int count = choices.from_to(1, 6);
    Latch latch{static_cast<std::size_t>(count)};
    int arrived = 0;
    const auto come = [&](int way) -> Lazy<void> {
      if (way == 2) co_await flowcoro::yield();
      ++arrived;
      if (way == 0) {
        latch.count_down();
        co_await latch.wait();
      } else {
        co_await latch.arrive_and_wait();
      }
      EXPECT_EQ(arrived, count);
    };
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<>> tasks;
      for (int i = 0; i < count; ++i) tasks.push_back(flowcoro::spawn(std::ref(come), choices.from_to(0, 2)));
      for (Task<>& task : tasks) co_await task;
    });
  });
}

TEST(LatchStorm, LetsAllGoThatWereNotStopped) {
  for (const unsigned workers : {1u, 2u, 8u}) {
    CheckedRuntime runtime{workers};
    flowcoro::test::Random random{workers};
    for (std::size_t round = 0; round < rounds(200); ++round) {
      Latch latch{50};
      const auto ended = storm(runtime, random, 50, [&](int) -> Lazy<void> { co_await latch.arrive_and_wait(); });
      EXPECT_EQ(ended.done + ended.cancelled, 50u);
      EXPECT_TRUE(latch.try_wait()) << "every arrival counts";
    }
  }
}

/// The waiter ends the latch's life as soon as it is let go, while others are still on their way out of it.
TEST(LatchRace, MayEndAsSoonAsAnArriverWasLetGo) {
  CheckedRuntime runtime{4};
  for (std::size_t round = 0; round < rounds(20'000); ++round) {
    auto latch = std::make_unique<Latch>(2);
    auto other = spawn_on(runtime, [on = latch.get()]() -> Lazy<void> {
      on->count_down();
      co_return;
    });
    sync_wait(runtime, [&]() -> Lazy<void> {
      co_await latch->arrive_and_wait();
      latch.reset();
    });
    sync_wait(runtime, other);
  }
}

TEST(LatchWithManyWaiters, LetsThemGoWithoutRecursion) {
  CheckedRuntime runtime{2};
  Latch latch{1};
  constexpr std::size_t n = rounds(300'000);
  sync_wait(runtime, [&]() -> Lazy<void> {
    std::vector<Task<>> waiters;
    waiters.reserve(n);
    for (std::size_t i = 0; i < n; ++i) waiters.push_back(wait_for(latch));
    latch.count_down();
    for (auto& waiter : waiters) co_await waiter;
  });
}

TEST(LatchDeathTest, SaysThatItWasCountedTooFar) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Latch latch{1};
        latch.count_down(2);
      },
      "counted down below zero");
}

} // namespace
