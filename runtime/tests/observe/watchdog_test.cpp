#include "flowcoro/observe/watchdog.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/observe/detail/stall_detector.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/checked_runtime.hpp"
#include "support/wait_until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::Stall;
using flowcoro::StallWatchdog;
using flowcoro::SteadyTime;
using flowcoro::WorkerTurn;
using flowcoro::detail::StallDetector;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::wait_until;
using testing::HasSubstr;

template <class T = void>
using TrackedLazy = flowcoro::BasicTask<T, flowcoro::Start::lazy, flowcoro::TrackedPolicy>;

constexpr SteadyTime at(std::chrono::milliseconds time) { return SteadyTime{time}; }

TEST(StallDetector, TellsOnceOfATurnThatLastsForTheLimit) {
  StallDetector detector{1, 100ms};
  const int frame = 0;
  const WorkerTurn turn{.turn = 7, .coroutine = &frame};
  EXPECT_FALSE(detector.look(0, turn, at(0ms)));
  EXPECT_FALSE(detector.look(0, turn, at(99ms)));
  EXPECT_TRUE(detector.look(0, turn, at(100ms)));
  EXPECT_EQ(detector.lasted(0, at(100ms)), 100ms);
  EXPECT_FALSE(detector.look(0, turn, at(500ms)));
  const WorkerTurn next{.turn = 8, .coroutine = &frame};
  EXPECT_FALSE(detector.look(0, next, at(600ms)));
  EXPECT_TRUE(detector.look(0, next, at(700ms)));
}

TEST(StallDetector, IsQuietWhileTurnsFollowEachOtherAndWhileNothingRuns) {
  StallDetector detector{2, 100ms};
  const int frame = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_FALSE(detector.look(0, {.turn = i, .coroutine = &frame}, at(std::chrono::milliseconds{60 * i})));
    EXPECT_FALSE(detector.look(1, {.turn = 5}, at(std::chrono::milliseconds{60 * i})));
  }
  // A turn begins when it is first seen to run: its number alone says nothing.
  EXPECT_FALSE(detector.look(1, {.turn = 5, .coroutine = &frame}, at(10s)));
}

/// Blocks its worker until the watchdog has spoken.
TrackedLazy<> block_after_a_wait(const std::atomic<bool>& spoken) {
  auto naming = flowcoro::this_task::set_name("blocks");
  co_await naming;
  auto nap = flowcoro::sleep_for(1us);
  co_await nap;
  wait_until(spoken);
}

TEST(StallWatchdog, NamesTheTrackedTaskThatKeepsAWorkerAndWhereItWaitedLast) {
  CheckedRuntime runtime{2};
  std::atomic<bool> spoken{false};
  std::optional<Stall> seen;
  StallWatchdog watchdog{runtime, {.limit = 2ms, .on_stall = [&](const Stall& stall) {
                                     if (spoken.load()) return;
                                     seen = stall;
                                     spoken.store(true);
                                   }}};
  auto task = spawn_on(runtime, [&]() -> Lazy<> {
    auto inner = block_after_a_wait(spoken);
    co_await inner;
  });
  wait_until(spoken);
  sync_wait(runtime, task);
  ASSERT_TRUE(seen.has_value());
  EXPECT_LT(seen->worker, 2u);
  EXPECT_GE(seen->lasted, 2ms);
  EXPECT_NE(seen->code, nullptr);
  ASSERT_TRUE(seen->task.has_value());
  EXPECT_EQ(seen->task->name, "blocks");
  EXPECT_NE(seen->task->id, 0u);
  EXPECT_THAT(seen->task->waited_at.function_name(), HasSubstr("block_after_a_wait"));
  EXPECT_THAT(to_string(*seen), HasSubstr("\"blocks\", created in "));
  EXPECT_THAT(to_string(*seen), HasSubstr(", which last waited at "));
  EXPECT_GE(watchdog.stalls(), 1u);
}

TEST(StallWatchdog, NamesATaskWithoutTrackingByItsFirstWait) {
  CheckedRuntime runtime{1};
  std::atomic<bool> spoken{false};
  std::optional<Stall> seen;
  const StallWatchdog watchdog{runtime, {.limit = 2ms, .on_stall = [&](const Stall& stall) {
                                           if (spoken.load()) return;
                                           seen = stall;
                                           spoken.store(true);
                                         }}};
  auto task = spawn_on(
      runtime,
      [](const std::atomic<bool>* flag) -> Lazy<> {
        auto nap = flowcoro::sleep_for(1us);
        co_await nap;
        wait_until(*flag);
      },
      &spoken);
  wait_until(spoken);
  sync_wait(runtime, task);
  ASSERT_TRUE(seen.has_value() && seen->task.has_value());
  EXPECT_EQ(seen->task->id, 0u);
  EXPECT_THAT(to_string(*seen), HasSubstr("a task, which first waited at "));
}

TEST(StallWatchdog, GivesTheFunctionOfATaskThatHasNeverWaited) {
  CheckedRuntime runtime{1};
  std::atomic<bool> spoken{false};
  std::optional<Stall> seen;
  const StallWatchdog watchdog{runtime, {.limit = 2ms, .on_stall = [&](const Stall& stall) {
                                           if (spoken.load()) return;
                                           seen = stall;
                                           spoken.store(true);
                                         }}};
  auto task = spawn_on(runtime, [&spoken] { wait_until(spoken); });
  wait_until(spoken);
  sync_wait(runtime, task);
  ASSERT_TRUE(seen.has_value());
  EXPECT_FALSE(seen->task.has_value());
  EXPECT_THAT(to_string(*seen), HasSubstr("a coroutine that is not listed, "));
}

TEST(StallWatchdog, RefusesOptionsByName) {
  CheckedRuntime runtime{1};
  EXPECT_THROW((StallWatchdog{runtime, {.limit = 0ms, .on_stall = [](const Stall&) {}}}), std::invalid_argument);
  EXPECT_THROW((StallWatchdog{runtime, {.limit = 1ms, .on_stall = {}}}), std::invalid_argument);
}

} // namespace
