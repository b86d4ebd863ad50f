#include "flowcoro/compat/safe_coroutine_handle.hpp"

#include "support/plain_coroutine.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <coroutine>

namespace {

using flowcoro::advanced_coroutine_handle;
using flowcoro::safe_coroutine_handle;
using flowcoro::test::Plain;
using flowcoro::test::PlainPromise;

Plain steps(int& turns) {
  for (;;) {
    ++turns;
    co_await std::suspend_always{};
  }
}

TEST(SafeCoroutineHandleCompat, IsDestroyedOnceByManyThreads) {
  int turns = 0;
  safe_coroutine_handle<PlainPromise> handle{steps(turns).handle};
  EXPECT_EQ(handle.resume(), flowcoro::Resumed::suspended);
  std::atomic<int> destroyed{0};
  flowcoro::test::start_together(8, [&](std::size_t) {
    if (handle.destroy() == flowcoro::Destroyed::now) destroyed.fetch_add(1);
  });
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(handle.resume(), flowcoro::Resumed::destroyed);
  EXPECT_EQ(turns, 1);
}

TEST(AdvancedCoroutineHandleCompat, IsShared) {
  int turns = 0;
  advanced_coroutine_handle<> one{steps(turns).handle};
  advanced_coroutine_handle<> two = one;
  EXPECT_EQ(two.use_count(), 2u);
  one = {};
  EXPECT_EQ(two.resume(), flowcoro::Resumed::suspended);
  EXPECT_EQ(turns, 1);
}

} // namespace
