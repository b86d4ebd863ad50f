#include "flowcoro/park/spin_lock.hpp"

#include "support/build.hpp"
#include "support/seed.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using flowcoro::SpinLock;
using flowcoro::test::rounds;

static_assert(sizeof(SpinLock) == 1);

TEST(SpinLock, IsTakenByTryLockOnlyWhileItIsFree) {
  SpinLock lock;
  ASSERT_TRUE(lock.try_lock());
  EXPECT_FALSE(lock.try_lock());
  lock.unlock();
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TEST(SpinLock, CanBeLockedAgainAfterItWasUnlocked) {
  SpinLock lock;
  for (int i = 0; i < 3; ++i) {
    const std::lock_guard hold{lock};
    EXPECT_FALSE(lock.try_lock());
  }
}

TEST(SpinLock, HandsOnWhatWasWrittenToAThreadThatWaited) {
  SpinLock lock;
  int guarded = 0;
  std::atomic<bool> waiting{false};
  lock.lock();
  std::jthread thread{[&] {
    waiting = true;
    const std::lock_guard hold{lock};
    EXPECT_EQ(guarded, 1);
    guarded = 2;
  }};
  while (!waiting) std::this_thread::yield();
  guarded = 1;
  lock.unlock();
  thread.join();
  EXPECT_EQ(guarded, 2);
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

/// How many threads contend.
class SpinLockStress : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Threads, SpinLockStress, testing::Values(2, 3, 8));

TEST_P(SpinLockStress, LetsOneThreadInAtATime) {
  const std::size_t each = rounds(200'000) / GetParam();
  SpinLock lock;
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
