#include "flowcoro/sched/runtime.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/async/task_group.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/start_together.hpp"
#include "support/wait_until.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <optional>
#include <source_location>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::Runtime;
using flowcoro::RuntimeStats;
using flowcoro::RuntimeStopped;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::TaskGroup;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::rounds;
using flowcoro::test::wait_until;

/// Waits without looking at stop requests, until somebody posts it.
struct Gate : flowcoro::ReadyNode {
  std::atomic<bool> waiting{false};
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) noexcept {
    handle = waiter;
    waiting.store(true, std::memory_order_release);
  }
  void await_resume() const noexcept {}
};

TEST(RuntimeShutdown, IsIdempotentAndStopsSleepersPromptly) {
  Runtime runtime{{.workers = 2}};
  std::vector<Task<>> sleepers;
  for (int i = 0; i < 1'000; ++i)
    sleepers.push_back(spawn_on(runtime, []() -> Lazy<void> { co_await flowcoro::sleep_for(24h); }));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(runtime.shutdown().clean());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1h) << "it waited for the sleepers";
  EXPECT_TRUE(runtime.shutdown().clean());
  EXPECT_EQ(runtime.stats().cancelled, 1'000u);
  EXPECT_EQ(runtime.stats().submitted, 1'000u);
}

TEST(RuntimeShutdown, JoinsTasksThatTakeTheirTimeToEnd) {
  std::atomic<int> cleaned_up{0};
  {
    CheckedRuntime runtime{2};
    for (int i = 0; i < 10; ++i) {
      auto task = spawn_on(runtime, [&]() -> Lazy<void> {
        try {
          co_await flowcoro::sleep_for(1h);
        } catch (const OperationCancelled&) {
        }
        for (int k = 0; k < 100; ++k) co_await flowcoro::yield();
        ++cleaned_up;
      });
      static_cast<void>(task);
    }
  }
  EXPECT_EQ(cleaned_up, 10);
}

TEST(RuntimeShutdown, RefusesNewWork) {
  Runtime runtime{{.workers = 2}};
  static_cast<void>(runtime.shutdown());
  bool ran = false;
  EXPECT_THROW(static_cast<void>(spawn_on(runtime, [&ran] { ran = true; })), RuntimeStopped);
  EXPECT_THROW(sync_wait(runtime,
                         [&]() -> Lazy<void> {
                           ran = true;
                           co_return;
                         }),
               RuntimeStopped);
  EXPECT_FALSE(ran);
  EXPECT_EQ(runtime.stats().submitted, 0u);
}

TEST(RuntimeShutdown, RefusesNewWorkFromTasksThatAreEnding) {
  CheckedRuntime runtime{2};
  std::atomic<bool> asleep{false};
  auto task = spawn_on(runtime, [&]() -> Lazy<bool> {
    try {
      asleep = true;
      co_await flowcoro::sleep_for(1h);
    } catch (const OperationCancelled&) {
    }
    try {
      auto more = flowcoro::spawn([] {});
      co_return false;
    } catch (const RuntimeStopped&) {
      co_return true;
    }
  });
  wait_until(asleep);
  static_cast<void>(runtime.shutdown());
  ASSERT_TRUE(task.done());
  Runtime other{{.workers = 1}};
  EXPECT_TRUE(sync_wait(other, task));
}

/// Ignores stop; the line of its first co_await is where a report must point.
Lazy<void> stubborn_task(std::source_location* first_wait) {
  *first_wait = std::source_location::current();
  co_await flowcoro::yield(); // the line after the one that was noted
  for (;;) co_await flowcoro::yield();
}

TEST(RuntimeShutdown, NamesTheTasksThatAreLeftAtItsLimit) {
  static std::source_location first_wait; // outlives the task, which outlives the runtime
  Runtime runtime{{.workers = 2}};
  auto stubborn = spawn_on(runtime, stubborn_task, &first_wait);
  auto obedient = spawn_on(runtime, []() -> Lazy<void> { co_await flowcoro::sleep_for(1h); });
  const auto report = runtime.shutdown(20ms);
  EXPECT_FALSE(report.clean());
  ASSERT_EQ(report.left.size(), 1u);
  EXPECT_STREQ(report.left.front().file_name(), first_wait.file_name());
  EXPECT_EQ(report.left.front().line(), first_wait.line() + 1);
  EXPECT_EQ(runtime.stats().abandoned, 1u);
  EXPECT_EQ(runtime.stats().cancelled, 1u);
  EXPECT_EQ(flowcoro::test::started(runtime.stats()), flowcoro::test::ended(runtime.stats()));
  EXPECT_FALSE(stubborn.done());
  EXPECT_TRUE(obedient.done());
}

TEST(RuntimeShutdown, CountsQueuedTasksThatNeverRanAsAbandoned) {
  Runtime runtime{{.workers = 1}};
  std::atomic<bool> running{false};
  std::atomic<bool> release{false};
  auto busy = spawn_on(runtime, [&] {
    running = true;
    wait_until(release);
  });
  wait_until(running);
  auto queued = spawn_on(runtime, [] {});
  const auto report = runtime.shutdown(1ms);
  EXPECT_EQ(report.left.size(), 2u) << "a task was lost without a word";
  release = true;
  while (!busy.done()) std::this_thread::yield();
  EXPECT_FALSE(queued.done());
  const RuntimeStats s = runtime.stats();
  EXPECT_EQ(s.abandoned, 1u);
  EXPECT_EQ(flowcoro::test::started(s), flowcoro::test::ended(s));
}

TEST(RuntimeShutdown, LosesNoTaskOfAStormOfSpawns) {
  for (std::size_t round = 0; round < rounds(100); ++round) {
    Runtime runtime{{.workers = 2}};
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> ran{0};
    flowcoro::test::start_together(3, [&](std::size_t thread) {
      if (thread == 0) {
        while (accepted.load() < 20) std::this_thread::yield();
        EXPECT_TRUE(runtime.shutdown().clean());
        return;
      }
      try {
        for (;;) {
          auto task = spawn_on(runtime, [&ran] { ran.fetch_add(1); });
          accepted.fetch_add(1);
        }
      } catch (const RuntimeStopped&) {
        return; // what the storm waits for
      }
    });
    const RuntimeStats s = runtime.stats();
    ASSERT_EQ(s.submitted, accepted);
    ASSERT_EQ(s.completed, accepted);
    ASSERT_EQ(ran, accepted);
  }
}

TEST(RuntimeShutdown, StopsWhatAThreadInSyncWaitWaitsForAndJoinsIt) {
  for (std::size_t round = 0; round < rounds(50); ++round) {
    CheckedRuntime runtime{2};
    std::atomic<bool> inside{false};
    bool cleaned_up = false;
    std::thread caller{[&] {
      const auto root = [&]() -> Lazy<void> {
        inside = true;
        try {
          co_await flowcoro::sleep_for(1h);
        } catch (const OperationCancelled&) {
          cleaned_up = true;
          throw;
        }
      };
      EXPECT_THROW(sync_wait(runtime, root), OperationCancelled);
    }};
    wait_until(inside);
    EXPECT_TRUE(runtime.shutdown().clean());
    ASSERT_TRUE(cleaned_up) << "shutdown did not wait for the call";
    caller.join();
  }
}

TEST(RuntimeShutdown, StopsTheTasksOfAGroupThatNobodyJoinsYet) {
  CheckedRuntime runtime{2};
  std::atomic<bool> started{false};
  std::atomic<bool> ended{false};
  auto owner = spawn_on(runtime, [&]() -> Lazy<void> {
    TaskGroup group;
    group.spawn([&]() -> Lazy<void> {
      started = true;
      try {
        co_await flowcoro::sleep_for(1h);
      } catch (const OperationCancelled&) {
        ended = true;
      }
    });
    while (!ended) co_await flowcoro::yield();
    auto joined = group.join();
    co_await joined;
  });
  wait_until(started);
  EXPECT_TRUE(runtime.shutdown().clean());
  EXPECT_TRUE(owner.done());
}

TEST(RuntimeShutdown, NamesTheLineOfALambdaWithCaptures) {
  static std::source_location waits_at;
  static Gate gate;
  Runtime runtime{{.workers = 2}};
  auto task = spawn_on(runtime, [place = &waits_at]() -> Lazy<void> {
    *place = std::source_location::current();
    co_await gate;
  });
  wait_until(gate.waiting);
  const auto report = runtime.shutdown(1ms);
  ASSERT_EQ(report.left.size(), 1u);
  EXPECT_STREQ(report.left.front().file_name(), waits_at.file_name());
  EXPECT_EQ(report.left.front().line(), waits_at.line() + 1);
}

TEST(RuntimeShutdown, NamesTheTasksOfAGroup) {
  static std::source_location waits_at;
  static Gate gate;
  static TaskGroup group;
  Runtime runtime{{.workers = 2}};
  auto owner = spawn_on(runtime, [] {
    group.spawn([place = &waits_at]() -> Lazy<int> {
      *place = std::source_location::current();
      co_await gate;
      co_return 1;
    });
  });
  wait_until(gate.waiting);
  while (!owner.done()) std::this_thread::yield();
  const auto report = runtime.shutdown(1ms);
  ASSERT_EQ(report.left.size(), 1u);
  EXPECT_STREQ(report.left.front().file_name(), waits_at.file_name());
  EXPECT_EQ(report.left.front().line(), waits_at.line() + 1);
  // Its owner ends the group in the end, here on a runtime that still runs.
  Runtime other{{.workers = 1}};
  gate.handle.resume();
  sync_wait(other, group.join());
}

/// The call ignores stop. It has a worker's seat, so it can go on by itself when its gate is opened.
TEST(RuntimeShutdown, NamesASyncWaitCallThatIsLeftAndReturnsAtItsLimit) {
  for (const unsigned workers : {1u, 3u}) {
    Runtime runtime{{.workers = workers}};
    while (runtime.stats().parks < workers) std::this_thread::yield();
    Gate gate;
    std::source_location called_at;
    std::atomic<bool> returned{false};
    std::thread caller{[&] {
      const auto root = [&gate]() -> Lazy<int> {
        co_await gate;
        co_return 7;
      };
      called_at = std::source_location::current();
      EXPECT_EQ(sync_wait(runtime, root), 7);
      returned = true;
    }};
    wait_until(gate.waiting);
    const auto report = runtime.shutdown(1ms);
    EXPECT_FALSE(returned);
    ASSERT_EQ(report.left.size(), 1u);
    EXPECT_STREQ(report.left.front().file_name(), called_at.file_name());
    EXPECT_EQ(report.left.front().line(), called_at.line() + 1);
    EXPECT_EQ(runtime.stats().abandoned, 0u);
    runtime.scheduler().post(gate);
    caller.join();
    EXPECT_TRUE(returned);
  }
}

TEST(RuntimeShutdown, ReturnsAtItsLimitWhileATaskComputes) {
  Runtime runtime{{.workers = 2}};
  std::atomic<bool> computing{false};
  std::atomic<bool> release{false};
  auto busy = spawn_on(runtime, [&] {
    computing = true;
    wait_until(release);
  });
  wait_until(computing);
  const auto report = runtime.shutdown(1ms);
  EXPECT_FALSE(busy.done());
  EXPECT_EQ(report.left.size(), 1u);
  EXPECT_EQ(runtime.stats().abandoned, 1u);
  release = true;
  while (!busy.done()) std::this_thread::yield();
  EXPECT_EQ(runtime.stats().completed, 1u);
  EXPECT_EQ(runtime.stats().abandoned, 0u) << "it has ended after all";
}

/// A thread that is no worker makes the last task ready; the runtime ends while that thread may still be inside post().
TEST(RuntimeShutdown, MayFollowAPostFromAnotherThreadAtOnce) {
  for (std::size_t round = 0; round < rounds(1'000); ++round) {
    auto runtime = std::make_optional<Runtime>(flowcoro::RuntimeOptions{.workers = 2});
    Gate gate;
    auto task = spawn_on(*runtime, [&gate]() -> Lazy<void> { co_await gate; });
    std::thread poster{[&gate, &scheduler = runtime->scheduler()] {
      wait_until(gate.waiting);
      scheduler.post(gate);
    }};
    runtime.reset(); // joins the task
    ASSERT_TRUE(task.done());
    poster.join();
  }
}

TEST(RuntimeDeathTest, EndedByOneOfItsOwnTasksSaysSo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Runtime runtime{{.workers = 1}};
        auto task = spawn_on(runtime, [&runtime] { static_cast<void>(runtime.shutdown()); });
        while (!task.done()) std::this_thread::yield();
      },
      "shut down or destroyed by one of its own tasks");
}

} // namespace
