#include "flowcoro/compat/thread_pool.hpp"

#include "support/build.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using flowcoro::GlobalThreadPool;
using flowcoro::ThreadPool;
using flowcoro::test::rounds;

TEST(ThreadPool, GivesFuturesOfResultsAndExceptions) {
  ThreadPool pool{2};
  EXPECT_EQ(pool.size(), 2u);
  auto sum = pool.enqueue([](int a, int b) { return a + b; }, 40, 2);
  auto text = pool.enqueue([](const std::string& s) { return s + "!"; }, std::string{"text"});
  auto failing = pool.enqueue([]() -> int { throw std::runtime_error{"no"}; });
  auto moved = pool.enqueue([](std::unique_ptr<int> p) { return *p; }, std::make_unique<int>(5));
  int seen = 0;
  auto reference = pool.enqueue([](int& x) { x = 1; }, std::ref(seen));
  EXPECT_EQ(sum.get(), 42);
  EXPECT_EQ(text.get(), "text!");
  EXPECT_THROW(failing.get(), std::runtime_error);
  EXPECT_EQ(moved.get(), 5);
  reference.get();
  EXPECT_EQ(seen, 1);
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
