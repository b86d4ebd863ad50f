#include "flowcoro/async/semaphore.hpp"

#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"
#include "support/storm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::Semaphore;
using flowcoro::SemaphorePermit;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

static_assert(!std::is_copy_constructible_v<SemaphorePermit> && std::is_nothrow_move_constructible_v<SemaphorePermit>);
static_assert(!std::is_move_constructible_v<Semaphore>);

/// Runs here up to its wait, so waiters that are made one after the other wait in that order.
Task<> note_turn(Semaphore& semaphore, std::vector<int>& order, int number) {
  auto permit = co_await semaphore.acquire();
  permit.forget();
  order.push_back(number);
}

TEST(Semaphore, GivesOutAsManyPermitsAsItHas) {
  Semaphore semaphore{2};
  EXPECT_TRUE(semaphore.try_acquire());
  EXPECT_TRUE(semaphore.try_acquire());
  EXPECT_FALSE(semaphore.try_acquire());
  semaphore.release(3);
  EXPECT_EQ(semaphore.available(), 3u);
}

TEST(Semaphore, ReleasesOfSeveralPermitsServeTheLongestWaiters) {
  CheckedRuntime runtime{1};
  Semaphore semaphore{0};
  std::vector<int> order;
  sync_wait(runtime, [&]() -> Lazy<void> {
    std::vector<Task<>> waiters;
    for (int i = 0; i < 10; ++i) waiters.push_back(note_turn(semaphore, order, i));
    semaphore.release(4);
    for (std::size_t i = 0; i < 4; ++i) co_await waiters[i];
    EXPECT_EQ(order.size(), 4u);
    semaphore.release(8);
    for (std::size_t i = 4; i < 10; ++i) co_await waiters[i];
  });
  for (int i = 0; i < 10; ++i) EXPECT_EQ(order.at(static_cast<std::size_t>(i)), i);
  EXPECT_EQ(semaphore.available(), 2u);
}

TEST(Semaphore, LetsNobodyPassAWaiterThatHasNotRunYet) {
  CheckedRuntime runtime{1};
  Semaphore semaphore{0};
  std::vector<int> order;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto waiter = note_turn(semaphore, order, 1);
    semaphore.release();
    EXPECT_FALSE(waiter.done());
    EXPECT_FALSE(semaphore.try_acquire());
    co_await waiter;
  });
}

TEST(Semaphore, APermitIsReleasedOnceAtTheEndOfItsScopeOrBefore) {
  Semaphore semaphore{1};
  ASSERT_TRUE(semaphore.try_acquire());
  {
    SemaphorePermit permit{semaphore};
    SemaphorePermit moved = std::move(permit);
    EXPECT_FALSE(permit.holds_permit()); // NOLINT(bugprone-use-after-move): what is left is the point
    EXPECT_TRUE(moved.holds_permit());
    moved.release();
    moved.release();
    EXPECT_EQ(semaphore.available(), 1u);
    EXPECT_TRUE(semaphore.try_acquire());
    moved = SemaphorePermit{semaphore};
  }
  EXPECT_EQ(semaphore.available(), 1u);
}

TEST(Semaphore, AStopRequestEndsTheWaitAndTakesNoPermit) {
  CheckedRuntime runtime{1};
  Semaphore semaphore{0};
  std::vector<int> order;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto stopped = note_turn(semaphore, order, 1);
    auto other = note_turn(semaphore, order, 2);
    stopped.request_stop();
    EXPECT_THROW(co_await stopped, OperationCancelled);
    semaphore.release();
    co_await other;
  });
  EXPECT_EQ(order, std::vector{2});
  EXPECT_EQ(semaphore.available(), 0u);
}

TEST(Semaphore, AStopRequestThatComesAfterTheReleaseDoesNotLoseThePermit) {
  CheckedRuntime runtime{1};
  Semaphore semaphore{0};
  std::vector<int> order;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto waiter = note_turn(semaphore, order, 1);
    semaphore.release();
    waiter.request_stop();
    co_await waiter;
  });
  EXPECT_EQ(order, std::vector{1});
}

TEST(SemaphoreOverSeeds, KeepsItsLimitAndTheOrderOfTheRequestsWhoeverIsStopped) {
  over_seeds(3'000, [](Choices& choices) {
    const std::size_t limit = choices.below(3) + 1;
    Semaphore semaphore{limit};
    std::size_t inside = 0;
    std::vector<int> asked;
    std::vector<int> entered;
    std::vector<int> gone;
    const auto use = [&](int number) -> Lazy<void> {
      asked.push_back(number);
      auto acquiring = semaphore.acquire();
      SemaphorePermit permit;
      try {
        permit = co_await acquiring;
      } catch (const OperationCancelled&) {
        gone.push_back(number);
        throw;
      }
      EXPECT_LE(++inside, limit);
      entered.push_back(number);
      co_await flowcoro::yield();
      --inside;
    };
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<>> tasks;
      const int count = choices.from_to(1, 8);
      for (int i = 0; i < count; ++i) tasks.push_back(flowcoro::spawn(std::ref(use), i));
      for (Task<>& task : tasks) {
        if (choices.one_in(2)) co_await flowcoro::yield();
        if (choices.one_in(3)) task.request_stop();
      }
      for (Task<>& task : tasks) {
        try {
          co_await task;
        } catch (const OperationCancelled&) {
          continue; // it is in `gone`
        }
      }
    });
    std::erase_if(asked, [&](int number) { return std::find(gone.begin(), gone.end(), number) != gone.end(); });
    // With several permits at a time, those that were served in order may run in any.
    if (limit == 1) {
      EXPECT_EQ(entered, asked);
    }
    EXPECT_EQ(entered.size(), asked.size());
    EXPECT_EQ(semaphore.available(), limit);
  });
}

TEST(SemaphoreStorm, LosesNoPermitWhenHalfOfTheWaitersAreStopped) {
  for (const unsigned workers : {1u, 2u, 8u}) {
    CheckedRuntime runtime{workers};
    flowcoro::test::Random random{workers};
    constexpr std::size_t limit = 3;
    Semaphore semaphore{limit};
    std::atomic<std::size_t> inside{0};
    std::atomic<std::uint64_t> entered{0};
    std::uint64_t done = 0;
    for (std::size_t round = 0; round < rounds(100); ++round) {
      const auto ended = storm(runtime, random, 50, [&](int i) -> Lazy<void> {
        for (int k = 0; k < 3; ++k) {
          auto permit = co_await semaphore.acquire();
          EXPECT_LE(inside.fetch_add(1) + 1, limit);
          entered.fetch_add(1);
          if ((i + k) % 4 == 0) co_await flowcoro::yield();
          inside.fetch_sub(1);
        }
      });
      EXPECT_EQ(ended.done + ended.cancelled, 50u);
      done += ended.done;
      EXPECT_EQ(semaphore.available(), limit);
    }
    EXPECT_GE(entered, 3 * done);
  }
}

TEST(SemaphoreWithManyWaiters, ReleasesThemWithoutRecursion) {
  CheckedRuntime runtime{2};
  Semaphore semaphore{0};
  constexpr std::size_t n = rounds(1'000'000);
  std::atomic<std::size_t> served{0};
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto wait = [](Semaphore& on, std::atomic<std::size_t>& count) -> Task<> {
      auto permit = co_await on.acquire();
      permit.forget();
      count.fetch_add(1);
    };
    std::vector<Task<>> waiters;
    waiters.reserve(n);
    for (std::size_t i = 0; i < n; ++i) waiters.push_back(wait(semaphore, served));
    semaphore.release(n);
    for (auto& waiter : waiters) co_await waiter;
  });
  EXPECT_EQ(served, n);
}

TEST(SemaphoreDeathTest, SaysThatItCannotCountSoFar) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Semaphore semaphore{1};
        semaphore.release(~std::size_t{0});
      },
      "more often than a size_t can count");
}

} // namespace
