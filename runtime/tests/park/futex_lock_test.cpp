#include "flowcoro/park/futex_lock.hpp"

#include "support/asleep.hpp"
#include "support/build.hpp"
#include "support/seed.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using flowcoro::FutexLock;
using flowcoro::test::rounds;

static_assert(sizeof(FutexLock) == 4);

TEST(FutexLock, IsTakenByTryLockOnlyWhileItIsFree) {
  FutexLock lock;
  ASSERT_TRUE(lock.try_lock());
  EXPECT_FALSE(lock.try_lock());
  lock.unlock();
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TEST(FutexLock, CanBeLockedAgainAfterItWasUnlocked) {
  FutexLock lock;
  for (int i = 0; i < 3; ++i) {
    const std::lock_guard hold{lock};
    EXPECT_FALSE(lock.try_lock());
  }
}

TEST(FutexLock, LetsAWaiterSleepAndHandsOnWhatWasWritten) {
  FutexLock lock;
  flowcoro::test::Watched waiter;
  int guarded = 0;
  lock.lock();
  std::jthread thread{[&] {
    waiter.is_this_thread();
    const std::lock_guard hold{lock};
    EXPECT_EQ(guarded, 1);
    guarded = 2;
  }};
  waiter.wait_until_asleep();
  guarded = 1;
  lock.unlock();
  thread.join();
  EXPECT_EQ(guarded, 2);
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TEST(FutexLock, WakesEveryWaiterInItsTurn) {
  FutexLock lock;
  std::vector<flowcoro::test::Watched> waiters(4);
  std::size_t passed = 0;
  lock.lock();
  std::vector<std::jthread> threads;
  for (auto& waiter : waiters) {
    threads.emplace_back([&] {
      waiter.is_this_thread();
      const std::lock_guard hold{lock};
      ++passed;
    });
  }
  for (const auto& waiter : waiters) waiter.wait_until_asleep();
  lock.unlock();
  threads.clear();
  EXPECT_EQ(passed, waiters.size());
}

/// How many threads contend.
class FutexLockStress : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Threads, FutexLockStress, testing::Values(2, 3, 8));

TEST_P(FutexLockStress, LetsOneThreadInAtATime) {
  const std::size_t each = rounds(200'000) / GetParam();
  FutexLock lock;
  std::size_t guarded = 0; // plain: a second thread inside loses an increment, and is a race
  flowcoro::test::start_together(GetParam(), [&](std::size_t thread) {
    flowcoro::test::Random random{thread};
    for (std::size_t i = 0; i < each; ++i) {
      if (random.one_in(3)) {
        while (!lock.try_lock()) std::this_thread::yield();
      } else {
        lock.lock();
      }
      ++guarded;
      if (random.one_in(1000)) std::this_thread::yield(); // a holder that loses its CPU
      lock.unlock();
    }
  });
  EXPECT_EQ(guarded, each * GetParam());
}

} // namespace
