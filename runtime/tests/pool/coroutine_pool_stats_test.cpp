#include "flowcoro/pool/coroutine_pool_stats.hpp"

#include "flowcoro/async/sleep.hpp"
#include "helpers.hpp"
#include "support/seeds.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::sleep_for;
using flowcoro::pool::CoroutinePool;
using flowcoro::pool::CoroutinePoolConfig;
using flowcoro::pool::CoroutinePoolStats;
using flowcoro::pool::plain_config;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;

TEST(CoroutinePoolStats, AreExactWhenNothingRuns) {
  const Choices choices{1};
  CheckedScheduler scheduler{choices};
  CoroutinePoolConfig config = plain_config(4);
  config.task_timeout_ms = 1000;
  CoroutinePool pool{config, scheduler};
  const auto client = [&]() -> Lazy<void> {
    std::vector<flowcoro::pool::TaskHandle<int>> handles;
    for (int i = 0; i < 4; ++i) {
      auto taken = co_await pool.spawn([]() -> Lazy<int> {
        co_await sleep_for(10ms);
        co_return 1;
      });
      handles.push_back(std::move(taken).unwrap());
    }
    auto failing = co_await pool.spawn([]() -> int { throw std::runtime_error{"no"}; });
    auto late = co_await pool.spawn([]() -> Lazy<void> { co_await sleep_for(1h); });
    auto stopped = co_await pool.spawn([]() -> Lazy<void> { co_await sleep_for(1h); });
    auto handle = std::move(stopped).unwrap();
    handle.request_stop();
    EXPECT_EQ(pool.stats().active, 4u);
    EXPECT_EQ(pool.stats().utilization, 1.0);
    auto all = pool.join_all();
    const auto left = co_await all;
    EXPECT_TRUE(left.empty());
    auto failed = std::move(failing).unwrap();
    EXPECT_EQ(failed.end(), flowcoro::pool::TaskEnd::failed);
    try {
      co_await failed;
    } catch (const std::runtime_error&) {
    }
  };
  scheduler.run(client);
  const CoroutinePoolStats stats = pool.stats();
  EXPECT_EQ(stats.total_submitted, 7u);
  EXPECT_EQ(stats.total_completed, 4u);
  EXPECT_EQ(stats.total_failed, 1u);
  EXPECT_EQ(stats.total_cancelled, 1u);
  EXPECT_EQ(stats.total_timed_out, 1u);
  EXPECT_EQ(stats.total_overdue, 1u);
  EXPECT_EQ(stats.max_concurrent, 4u);
  EXPECT_EQ(stats.utilization, 0.0);
  // Four of 10 ms, one of 1 s, one that took no time; the one that never began does not count.
  EXPECT_EQ(stats.avg_task_duration_ns, 1'040'000'000u / 6);
  EXPECT_NEAR(static_cast<double>(stats.p50_task_duration_ns), 10e6, 10e6 / 4);
  EXPECT_NEAR(static_cast<double>(stats.p99_task_duration_ns), 1e9, 1e9 / 4);
  flowcoro::pool::expect_balanced(pool);
}

} // namespace
