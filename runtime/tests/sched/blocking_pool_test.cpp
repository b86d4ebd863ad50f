#include "flowcoro/sched/blocking_pool.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/start_together.hpp"
#include "support/values.hpp"

#include <signal.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::BlockingPool;
using flowcoro::BlockingPoolOptions;
using flowcoro::BlockingPoolStopped;
using flowcoro::Lazy;
using flowcoro::sync_wait;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::rounds;
using testing::ElementsAre;
using testing::StartsWith;

BlockingPoolOptions threads(std::size_t least, std::size_t most) {
  BlockingPoolOptions options;
  options.min_threads = least;
  options.max_threads = most;
  return options;
}

/// Callable as what it is stored as, an lvalue; or only as an rvalue, which it never is.
struct LvalueOnly {
  int operator()() & { return 6; }
  int operator()() && = delete;
};
struct RvalueOnly {
  int operator()() && { return 6; }
};
template <class F>
concept RunsOnAPool = requires(BlockingPool pool, F f) {
  pool.run(f);
  pool.submit(f);
  flowcoro::blocking(f);
};
template <class F>
concept AnyRunsOnAPool = requires(BlockingPool pool, F f) { pool.run(f); } || requires(BlockingPool pool, F f) {
  pool.submit(f);
} || requires(F f) { flowcoro::blocking(f); };
static_assert(RunsOnAPool<LvalueOnly> && RunsOnAPool<int (*)()>);
static_assert(!AnyRunsOnAPool<RvalueOnly> && !AnyRunsOnAPool<int> && !AnyRunsOnAPool<int (*)(int)>);

TEST(BlockingPool, CallsWhatItKeepsAsAnLvalue) {
  CheckedRuntime runtime{1};
  BlockingPool pool{threads(0, 1)};
  auto task = flowcoro::spawn_on(runtime, [&pool]() -> Lazy<int> {
    auto call = pool.run(LvalueOnly{});
    co_return co_await call;
  });
  EXPECT_EQ(sync_wait(runtime, task), 6);
}

TEST(BlockingPool, HasNoThreadUntilThereIsWorkAndNoMoreThanItMay) {
  BlockingPool pool{threads(0, 3)};
  EXPECT_EQ(pool.stats().threads, 0u);
  std::latch all_here{3}, go_on{1};
  for (int i = 0; i < 10; ++i) {
    pool.submit([&] {
      if (!all_here.try_wait()) all_here.arrive_and_wait(); // three at once, each on a thread of its own
      go_on.wait();
    });
  }
  all_here.wait();
  EXPECT_EQ(pool.stats().threads, 3u);
  EXPECT_EQ(pool.stats().queued, 7u);
  go_on.count_down();
  pool.stop();
  EXPECT_EQ(pool.stats().most_threads, 3u);
  EXPECT_EQ(pool.stats().completed, 10u);
  EXPECT_EQ(pool.stats().threads, 0u);
}

TEST(BlockingPool, ItsThreadsEndWhenThereIsNothingToDo) {
  BlockingPoolOptions options = threads(1, 8);
  options.idle = 1ms;
  BlockingPool pool{options};
  std::latch all_here{8};
  for (int i = 0; i < 8; ++i) pool.submit([&] { all_here.arrive_and_wait(); });
  all_here.wait();
  while (pool.stats().threads > 1) std::this_thread::yield();
  EXPECT_EQ(pool.stats().threads, 1u);
  std::latch done{1};
  pool.submit([&] { done.count_down(); });
  done.wait();
}

TEST(BlockingPool, StartsWorkInOrder) {
  BlockingPool pool{threads(1, 1)};
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) pool.submit([&order, i] { order.push_back(i); });
  pool.stop();
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
}

TEST(BlockingPool, RunsWhatItTookBeforeItStopsAndTakesNoMore) {
  std::atomic<int> ran{0};
  BlockingPool pool{threads(0, 2)};
  for (int i = 0; i < 100; ++i) pool.submit([&] { ran.fetch_add(1); });
  pool.stop();
  pool.stop();
  EXPECT_EQ(ran, 100);
  EXPECT_THROW(pool.submit([] {}), BlockingPoolStopped);
}

TEST(BlockingPool, SurvivesWorkThatThrows) {
  std::atomic<int> seen{0};
  BlockingPoolOptions options = threads(0, 2);
  options.on_unhandled = [&seen](std::exception_ptr) { seen.fetch_add(1); };
  BlockingPool pool{options};
  std::atomic<int> ran{0};
  for (int i = 0; i < 10; ++i) {
    pool.submit([i]() -> void {
      if (i % 2 == 0) throw std::runtime_error{"no"};
      throw 5;
    });
    pool.submit([&] { ran.fetch_add(1); });
  }
  pool.stop();
  EXPECT_EQ(seen, 10);
  EXPECT_EQ(ran, 10);
  EXPECT_EQ(pool.stats().unhandled, 10u);
  EXPECT_EQ(pool.stats().completed, 20u);
}

TEST(BlockingPool, GivesCoroutinesTheResultOnTheirOwnScheduler) {
  CheckedRuntime runtime{1};
  BlockingPool pool{threads(0, 4)};
  const auto body = [&]() -> Lazy<int> {
    const auto worker = std::this_thread::get_id();
    auto call = pool.run([worker] { return std::this_thread::get_id() != worker ? 7 : 0; });
    const int seven = co_await call;
    EXPECT_EQ(flowcoro::current_scheduler(), &runtime.scheduler());
    auto unique = pool.run([] { return std::make_unique<int>(5); });
    auto nothing = pool.run([] {});
    auto failing = pool.run([]() -> int { throw std::runtime_error{"no"}; });
    const std::unique_ptr<int> five = co_await unique;
    co_await nothing;
    try {
      co_await failing;
      ADD_FAILURE() << "it did not throw";
    } catch (const std::runtime_error&) {
    }
    co_return seven + *five;
  };
  auto task = flowcoro::spawn_on(runtime, body);
  EXPECT_EQ(sync_wait(runtime, task), 12);
}

TEST(BlockingPool, AWorkerGoesOnWhileACallBlocks) {
  CheckedRuntime runtime{1};
  BlockingPool pool{threads(0, 1)};
  std::latch blocked{1};
  const auto waits = [&]() -> Lazy<> {
    auto call = pool.run([&] { blocked.wait(); });
    co_await call;
  };
  const auto frees = [&]() -> Lazy<> {
    blocked.count_down();
    co_return;
  };
  const auto both = [&]() -> Lazy<> {
    auto first = flowcoro::spawn(waits);
    auto second = flowcoro::spawn(frees);
    co_await first;
    co_await second;
  };
  auto task = flowcoro::spawn_on(runtime, both);
  sync_wait(runtime, task);
}

TEST(BlockingPool, AStopRequestDoesNotInterruptACallThatRuns) {
  CheckedRuntime runtime{1};
  BlockingPool pool{threads(0, 1)};
  std::latch running{1}, go_on{1};
  auto task = flowcoro::spawn_on(runtime, [&]() -> Lazy<int> {
    auto call = pool.run([&] {
      running.count_down();
      go_on.wait();
      return 3;
    });
    co_return co_await call;
  });
  running.wait();
  task.request_stop();
  go_on.count_down();
  EXPECT_EQ(sync_wait(runtime, task), 3);
}

TEST(BlockingPool, TheDefaultOneRunsCalls) {
  const auto body = []() -> Lazy<int> {
    auto call = flowcoro::blocking([] { return 42; });
    co_return co_await call;
  };
  EXPECT_EQ(sync_wait(body()), 42);
  EXPECT_EQ(&flowcoro::default_blocking_pool(), &flowcoro::default_blocking_pool());
}

TEST(BlockingPool, ItsThreadsTakeNoSignals) {
  BlockingPool pool{threads(1, 1)};
  bool blocked = false;
  pool.submit([&blocked] {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked = sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGUSR1) == 1;
  });
  pool.stop();
  EXPECT_TRUE(blocked);
}

TEST(BlockingPool, RefusesOptionsThatMakeNoSenseByName) {
  BlockingPoolOptions negative;
  negative.idle = -1ns;
  const std::pair<std::string, BlockingPoolOptions> wrong[] = {
      {"max_threads", threads(0, 0)}, {"min_threads", threads(3, 2)}, {"idle", negative}};
  for (const auto& [name, options] : wrong) {
    try {
      const BlockingPool pool{options};
      ADD_FAILURE() << name << " was not refused";
    } catch (const std::invalid_argument& refused) {
      EXPECT_THAT(std::string{refused.what()}, StartsWith(name + ": "));
    }
  }
}

TEST(BlockingPool, LosesNothingToStopsAndThreadsThatComeAndGo) {
  for (std::size_t round = 0; round < rounds(100); ++round) {
    BlockingPoolOptions options = threads(round % 2, 4);
    options.idle = 1us;
    std::optional<BlockingPool> pool{std::in_place, options};
    std::atomic<int> ran{0}, taken{0};
    flowcoro::test::start_together(4, [&](std::size_t thread) {
      if (thread == 0) {
        std::this_thread::yield();
        pool->stop();
        return;
      }
      for (int i = 0; i < 50; ++i) {
        try {
          pool->submit([&ran] { ran.fetch_add(1); });
          taken.fetch_add(1);
        } catch (const BlockingPoolStopped&) {
          return;
        }
      }
    });
    pool.reset();
    EXPECT_EQ(ran, taken);
  }
}

TEST(BlockingPool, ManyCoroutinesShareFewThreads) {
  CheckedRuntime runtime{2};
  BlockingPool pool{threads(0, 3)};
  std::atomic<int> running{0}, most{0};
  const auto body = [&]() -> Lazy<> {
    auto call = pool.run([&] {
      const int now = running.fetch_add(1) + 1;
      for (int seen = most.load(); seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      running.fetch_sub(1);
    });
    co_await call;
  };
  std::vector<flowcoro::Task<>> tasks;
  for (std::size_t i = 0; i < rounds(2000); ++i) tasks.push_back(flowcoro::spawn_on(runtime, body));
  for (flowcoro::Task<>& task : tasks) sync_wait(runtime, task);
  EXPECT_LE(most, 3);
  EXPECT_EQ(pool.stats().completed, rounds(2000));
}

} // namespace
