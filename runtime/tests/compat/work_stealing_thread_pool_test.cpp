#include "flowcoro/compat/work_stealing_thread_pool.hpp"

#include "thread_pool_checks.hpp"

#include "flowcoro/coro/errors.hpp"
#include "support/build.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <future>

namespace {

using flowcoro::RuntimeStopped;
using flowcoro::WorkStealingThreadPool;
using flowcoro::test::rounds;

TEST(WorkStealingThreadPool, GivesFuturesOfResultsAndExceptions) {
  WorkStealingThreadPool pool{2};
  EXPECT_EQ(pool.size(), 2u);
  flowcoro::test::expect_futures_of_results_and_exceptions(pool);
}

TEST(WorkStealingThreadPool, DrainsAtItsEndAndSurvivesWhatThrows) {
  std::atomic<int> ran{0};
  {
    WorkStealingThreadPool pool{2};
    for (int i = 0; i < 100; ++i) {
      pool.enqueue_void([&ran] { ran.fetch_add(1); });
      pool.enqueue_void([] { throw 1; });
    }
  }
  EXPECT_EQ(ran, 100);
}

TEST(WorkStealingThreadPool, RefusesWorkAfterItsEnd) {
  WorkStealingThreadPool pool;
  EXPECT_GE(pool.size(), 1u);
  pool.stop();
  EXPECT_THROW(pool.enqueue_void([] {}), RuntimeStopped);
  EXPECT_EQ(pool.stats().submitted, 0u);
}

TEST(WorkStealingThreadPool, DividesWorkThatDividesItself) {
  WorkStealingThreadPool pool{3};
  const std::size_t leaves = rounds(50'000);
  std::atomic<std::size_t> ran{0};
  std::promise<void> all;
  std::function<void(std::size_t)> divide = [&](std::size_t count) {
    if (count == 1) {
      if (ran.fetch_add(1) + 1 == leaves) all.set_value();
      return;
    }
    pool.enqueue_void([&divide, half = count / 2] { divide(half); });
    pool.enqueue_void([&divide, half = count - count / 2] { divide(half); });
  };
  pool.enqueue_void([&] { divide(leaves); });
  all.get_future().wait();
  pool.stop();
  EXPECT_EQ(ran, leaves);
  EXPECT_EQ(pool.stats().completed, 2 * leaves - 1);
}

} // namespace
