#include "flowcoro/compat/work_stealing_thread_pool.hpp"

#include "flowcoro/coro/errors.hpp"
#include "support/build.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using flowcoro::RuntimeStopped;
using flowcoro::WorkStealingThreadPool;
using flowcoro::test::rounds;

TEST(WorkStealingThreadPool, GivesFuturesOfResultsAndExceptions) {
  WorkStealingThreadPool pool{2};
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
