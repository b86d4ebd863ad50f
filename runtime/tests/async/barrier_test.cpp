#include "flowcoro/async/barrier.hpp"

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
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using flowcoro::Barrier;
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

static_assert(!std::is_move_constructible_v<Barrier<>>);

template <class B>
Task<> arrive_at(B& barrier) {
  co_await barrier.arrive_and_wait();
}

TEST(Barrier, OfOneNeverWaits) {
  CheckedRuntime runtime{1};
  int phases = 0;
  auto count = [&phases]() noexcept { ++phases; };
  Barrier<decltype(count)> barrier{1, count};
  sync_wait(runtime, [&]() -> Lazy<void> {
    for (int i = 0; i < 3; ++i) co_await barrier.arrive_and_wait();
  });
  EXPECT_EQ(phases, 3);
}

TEST(Barrier, CallsItsCompletionBeforeAnybodyGoesOn) {
  CheckedRuntime runtime{4};
  constexpr int participants = 5;
  const int phases = static_cast<int>(rounds(2'000));
  std::atomic<int> arrived{0};
  int completed = 0; // the barrier is all that protects it
  auto complete = [&]() noexcept {
    ++completed;
    EXPECT_EQ(arrived, participants * completed);
  };
  Barrier<decltype(complete)> barrier{participants, complete};
  std::vector<Task<>> tasks;
  for (int i = 0; i < participants; ++i) {
    tasks.push_back(spawn_on(runtime, [&]() -> Lazy<void> {
      for (int phase = 1; phase <= phases; ++phase) {
        arrived.fetch_add(1);
        co_await barrier.arrive_and_wait();
        EXPECT_EQ(completed, phase);
      }
    }));
  }
  for (auto& task : tasks) sync_wait(runtime, task);
  EXPECT_EQ(completed, phases);
}

TEST(Barrier, ExpectsNoMoreWhoHasDroppedOut) {
  CheckedRuntime runtime{1};
  Barrier<> barrier{3};
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto first = arrive_at(barrier);
    auto second = arrive_at(barrier);
    EXPECT_FALSE(first.done());
    barrier.arrive_and_drop(); // the last of this phase
    co_await first;
    co_await second;
    auto third = arrive_at(barrier);
    co_await barrier.arrive_and_wait();
    co_await third;
    barrier.arrive_and_drop();
    barrier.arrive_and_drop(); // nobody is left
  });
}

TEST(Barrier, AStopRequestTakesTheArrivalBack) {
  CheckedRuntime runtime{1};
  Barrier<> barrier{2};
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto stopped = arrive_at(barrier);
    stopped.request_stop();
    EXPECT_THROW(co_await stopped, OperationCancelled);
    auto other = arrive_at(barrier);
    for (int i = 0; i < 5; ++i) co_await flowcoro::yield();
    EXPECT_FALSE(other.done());
    barrier.arrive_and_drop(); // in the name of the one that was stopped
    co_await other;
    co_await barrier.arrive_and_wait();
  });
}

TEST(Barrier, AStopRequestThatComesAfterTheEndOfThePhaseChangesNothing) {
  CheckedRuntime runtime{1};
  Barrier<> barrier{2};
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto waiter = arrive_at(barrier);
    co_await barrier.arrive_and_wait();
    waiter.request_stop();
    co_await waiter;
  });
}

TEST(BarrierOverSeeds, KeepsAllInTheSamePhaseWhoeverLeaves) {
  over_seeds(3'000, [](Choices& choices) {
    const int count = choices.from_to(1, 5);
    int phase = 0;
    std::vector<int> at(static_cast<std::size_t>(count), 0);
    std::vector<bool> left(static_cast<std::size_t>(count), false);
    auto complete = [&]() noexcept { ++phase; };
    Barrier<decltype(complete)> barrier{static_cast<std::size_t>(count), complete};
    const auto take_part = [&](std::size_t me, int phases) -> Lazy<void> {
      try {
        for (int i = 0; i < phases; ++i) {
          if (i % 2 == 0) co_await flowcoro::yield();
          co_await barrier.arrive_and_wait();
          EXPECT_EQ(phase, ++at[me]);
        }
      } catch (const OperationCancelled&) {
        EXPECT_EQ(phase, at[me]) << "it was stopped in a phase that has ended";
      }
      barrier.arrive_and_drop();
    };
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<>> tasks;
      for (std::size_t i = 0; i < at.size(); ++i)
        tasks.push_back(flowcoro::spawn(std::ref(take_part), i, choices.from_to(0, 4)));
      for (Task<>& task : tasks) {
        if (choices.one_in(2)) co_await flowcoro::yield();
        if (choices.one_in(3)) task.request_stop();
      }
      for (Task<>& task : tasks) co_await task;
    });
  });
}

TEST(BarrierStorm, KeepsCountWhenHalfOfTheParticipantsAreStopped) {
  for (const unsigned workers : {1u, 2u, 8u}) {
    CheckedRuntime runtime{workers};
    flowcoro::test::Random random{workers};
    for (std::size_t round = 0; round < rounds(200); ++round) {
      std::uint64_t phases = 0;
      auto complete = [&phases]() noexcept { ++phases; };
      Barrier<decltype(complete)> barrier{20, complete};
      const auto ended = storm(runtime, random, 20, [&](int i) -> Lazy<void> {
        try {
          for (int k = 0; k < 3 + i % 2; ++k) co_await barrier.arrive_and_wait();
        } catch (const OperationCancelled&) {
          barrier.arrive_and_drop();
          throw;
        }
        barrier.arrive_and_drop();
      });
      EXPECT_EQ(ended.done + ended.cancelled, 20u);
      EXPECT_GE(phases, ended.done > 0 ? 4u : 1u);
      EXPECT_LE(phases, 5u);
    }
  }
}

TEST(BarrierWithManyWaiters, LetsThemGoWithoutRecursion) {
  CheckedRuntime runtime{2};
  constexpr std::size_t n = rounds(300'000);
  Barrier<> barrier{n + 1};
  sync_wait(runtime, [&]() -> Lazy<void> {
    std::vector<Task<>> waiters;
    waiters.reserve(n);
    for (std::size_t i = 0; i < n; ++i) waiters.push_back(arrive_at(barrier));
    co_await barrier.arrive_and_wait();
    for (auto& waiter : waiters) co_await waiter;
  });
}

TEST(BarrierDeathTest, SaysThatTooManyCame) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Barrier<> barrier{1};
        barrier.arrive_and_drop();
        barrier.arrive_and_drop();
      },
      "left by more than were expected");
}

} // namespace
