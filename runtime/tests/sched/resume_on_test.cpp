#include "flowcoro/sched/resume_on.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::current_scheduler;
using flowcoro::Lazy;
using flowcoro::resume_on;
using flowcoro::Runtime;
using flowcoro::RuntimeStats;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::rounds;

static_assert(flowcoro::Awaiter<flowcoro::detail::ResumeOn>);

struct ResumeOn : testing::Test {
  CheckedRuntime home{2};
  CheckedRuntime away{2};

  [[nodiscard]] bool at_home() { return current_scheduler() == &home.scheduler(); }
  [[nodiscard]] bool is_away() { return current_scheduler() == &away.scheduler(); }
};

TEST_F(ResumeOn, MovesTheCoroutine) {
  EXPECT_TRUE(sync_wait(home, [&]() -> Lazy<bool> {
    const bool before = at_home();
    co_await resume_on(away);
    co_return before&& is_away();
  }));
}

TEST_F(ResumeOn, TakesASchedulerToo) {
  EXPECT_TRUE(sync_wait(home, [&]() -> Lazy<bool> {
    co_await resume_on(away.scheduler());
    co_return is_away();
  }));
}

TEST_F(ResumeOn, StaysThereAfterEveryKindOfWait) {
  EXPECT_TRUE(sync_wait(home, [&]() -> Lazy<bool> {
    co_await resume_on(away);
    bool stayed = true;
    co_await flowcoro::yield();
    stayed = stayed && is_away();
    co_await flowcoro::sleep_for(1ms);
    stayed = stayed && is_away();
    auto at_the_other = spawn_on(home, [] {});
    co_await at_the_other;
    stayed = stayed && is_away();
    auto child = [](ResumeOn& test) -> Lazy<bool> {
      const bool started_away = test.is_away();
      co_await flowcoro::yield();
      co_return started_away&& test.is_away();
    }(*this);
    stayed = co_await child && stayed;
    co_return stayed&& is_away();
  }));
}

TEST_F(ResumeOn, LeavesTheAwaitingCoroutineWhereItWas) {
  EXPECT_TRUE(sync_wait(home, [&]() -> Lazy<bool> {
    auto child = [](ResumeOn& test) -> Lazy<bool> {
      co_await resume_on(test.away);
      co_return test.is_away();
    }(*this);
    const bool moved = co_await child;
    co_return moved&& at_home();
  }));
}

TEST_F(ResumeOn, GoesOnWithoutSuspendingWhenItIsThereAlready) {
  sync_wait(home, [&]() -> Lazy<void> {
    const auto thread = std::this_thread::get_id();
    for (int i = 0; i < 100; ++i) {
      co_await resume_on(home);
      EXPECT_EQ(std::this_thread::get_id(), thread);
    }
  });
}

TEST_F(ResumeOn, CountsATaskOutOfOneRuntimeAndIntoTheOther) {
  auto task = spawn_on(
      home,
      [](Runtime* target) -> Lazy<void> {
        co_await resume_on(*target);
        co_await flowcoro::yield();
      },
      &away);
  sync_wait(home, task);
  const RuntimeStats left = home.stats();
  const RuntimeStats reached = away.stats();
  EXPECT_EQ(left.submitted, 1u);
  EXPECT_EQ(left.moved_out, 1u);
  EXPECT_EQ(left.completed, 0u);
  EXPECT_EQ(reached.moved_in, 1u);
  EXPECT_EQ(reached.completed, 1u);
  EXPECT_EQ(reached.submitted, 0u);
}

TEST_F(ResumeOn, CountsEveryMoveOfATaskThatComesBack) {
  auto task = spawn_on(
      home,
      [](Runtime* start, Runtime* target) -> Lazy<void> {
        for (int i = 0; i < 10; ++i) {
          co_await resume_on(*target);
          co_await resume_on(*start);
        }
      },
      &home, &away);
  sync_wait(home, task);
  EXPECT_EQ(home.stats().moved_out, 10u);
  EXPECT_EQ(home.stats().moved_in, 10u);
  EXPECT_EQ(home.stats().completed, 1u);
  EXPECT_EQ(away.stats().moved_in, 10u);
  EXPECT_EQ(away.stats().moved_out, 10u);
}

TEST_F(ResumeOn, MovesALambdaWithCapturesAsTheTaskThatItIs) {
  auto task = spawn_on(home, [this]() -> Lazy<bool> {
    co_await resume_on(away);
    co_await flowcoro::yield();
    co_return is_away();
  });
  EXPECT_TRUE(sync_wait(home, task));
  EXPECT_EQ(home.stats().submitted, 1u);
  EXPECT_EQ(home.stats().moved_out, 1u);
  EXPECT_EQ(home.stats().completed, 0u);
  EXPECT_EQ(away.stats().moved_in, 1u);
  EXPECT_EQ(away.stats().completed, 1u);
}

TEST_F(ResumeOn, CountsAPartOfATaskInWhereItWentAndTheTaskWhereItStays) {
  auto task = spawn_on(home, [this]() -> Lazy<void> {
    auto part = [](Runtime& target) -> Lazy<void> { co_await resume_on(target); }(away);
    co_await part;
  });
  sync_wait(home, task);
  EXPECT_EQ(home.stats().submitted, 1u);
  EXPECT_EQ(home.stats().completed, 1u);
  EXPECT_EQ(home.stats().moved_out, 0u);
  EXPECT_EQ(away.stats().moved_in, 1u);
  EXPECT_EQ(away.stats().completed, 1u);
}

TEST_F(ResumeOn, APartOfATaskIsStoppedAndJoinedByTheRuntimeThatItMovedTo) {
  std::atomic<bool> moved{false};
  std::atomic<bool> part_ended{false};
  auto task = spawn_on(home, [&]() -> Lazy<bool> {
    auto part = [](Runtime& target, std::atomic<bool>& there, std::atomic<bool>& ended) -> Lazy<void> {
      co_await resume_on(target);
      there = true;
      try {
        co_await flowcoro::sleep_for(1h);
      } catch (const flowcoro::OperationCancelled&) {
        ended = true;
      }
    }(away, moved, part_ended);
    co_await part;
    co_return at_home();
  });
  while (!moved) std::this_thread::yield();
  EXPECT_TRUE(away.shutdown().clean());
  EXPECT_TRUE(part_ended);
  EXPECT_TRUE(sync_wait(home, task)) << "the awaiting coroutine goes on where it was";
}

TEST_F(ResumeOn, WhatSyncWaitRunsIsStoppedByTheRuntimeThatItMovedTo) {
  std::atomic<bool> moved{false};
  std::thread caller{[&] {
    const auto root = [&]() -> Lazy<void> {
      co_await resume_on(away);
      moved = true;
      co_await flowcoro::sleep_for(1h);
    };
    EXPECT_THROW(sync_wait(home, root), flowcoro::OperationCancelled);
  }};
  while (!moved) std::this_thread::yield();
  EXPECT_TRUE(away.shutdown().clean());
  caller.join();
  EXPECT_EQ(away.stats().cancelled, 1u);
}

TEST_F(ResumeOn, ManyTasksCrossBothWaysAtOnce) {
  std::atomic<std::uint64_t> crossings{0};
  std::vector<Task<>> tasks;
  const std::size_t n = rounds(1'000);
  for (std::size_t i = 0; i < n; ++i) {
    Runtime& start = i % 2 == 0 ? static_cast<Runtime&>(home) : away;
    tasks.push_back(spawn_on(
        start,
        [](Runtime* first, Runtime* second, std::atomic<std::uint64_t>* count) -> Lazy<void> {
          for (int hop = 0; hop < 10; ++hop) {
            co_await resume_on(*first);
            co_await resume_on(*second);
            count->fetch_add(1, std::memory_order_relaxed);
          }
        },
        &away, &home, &crossings));
  }
  for (auto& task : tasks) sync_wait(away, task);
  EXPECT_EQ(crossings, n * 10);
  // All ended at home; half of them had begun there.
  EXPECT_EQ(home.stats().completed, n);
  EXPECT_EQ(home.stats().submitted, n / 2);
}

TEST_F(ResumeOn, IsStoppedByTheRuntimeThatItMovedTo) {
  std::atomic<bool> moved{false};
  auto task = spawn_on(
      home,
      [](Runtime* target, std::atomic<bool>* there) -> Lazy<void> {
        co_await resume_on(*target);
        *there = true;
        co_await flowcoro::sleep_for(1h);
      },
      &away, &moved);
  while (!moved) std::this_thread::yield();
  EXPECT_TRUE(home.shutdown().clean()) << "it does not wait for a task that has left";
  EXPECT_FALSE(task.done());
  EXPECT_TRUE(away.shutdown().clean());
  EXPECT_TRUE(task.done());
  EXPECT_EQ(away.stats().cancelled, 1u);
}

TEST_F(ResumeOn, ThrowsAndStaysWhenTheTargetIsShutDown) {
  static_cast<void>(away.shutdown());
  auto task = spawn_on(
      home,
      [](Runtime* start, Runtime* target) -> Lazy<bool> {
        try {
          co_await resume_on(*target);
          co_return false;
        } catch (const flowcoro::RuntimeStopped&) {
        }
        co_await flowcoro::yield();
        co_return current_scheduler() == &start->scheduler();
      },
      &home, &away);
  EXPECT_TRUE(sync_wait(home, task));
  EXPECT_EQ(home.stats().completed, 1u);
  EXPECT_EQ(away.stats().moved_in, 0u);
}

TEST_F(ResumeOn, IsNotKeptFromMovingByAStopRequest) {
  auto task = spawn_on(home, [&]() -> Lazy<bool> {
    auto token = co_await flowcoro::this_task::stop_token();
    while (!token.stop_requested()) co_await flowcoro::yield();
    co_await resume_on(away);
    co_return is_away();
  });
  task.request_stop();
  EXPECT_TRUE(sync_wait(home, task));
}

} // namespace
