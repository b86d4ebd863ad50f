#include "flowcoro/coro/shared_frame.hpp"

#include "flowcoro/coro/sync_wait.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "helpers.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/plain_coroutine.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

using flowcoro::Destroyed;
using flowcoro::Resumed;
using flowcoro::SharedFrame;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::counts_turns;
using flowcoro::test::Plain;
using flowcoro::test::PlainPromise;
using flowcoro::test::rounds;

using Shared = SharedFrame<PlainPromise>;

TEST(SharedFrame, TheLastShareDestroysIt) {
  std::atomic<int> turns{0}, destroyed{0};
  Shared one{counts_turns(turns, destroyed).handle};
  {
    Shared two = one;
    EXPECT_EQ(one.use_count(), 2u);
    EXPECT_EQ(two.resume(), Resumed::suspended);
    Shared three = std::move(two);
    EXPECT_EQ(one.use_count(), 2u);
    EXPECT_EQ(two.use_count(), 0u); // NOLINT(bugprone-use-after-move)
    one = three;
  }
  EXPECT_EQ(one.use_count(), 1u);
  one.promise().value = 3;
  EXPECT_EQ(destroyed, 0);
  one = {};
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(one.resume(), Resumed::destroyed);
}

TEST(SharedFrame, IsQueuedOnceUntilItsTurnComes) {
  CheckedRuntime runtime{1};
  std::atomic<int> turns{0}, destroyed{0};
  const auto body = [&]() -> flowcoro::Lazy<> {
    Shared frame{counts_turns(turns, destroyed).handle};
    flowcoro::Scheduler& here = runtime.scheduler(); // whose only worker this is
    EXPECT_TRUE(frame.schedule_resume(here));
    EXPECT_FALSE(frame.schedule_resume(here));
    EXPECT_EQ(turns, 0);
    while (turns.load() == 0) co_await flowcoro::yield();
    EXPECT_EQ(turns, 1);
    EXPECT_TRUE(frame.schedule_resume(here));
    frame = {}; // its place in the queue has a share
    EXPECT_EQ(destroyed, 0);
    while (destroyed.load() == 0) co_await flowcoro::yield();
    EXPECT_EQ(turns, 2);
  };
  auto task = flowcoro::spawn_on(runtime, body);
  flowcoro::sync_wait(runtime, task);
}

TEST(SharedFrame, ATurnOfOneThatWasDestroyedDoesNothing) {
  CheckedRuntime runtime{1};
  std::atomic<int> turns{0}, destroyed{0};
  const auto body = [&]() -> flowcoro::Lazy<> {
    Shared frame{counts_turns(turns, destroyed).handle};
    EXPECT_EQ(frame.resume(), Resumed::suspended);
    EXPECT_TRUE(frame.schedule_resume(runtime.scheduler()));
    EXPECT_EQ(frame.destroy(), Destroyed::now);
    while (frame.use_count() != 1) co_await flowcoro::yield();
    EXPECT_EQ(turns, 1);
    EXPECT_EQ(destroyed, 1);
  };
  auto task = flowcoro::spawn_on(runtime, body);
  flowcoro::sync_wait(runtime, task);
}

TEST(SharedFrame, ATurnThatFindsItRunningComesAfterThatRun) {
  CheckedRuntime runtime{1};
  std::atomic<bool> runs{false}, go_on{false};
  std::atomic<int> turns{0};
  std::atomic<const flowcoro::Scheduler*> place{nullptr};
  const auto body = [&]() -> Plain {
    runs.store(true);
    while (!go_on.load()) std::this_thread::yield();
    for (;;) {
      co_await std::suspend_always{};
      place.store(flowcoro::current_scheduler());
      turns.fetch_add(1);
    }
  };
  Shared frame{body().handle};
  std::thread elsewhere{[mine = frame]() mutable { EXPECT_EQ(mine.resume(), Resumed::suspended); }};
  while (!runs.load()) std::this_thread::yield();
  EXPECT_TRUE(frame.schedule_resume(runtime.scheduler()));
  // Its turn comes, and waits: the worker, which has no other work, goes to sleep.
  const auto nothing = []() -> flowcoro::Lazy<> { co_return; };
  for (int i = 0; i < 3; ++i) {
    auto task = flowcoro::spawn_on(runtime, nothing);
    flowcoro::sync_wait(runtime, task);
  }
  EXPECT_EQ(turns, 0);
  EXPECT_FALSE(frame.schedule_resume(runtime.scheduler())); // that turn has not begun
  go_on.store(true);
  elsewhere.join();
  EXPECT_TRUE(flowcoro::test::eventually([&] { return turns == 1 && frame.use_count() == 1; }));
  EXPECT_EQ(place, &runtime.scheduler()); // at its home, not where it ran before
}

TEST(SharedFrame, ATurnThatWaitsForARunThatThrowsIsOver) {
  CheckedRuntime runtime{1};
  std::atomic<bool> runs{false}, go_on{false};
  const auto body = [&]() -> Plain {
    runs.store(true);
    while (!go_on.load()) std::this_thread::yield();
    throw std::runtime_error{"the last that it does"};
    co_return;
  };
  Shared frame{body().handle};
  std::thread elsewhere{
      [mine = frame]() mutable { EXPECT_THROW(static_cast<void>(mine.resume()), std::runtime_error); }};
  while (!runs.load()) std::this_thread::yield();
  EXPECT_TRUE(frame.schedule_resume(runtime.scheduler()));
  go_on.store(true);
  elsewhere.join();
  EXPECT_TRUE(flowcoro::test::eventually([&] { return frame.use_count() == 1; }));
  EXPECT_TRUE(frame.done());
}

Plain resumes_itself(Shared& frame, Resumed& answer) {
  answer = frame.resume();
  co_return;
}

TEST(SharedFrame, OneThatResumesItselfIsBusyAndOneThatHasEndedIsFinished) {
  Resumed answer{};
  Shared frame;
  frame = Shared{resumes_itself(frame, answer).handle};
  EXPECT_EQ(frame.resume(), Resumed::finished);
  EXPECT_EQ(answer, Resumed::busy);
  Shared other = frame;
  EXPECT_EQ(other.resume(), Resumed::finished);
  // A turn of one that has ended does nothing.
  CheckedRuntime runtime{1};
  EXPECT_TRUE(other.schedule_resume(runtime.scheduler()));
  while (frame.use_count() != 2) std::this_thread::yield();
  EXPECT_TRUE(other.done());
}

Plain drops_its_share(std::optional<Shared>& share) {
  share.reset();
  co_await std::suspend_always{};
}

TEST(SharedFrame, MayDropItsOwnLastShareWhileItRuns) {
  std::optional<Shared> share;
  share.emplace(drops_its_share(share).handle);
  EXPECT_EQ(share->resume(), Resumed::suspended);
}

TEST(SharedFrame, EveryTurnThatWasAskedForComesAfterTheAsking) {
  for (const unsigned workers : {1u, 2u, 4u}) {
    CheckedRuntime runtime{workers};
    std::atomic<int> turns{0}, destroyed{0}, granted{0};
    std::atomic<std::uint64_t> asked{0}, seen{0};
    const auto body = [&asked, &seen, &turns, &destroyed]() -> Plain {
      const flowcoro::test::InFrame in_frame{destroyed};
      for (;;) {
        turns.fetch_add(1);
        seen.store(asked.load());
        co_await std::suspend_always{};
      }
    };
    {
      Shared frame{body().handle};
      flowcoro::test::start_together(8, [&](std::size_t) {
        Shared mine = frame;
        for (std::size_t i = 0; i < rounds(2000); ++i) {
          asked.fetch_add(1);
          if (mine.schedule_resume(runtime.scheduler())) granted.fetch_add(1);
        }
      });
      // The last one that asked is followed by a turn that sees it.
      while (seen.load() != asked.load() || frame.use_count() != 1) std::this_thread::yield();
      EXPECT_GT(turns, 0);
      EXPECT_LE(turns, granted);
    }
    EXPECT_EQ(destroyed, 1);
  }
}

} // namespace
