#include "flowcoro/async/auto_reset_event.hpp"

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
#include <vector>

namespace {

using flowcoro::AutoResetEvent;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

static_assert(!std::is_move_constructible_v<AutoResetEvent>);

Task<> note_turn(AutoResetEvent& event, std::vector<int>& order, int number) {
  co_await event.wait();
  order.push_back(number);
}

TEST(AutoResetEvent, LetsOnePassEachTimeInTheOrderOfArrival) {
  CheckedRuntime runtime{1};
  AutoResetEvent event;
  std::vector<int> order;
  sync_wait(runtime, [&]() -> Lazy<void> {
    std::vector<Task<>> waiters;
    for (int i = 0; i < 5; ++i) waiters.push_back(note_turn(event, order, i));
    for (std::size_t i = 0; i < 5; ++i) {
      event.set();
      EXPECT_FALSE(event.try_wait()) << "it was for the waiter";
      co_await waiters[i];
      EXPECT_EQ(order.size(), i + 1);
    }
  });
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
}

TEST(AutoResetEvent, KeepsOneSetForTheNextAndNoMore) {
  CheckedRuntime runtime{1};
  AutoResetEvent event;
  event.set();
  event.set();
  EXPECT_TRUE(event.try_wait());
  EXPECT_FALSE(event.try_wait());
  event.set();
  event.reset();
  EXPECT_FALSE(event.try_wait());
  event.set();
  sync_wait(runtime, [&]() -> Lazy<void> { co_await event.wait(); });
  EXPECT_FALSE(event.try_wait());
}

TEST(AutoResetEvent, AStopRequestUsesUpNoSet) {
  CheckedRuntime runtime{1};
  AutoResetEvent event;
  std::vector<int> order;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto stopped = note_turn(event, order, 1);
    auto other = note_turn(event, order, 2);
    stopped.request_stop();
    event.set();
    other.request_stop(); // too late
    EXPECT_THROW(co_await stopped, OperationCancelled);
    co_await other;
  });
  EXPECT_EQ(order, std::vector{2});
}

TEST(AutoResetEventOverSeeds, LetsAsManyPassAsItWasSetWhenSomebodyWaited) {
  over_seeds(3'000, [](Choices& choices) {
    AutoResetEvent event;
    int passed = 0;
    int cancelled = 0;
    const auto pass = [&]() -> Lazy<void> {
      co_await event.wait();
      ++passed;
    };
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<>> tasks;
      const int count = choices.from_to(1, 6);
      for (int i = 0; i < count; ++i) tasks.push_back(flowcoro::spawn(std::ref(pass)));
      for (Task<>& task : tasks) {
        if (choices.one_in(2)) co_await flowcoro::yield();
        if (choices.one_in(3)) task.request_stop();
      }
      // One set() at a time, each used up before the next, until none waits any more.
      for (;;) {
        bool all_done = true;
        for (Task<>& task : tasks) all_done = all_done && task.done();
        if (all_done) break;
        event.set();
        for (int i = 0; i < 3; ++i) co_await flowcoro::yield();
      }
      for (Task<>& task : tasks) {
        try {
          co_await task;
        } catch (const OperationCancelled&) {
          ++cancelled;
        }
      }
      EXPECT_EQ(passed + cancelled, count);
    });
  });
}

/// As a lock: set() lets the next one in. It is lost if a stopped waiter takes it along.
TEST(AutoResetEventStorm, LosesNoSetWhenHalfOfTheWaitersAreStopped) {
  for (const unsigned workers : {1u, 2u, 8u}) {
    CheckedRuntime runtime{workers};
    flowcoro::test::Random random{workers};
    AutoResetEvent free{true};
    int inside = 0;
    for (std::size_t round = 0; round < rounds(100); ++round) {
      const auto ended = storm(runtime, random, 50, [&](int i) -> Lazy<void> {
        for (int k = 0; k < 3; ++k) {
          co_await free.wait();
          EXPECT_EQ(++inside, 1);
          if ((i + k) % 4 == 0) co_await flowcoro::yield();
          --inside;
          free.set();
        }
      });
      EXPECT_EQ(ended.done + ended.cancelled, 50u);
    }
    EXPECT_TRUE(free.try_wait());
  }
}

} // namespace
