#include "flowcoro/pool/task_handle.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "helpers.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::NoResult;
using flowcoro::OperationCancelled;
using flowcoro::sleep_for;
using flowcoro::sync_wait;
using flowcoro::pool::CoroutinePool;
using flowcoro::pool::plain_config;
using flowcoro::pool::TaskEnd;
using flowcoro::pool::TaskHandle;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;

static_assert(!std::is_copy_constructible_v<TaskHandle<int>> && std::is_nothrow_move_constructible_v<TaskHandle<int>>);

template <class F>
auto submit(CoroutinePool& pool, F&& function) {
  return pool.try_spawn(std::forward<F>(function)).unwrap();
}

TEST(TaskHandle, GivesResultsOfEveryKind) {
  CheckedRuntime runtime{2};
  CoroutinePool pool{plain_config(4), runtime};
  static int referred = 5;
  auto number = submit(pool, [] { return 42; });
  auto text = submit(pool, []() -> Lazy<std::string> { co_return "text"; });
  auto nothing = submit(pool, [] {});
  auto reference = submit(pool, []() -> Lazy<int&> { co_return referred; });
  auto unique = submit(pool, [] { return std::make_unique<int>(7); });
  auto move_only = submit(pool, []() -> Lazy<flowcoro::test::MoveOnly> { co_return flowcoro::test::MoveOnly{8}; });
  EXPECT_EQ(sync_wait(runtime, number), 42);
  EXPECT_EQ(sync_wait(runtime, text), "text");
  sync_wait(runtime, nothing);
  EXPECT_EQ(&sync_wait(runtime, reference), &referred);
  EXPECT_EQ(*sync_wait(runtime, unique), 7);
  EXPECT_EQ(sync_wait(runtime, move_only).value(), 8);
}

TEST(TaskHandle, GivesAResultOnce) {
  CheckedRuntime runtime{1};
  CoroutinePool pool{plain_config(1), runtime};
  auto handle = submit(pool, [] { return 1; });
  EXPECT_EQ(sync_wait(runtime, handle), 1);
  EXPECT_THROW(sync_wait(runtime, handle), NoResult);
  auto moved = std::move(handle);
  EXPECT_THROW(sync_wait(runtime, handle), NoResult); // NOLINT(bugprone-use-after-move)
  EXPECT_FALSE(handle.valid());                       // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(moved.valid());
}

TEST(TaskHandle, RethrowsWhatTheTaskThrew) {
  CheckedRuntime runtime{1};
  CoroutinePool pool{plain_config(1), runtime};
  auto standard = submit(pool, []() -> int { throw std::runtime_error{"no"}; });
  auto other = submit(pool, []() -> Lazy<void> {
    co_await sleep_for(1ns);
    throw 5;
  });
  EXPECT_THROW(sync_wait(runtime, standard), std::runtime_error);
  EXPECT_EQ(standard.end(), TaskEnd::failed);
  EXPECT_THROW(sync_wait(runtime, other), int);
  EXPECT_THROW(sync_wait(runtime, other), NoResult);
}

TEST(TaskHandle, ResultThatCannotBeMovedIsAFailure) {
  CheckedRuntime runtime{1};
  CoroutinePool pool{plain_config(1), runtime};
  auto handle = submit(pool, []() -> Lazy<flowcoro::test::ThrowingMove> {
    flowcoro::test::ThrowingMove value{1, 1};
    co_return std::move(value);
  });
  EXPECT_THROW(sync_wait(runtime, handle), flowcoro::test::MoveFailed);
  flowcoro::pool::expect_balanced(pool);
}

TEST(TaskHandle, DroppedLeavesTheTaskToThePoolAndItsErrorToTheRuntime) {
  const Choices choices{3};
  CheckedScheduler scheduler{choices};
  CoroutinePool pool{plain_config(2), scheduler};
  bool ran = false;
  static_cast<void>(submit(pool, [&]() -> Lazy<void> {
    co_await sleep_for(1s);
    ran = true;
  }));
  static_cast<void>(submit(pool, []() -> Lazy<void> {
    co_await sleep_for(1s);
    throw std::runtime_error{"unseen"};
  }));
  auto all = pool.join_all();
  EXPECT_TRUE(scheduler.run(all).empty());
  EXPECT_TRUE(ran);
  EXPECT_EQ(scheduler.take_unhandled().size(), 1u);
}

TEST(TaskHandle, StopsATaskThatRunsAndOneThatWaits) {
  const Choices choices{4};
  CheckedScheduler scheduler{choices};
  CoroutinePool pool{plain_config(1), scheduler};
  flowcoro::test::Census census;
  bool began = false;
  auto running = submit(pool, []() -> Lazy<void> { co_await sleep_for(1h); });
  auto waiting = submit(pool, [&began, kept = flowcoro::test::Counted{census}] { began = kept.value() == 0; });
  scheduler.run_until_idle();
  EXPECT_FALSE(waiting.end().has_value());
  waiting.request_stop();
  EXPECT_EQ(waiting.end(), TaskEnd::cancelled);
  EXPECT_EQ(census.alive(), 0); // what it kept is gone at once
  running.request_stop();
  EXPECT_THROW(scheduler.run(running), OperationCancelled);
  EXPECT_THROW(scheduler.run(waiting), OperationCancelled);
  running.request_stop(); // too late, and no harm
  EXPECT_FALSE(began);
  flowcoro::pool::expect_balanced(pool);
}

TEST(TaskHandle, WhatTheTaskKeepsGoesWhenItEnds) {
  const Choices choices{5};
  CheckedScheduler scheduler{choices};
  CoroutinePool pool{plain_config(1), scheduler};
  flowcoro::test::Census census;
  auto handle = submit(pool, [kept = flowcoro::test::Counted{census}]() -> Lazy<int> {
    co_await sleep_for(1s);
    co_return kept.value() + 1;
  });
  auto all = pool.join_all();
  scheduler.run(all);
  EXPECT_EQ(census.alive(), 0);
  EXPECT_EQ(scheduler.run(handle), 1);
}

TEST(TaskHandle, AStopRequestForWhoAwaitsItEndsTheWaitOnly) {
  const Choices choices{6};
  CheckedScheduler scheduler{choices};
  CoroutinePool pool{plain_config(1), scheduler};
  auto handle = submit(pool, []() -> Lazy<int> {
    co_await sleep_for(1s);
    co_return 9;
  });
  auto waiter = flowcoro::spawn([&]() -> Lazy<void> { co_await handle; });
  scheduler.run_until_idle();
  waiter.request_stop();
  EXPECT_THROW(scheduler.run(waiter), OperationCancelled);
  EXPECT_EQ(scheduler.run(handle), 9);
}

TEST(TaskHandle, OutlivesItsPool) {
  const Choices choices{7};
  CheckedScheduler scheduler{choices};
  std::optional<CoroutinePool> pool{std::in_place, plain_config(1), scheduler};
  auto done = submit(*pool, [] { return 3; });
  auto all = pool->join_all();
  scheduler.run(all);
  auto running = submit(*pool, []() -> Lazy<void> { co_await sleep_for(1h); });
  auto waiting = submit(*pool, [] { return 4; });
  scheduler.run_until_idle();
  pool.reset();
  EXPECT_EQ(scheduler.run(done), 3);
  EXPECT_THROW(scheduler.run(running), OperationCancelled);
  EXPECT_THROW(scheduler.run(waiting), OperationCancelled);
  running.request_stop();
}

} // namespace
