#include "flowcoro/sched/yield.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::yield;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::rounds;

static_assert(flowcoro::Awaiter<flowcoro::detail::Yield>);

/// Yields until the flag is set: a task that never lets its worker become idle.
Lazy<std::size_t> yield_until(const std::atomic<bool>& flag) {
  std::size_t turns = 0;
  while (!flag.load(std::memory_order_acquire)) {
    co_await yield();
    ++turns;
  }
  co_return turns;
}

TEST(Yield, GoesBehindWhatIsQueued) {
  CheckedRuntime runtime{1};
  std::vector<int> order;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto first = flowcoro::spawn([&order] { order.push_back(1); });
    auto second = flowcoro::spawn([&order] { order.push_back(2); });
    co_await yield();
    order.push_back(3);
    co_await first;
    co_await second;
  });
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(Yield, TakesTurnsWithAnotherTaskOfTheSameWorker) {
  CheckedRuntime runtime{1};
  std::vector<int> order;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto turns = [&order](int who) -> Lazy<void> {
      for (int i = 0; i < 3; ++i) {
        order.push_back(who);
        co_await yield();
      }
    };
    auto a = turns(1);
    auto b = turns(2);
    auto both = flowcoro::when_all(std::move(a), std::move(b));
    co_await both;
  });
  EXPECT_EQ(order, (std::vector{1, 2, 1, 2, 1, 2}));
}

class YieldLoop : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Workers, YieldLoop, testing::Values(1, 2, 3, 8), testing::PrintToStringParamName());

TEST_P(YieldLoop, DoesNotStarveTasksQueuedOnItsWorker) {
  CheckedRuntime runtime{GetParam()};
  sync_wait(runtime, [&]() -> Lazy<void> {
    std::atomic<bool> ran{false};
    auto other = flowcoro::spawn([&ran] { ran.store(true, std::memory_order_release); });
    auto loop = yield_until(ran);
    static_cast<void>(co_await loop);
    co_await other;
  });
}

TEST_P(YieldLoop, DoesNotStarveTimers) {
  CheckedRuntime runtime{GetParam()};
  sync_wait(runtime, [&]() -> Lazy<void> {
    std::atomic<bool> fired{false};
    auto sleeper = flowcoro::spawn([&fired]() -> Lazy<void> {
      co_await flowcoro::sleep_for(1ms);
      fired.store(true, std::memory_order_release);
    });
    auto loop = yield_until(fired);
    EXPECT_GT(co_await loop, 0u);
    co_await sleeper;
  });
}

TEST_P(YieldLoop, DoesNotStarveWorkFromOutside) {
  CheckedRuntime runtime{GetParam()};
  std::atomic<bool> ran{false};
  std::atomic<unsigned> looping{0};
  std::vector<Task<std::size_t>> loops;
  for (unsigned i = 0; i < GetParam(); ++i) {
    loops.push_back(spawn_on(runtime, [&]() -> Lazy<std::size_t> {
      looping.fetch_add(1);
      auto loop = yield_until(ran);
      co_return co_await loop;
    }));
  }
  while (looping.load() != GetParam()) std::this_thread::yield();
  auto injected = spawn_on(runtime, [&ran] { ran.store(true, std::memory_order_release); });
  while (!injected.done()) std::this_thread::yield();
  for (auto& loop : loops) static_cast<void>(sync_wait(runtime, loop));
}

/// The one worker keeps busy with the loop, and the other with a task that waits, on its thread, for what it has queued there.
TEST(YieldLoopBesideABlockedWorker, DoesNotStarveWhatIsQueuedBehindATaskThatKeepsItsWorker) {
  CheckedRuntime runtime{2};
  std::atomic<bool> blocking{false};
  std::atomic<bool> looping{false};
  std::atomic<bool> ran{false};
  auto blocker = spawn_on(runtime, [&] {
    blocking = true;
    while (!looping) std::this_thread::yield();
    auto queued = flowcoro::spawn([&ran] { ran.store(true, std::memory_order_release); });
    while (!ran) std::this_thread::yield();
  });
  while (!blocking) std::this_thread::yield();
  auto loop = spawn_on(runtime, [&]() -> Lazy<void> {
    looping = true;
    auto turns = yield_until(ran);
    static_cast<void>(co_await turns);
  });
  while (!loop.done() || !blocker.done()) std::this_thread::yield();
}

TEST_P(YieldLoop, CountsEveryTurnOfManyTasks) {
  CheckedRuntime runtime{GetParam()};
  constexpr int turns = 10;
  std::atomic<std::size_t> taken{0};
  std::vector<Task<>> tasks;
  const std::size_t n = rounds(2'000);
  for (std::size_t i = 0; i < n; ++i) {
    tasks.push_back(spawn_on(runtime, [&taken]() -> Lazy<void> {
      for (int k = 0; k < turns; ++k) {
        co_await yield();
        taken.fetch_add(1, std::memory_order_relaxed);
      }
    }));
  }
  for (auto& task : tasks) sync_wait(runtime, task);
  EXPECT_EQ(taken, n * turns);
}

TEST(Yield, TakesATaskThatStartedOnAForeignThreadToTheWorkers) {
  auto make = []() -> Task<bool> {
    const bool foreign = flowcoro::current_scheduler() == nullptr;
    co_await yield();
    co_return foreign&& flowcoro::current_scheduler() != nullptr;
  };
  EXPECT_TRUE(sync_wait(make()));
}

TEST(Yield, WakesNobody) {
  CheckedRuntime runtime{1};
  const auto wakes = sync_wait(runtime, [&]() -> Lazy<std::uint64_t> {
    const auto before = runtime.stats().wakes;
    for (int i = 0; i < 1'000; ++i) co_await yield();
    co_return runtime.stats().wakes - before;
  });
  EXPECT_EQ(wakes, 0u);
}

} // namespace
