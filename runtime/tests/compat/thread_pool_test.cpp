#include "flowcoro/compat/thread_pool.hpp"

#include "thread_pool_checks.hpp"

#include "support/build.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <future>
#include <stdexcept>
#include <thread>

namespace {

using flowcoro::GlobalThreadPool;
using flowcoro::ThreadPool;
using flowcoro::test::rounds;

TEST(ThreadPool, GivesFuturesOfResultsAndExceptions) {
  ThreadPool pool{2};
  EXPECT_EQ(pool.size(), 2u);
  flowcoro::test::expect_futures_of_results_and_exceptions(pool);
}

TEST(ThreadPool, DrainsAtItsEndAndSurvivesWhatThrows) {
  std::atomic<int> ran{0};
  {
    ThreadPool pool{3};
    for (int i = 0; i < 100; ++i) {
      pool.enqueue_void([&ran] { ran.fetch_add(1); });
      pool.submit([] { throw 1; });
    }
  }
  EXPECT_EQ(ran, 100);
}

TEST(ThreadPool, RefusesWorkAfterItsEndAndSizesThatMakeNoSense) {
  ThreadPool pool{1};
  pool.stop();
  EXPECT_THROW(pool.enqueue_void([] {}), flowcoro::BlockingPoolStopped);
  EXPECT_THROW(ThreadPool{0}, std::invalid_argument);
}

TEST(ThreadPool, HasAThreadForEachCpuAndAPresetOfTheDocuments) {
  const ThreadPool pool;
  EXPECT_GE(pool.size(), 1u);
  EXPECT_GE(ThreadPool::preset_threads(), 32u);
  EXPECT_LE(ThreadPool::preset_threads(), 128u);
}

TEST(ThreadPool, TakesWorkFromManyThreads) {
  ThreadPool pool{2};
  std::atomic<std::size_t> ran{0};
  flowcoro::test::start_together(4, [&](std::size_t) {
    for (std::size_t i = 0; i < rounds(5000); ++i) pool.enqueue_void([&ran] { ran.fetch_add(1); });
  });
  pool.stop();
  EXPECT_EQ(ran, 4 * rounds(5000));
}

TEST(GlobalThreadPool, RunsFunctions) {
  std::promise<std::thread::id> where;
  GlobalThreadPool::get_pool().submit([&where] { where.set_value(std::this_thread::get_id()); });
  EXPECT_NE(where.get_future().get(), std::this_thread::get_id());
  EXPECT_EQ(GlobalThreadPool::get_pool().enqueue([] { return 7; }).get(), 7);
  EXPECT_EQ(GlobalThreadPool::get_pool().enqueue([](int a, int b) { return a - b; }, 9, 2).get(), 7);
}

} // namespace
