#include "flowcoro/async/manual_reset_event.hpp"

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
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using flowcoro::Lazy;
using flowcoro::ManualResetEvent;
using flowcoro::OperationCancelled;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

static_assert(!std::is_move_constructible_v<ManualResetEvent>);

Task<> wait_for(ManualResetEvent& event) { co_await event.wait(); }

TEST(ManualResetEvent, LetsAllPassWhileItIsSet) {
  CheckedRuntime runtime{1};
  ManualResetEvent event{true};
  sync_wait(runtime, [&]() -> Lazy<void> {
    co_await event.wait();
    co_await event.wait();
    event.reset();
    EXPECT_FALSE(event.is_set());
    auto waiter = wait_for(event);
    EXPECT_FALSE(waiter.done());
    event.set();
    event.set();
    co_await waiter;
    co_await event.wait();
  });
}

TEST(ManualResetEvent, LetsAllPassThatWaitedEvenIfItIsResetAtOnce) {
  CheckedRuntime runtime{1};
  ManualResetEvent event;
  sync_wait(runtime, [&]() -> Lazy<void> {
    std::vector<Task<>> waiters;
    for (int i = 0; i < 5; ++i) waiters.push_back(wait_for(event));
    event.set();
    event.reset();
    auto late = wait_for(event);
    for (auto& waiter : waiters) co_await waiter;
    EXPECT_FALSE(late.done());
    event.set();
    co_await late;
  });
}

TEST(ManualResetEvent, AStopRequestEndsTheWaitOfThatOneOnly) {
  CheckedRuntime runtime{1};
  ManualResetEvent event;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto stopped = wait_for(event);
    auto other = wait_for(event);
    stopped.request_stop();
    EXPECT_THROW(co_await stopped, OperationCancelled);
    EXPECT_FALSE(other.done());
    event.set();
    other.request_stop(); // too late
    co_await other;
  });
}

TEST(ManualResetEventOverSeeds, ShowsWhatWasWrittenBeforeItWasSet) {
  over_seeds(3'000, [](Choices& choices) {
    ManualResetEvent event;
    int written = 0;
    const auto read = [&]() -> Lazy<void> {
      co_await event.wait();
      EXPECT_EQ(written, 1);
    };
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<>> tasks;
      for (int i = choices.from_to(1, 6); i > 0; --i) tasks.push_back(flowcoro::spawn(std::ref(read)));
      for (Task<>& task : tasks) {
        if (choices.one_in(2)) co_await flowcoro::yield();
        if (choices.one_in(4)) task.request_stop();
      }
      written = 1;
      event.set();
      for (Task<>& task : tasks) {
        try {
          co_await task;
        } catch (const OperationCancelled&) {
          continue;
        }
      }
    });
  });
}

TEST(ManualResetEventStorm, LetsAllGoThatWereNotStopped) {
  for (const unsigned workers : {1u, 2u, 8u}) {
    CheckedRuntime runtime{workers};
    flowcoro::test::Random random{workers};
    for (std::size_t round = 0; round < rounds(200); ++round) {
      ManualResetEvent event;
      int plain = 0; // the event is all that protects it
      const auto ended = storm(
          runtime, random, 50,
          [&](int) -> Lazy<void> {
            co_await event.wait();
            EXPECT_EQ(plain, 1);
          },
          [&] {
            plain = 1;
            event.set();
          });
      EXPECT_EQ(ended.done + ended.cancelled, 50u);
    }
  }
}

TEST(ManualResetEventRace, MayEndAsSoonAsAWaiterWasLetGo) {
  CheckedRuntime runtime{4};
  for (std::size_t round = 0; round < rounds(20'000); ++round) {
    auto event = std::make_unique<ManualResetEvent>();
    auto setter = flowcoro::spawn_on(runtime, [on = event.get()]() -> Lazy<void> {
      on->set();
      co_return;
    });
    sync_wait(runtime, [&]() -> Lazy<void> {
      co_await event->wait();
      event.reset();
    });
    sync_wait(runtime, setter);
  }
}

TEST(ManualResetEventWithManyWaiters, LetsThemGoWithoutRecursion) {
  CheckedRuntime runtime{2};
  ManualResetEvent event;
  constexpr std::size_t n = rounds(300'000);
  sync_wait(runtime, [&]() -> Lazy<void> {
    std::vector<Task<>> waiters;
    waiters.reserve(n);
    for (std::size_t i = 0; i < n; ++i) waiters.push_back(wait_for(event));
    event.set();
    for (auto& waiter : waiters) co_await waiter;
  });
}

TEST(ManualResetEventDeathTest, SaysThatItEndedWhileSomebodyWaited) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        std::optional<ManualResetEvent> event{std::in_place};
        CheckedRuntime runtime{1};
        auto waiter = wait_for(*event);
        event.reset();
      },
      "a list was destroyed with nodes in it");
}

} // namespace
