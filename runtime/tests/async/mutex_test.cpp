#include "flowcoro/async/mutex.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::AsyncLockGuard;
using flowcoro::AsyncMutex;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::rounds;

using LockAwaiter = decltype(std::declval<AsyncMutex&>().lock());
static_assert(flowcoro::Awaiter<LockAwaiter>);
static_assert(!std::is_copy_constructible_v<AsyncLockGuard> && std::is_nothrow_move_constructible_v<AsyncLockGuard>);
static_assert(!std::is_move_constructible_v<AsyncMutex>);

class Mutex : public testing::TestWithParam<unsigned> {
 protected:
  CheckedRuntime runtime_{GetParam()};
  AsyncMutex mutex_;
};
INSTANTIATE_TEST_SUITE_P(Workers, Mutex, testing::Values(1, 2, 3, 8), testing::PrintToStringParamName());

TEST_P(Mutex, LetsOneCoroutineInAtATime) {
  std::uint64_t plain = 0; // the mutex is all that protects it
  int inside = 0;
  constexpr std::size_t tasks_count = 64;
  const std::size_t turns = rounds(500);
  std::vector<Task<>> tasks;
  for (std::size_t i = 0; i < tasks_count; ++i) {
    tasks.push_back(spawn_on(runtime_, [&]() -> Lazy<void> {
      for (std::size_t k = 0; k < turns; ++k) {
        auto guard = co_await mutex_.lock();
        EXPECT_EQ(++inside, 1);
        ++plain;
        if (k % 16 == 0) co_await flowcoro::yield(); // others try while it is held across a suspension
        --inside;
      }
    }));
  }
  for (auto& task : tasks) sync_wait(runtime_, task);
  EXPECT_EQ(plain, tasks_count * turns);
}

TEST_P(Mutex, IsHandedOnInTheOrderOfArrival) {
  std::vector<int> order;
  sync_wait(runtime_, [&]() -> Lazy<void> {
    auto guard = co_await mutex_.lock();
    auto wait = [](AsyncMutex& mutex, std::vector<int>& list, int number) -> Task<> {
      auto own = co_await mutex.lock();
      list.push_back(number);
    };
    // A Task runs here up to its first suspension, so they arrive in this order.
    std::vector<Task<>> waiters;
    for (int i = 0; i < 100; ++i) waiters.push_back(wait(mutex_, order, i));
    guard.unlock();
    for (auto& waiter : waiters) co_await waiter;
  });
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(MutexHandOver, GoesToTheWaiterAndNotToWhoComesInBetween) {
  CheckedRuntime runtime{1}; // so that the waiter cannot run before this coroutine waits
  AsyncMutex mutex;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto guard = co_await mutex.lock();
    auto wait = [](AsyncMutex& on) -> Task<> { auto own = co_await on.lock(); };
    auto waiter = wait(mutex);
    guard.unlock();
    EXPECT_FALSE(waiter.done());
    EXPECT_FALSE(mutex.try_lock());
    co_await waiter;
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

TEST_P(Mutex, TryLockTakesItOnlyWhenItIsFree) {
  ASSERT_TRUE(mutex_.try_lock());
  EXPECT_FALSE(mutex_.try_lock());
  {
    const AsyncLockGuard guard{mutex_, std::adopt_lock};
  }
  EXPECT_TRUE(mutex_.try_lock());
  mutex_.unlock();
}

TEST_P(Mutex, AGuardMayBeMovedAndUnlockedOnAnotherThread) {
  auto guard = sync_wait(runtime_, [&]() -> Lazy<AsyncLockGuard> { co_return co_await mutex_.lock(); });
  EXPECT_TRUE(guard.owns_lock());
  AsyncLockGuard moved = std::move(guard);
  EXPECT_FALSE(guard.owns_lock()); // NOLINT(bugprone-use-after-move): what is left is the point
  EXPECT_FALSE(mutex_.try_lock());
  auto waiter = spawn_on(runtime_, [&]() -> Lazy<void> { auto own = co_await mutex_.lock(); });
  std::thread{[inner = std::move(moved)]() mutable { inner.unlock(); }}.join();
  sync_wait(runtime_, waiter);
  EXPECT_TRUE(mutex_.try_lock());
  mutex_.unlock();
}

TEST_P(Mutex, AssigningToAGuardUnlocksWhatItHeld) {
  AsyncMutex other;
  ASSERT_TRUE(mutex_.try_lock());
  ASSERT_TRUE(other.try_lock());
  AsyncLockGuard guard{mutex_, std::adopt_lock};
  guard = AsyncLockGuard{other, std::adopt_lock};
  EXPECT_TRUE(mutex_.try_lock());
  EXPECT_FALSE(other.try_lock());
  mutex_.unlock();
  guard.unlock();
  guard.unlock();
  EXPECT_TRUE(other.try_lock());
  other.unlock();
}

TEST_P(Mutex, ACancelledWaiterLeavesTheQueueAndTheOthersGetTheirTurn) {
  ASSERT_TRUE(mutex_.try_lock());
  std::atomic<int> waiting{0};
  std::atomic<int> got{0};
  std::vector<Task<>> waiters;
  for (int i = 0; i < 10; ++i) {
    waiters.push_back(spawn_on(runtime_, [&]() -> Lazy<void> {
      waiting.fetch_add(1);
      auto guard = co_await mutex_.lock();
      got.fetch_add(1);
    }));
  }
  while (waiting != 10) std::this_thread::yield();
  for (std::size_t i = 0; i < 10; i += 2) waiters[i].request_stop();
  for (std::size_t i = 0; i < 10; i += 2) EXPECT_THROW(sync_wait(runtime_, waiters[i]), OperationCancelled);
  mutex_.unlock();
  for (std::size_t i = 1; i < 10; i += 2) sync_wait(runtime_, waiters[i]);
  EXPECT_EQ(got, 5);
}

TEST_P(Mutex, TheHolderKeepsItWhenItIsStopped) {
  std::atomic<bool> locked{false};
  auto holder = spawn_on(runtime_, [&]() -> Lazy<void> {
    auto guard = co_await mutex_.lock();
    locked = true;
    try {
      co_await flowcoro::sleep_for(1h);
    } catch (const OperationCancelled&) {
    }
    EXPECT_FALSE(mutex_.try_lock());
  });
  while (!locked) std::this_thread::yield();
  holder.request_stop();
  sync_wait(runtime_, holder);
  EXPECT_TRUE(mutex_.try_lock());
  mutex_.unlock();
}

/// Drives the steps of a co_await by hand: stop is requested after the mutex was taken and before the coroutine goes on.
TEST_P(Mutex, AStopRequestThatComesAfterTheLockWasTakenDoesNotLoseIt) {
  struct Steps {
    AsyncMutex& mutex;
    bool owned = false;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<Lazy<bool>::promise_type> self) {
      EXPECT_TRUE(mutex.try_lock());
      auto lock = mutex.lock();
      EXPECT_FALSE(lock.await_ready());
      mutex.unlock(); // free again, between the two looks of the awaiter
      EXPECT_FALSE(lock.await_suspend(self));
      self.promise().stop_state().request_stop();
      const auto guard = lock.await_resume();
      owned = guard.owns_lock();
      return false;
    }
    bool await_resume() const noexcept { return owned; }
  };
  auto task = spawn_on(
      runtime_,
      [](AsyncMutex* mutex) -> Lazy<bool> {
        Steps steps{*mutex};
        co_return co_await steps;
      },
      &mutex_);
  EXPECT_TRUE(sync_wait(runtime_, task));
  EXPECT_TRUE(mutex_.try_lock());
  mutex_.unlock();
}

TEST_P(Mutex, SurvivesAStormOfCancelledWaiters) {
  flowcoro::test::Random random;
  std::uint64_t plain = 0;
  std::uint64_t locked = 0;
  std::uint64_t cancelled = 0;
  for (std::size_t round = 0; round < rounds(100); ++round) {
    std::vector<Task<bool>> tasks;
    for (int i = 0; i < 50; ++i) {
      tasks.push_back(spawn_on(runtime_, [&]() -> Lazy<bool> {
        try {
          for (int k = 0; k < 3; ++k) {
            auto guard = co_await mutex_.lock();
            ++plain;
            if (k == 1) co_await flowcoro::yield();
          }
          co_return true;
        } catch (const OperationCancelled&) {
          co_return false;
        }
      }));
    }
    for (auto& task : tasks) {
      if (random.one_in(2)) task.request_stop();
    }
    for (auto& task : tasks) ++(sync_wait(runtime_, task) ? locked : cancelled);
  }
  EXPECT_EQ(locked + cancelled, 50 * rounds(100));
  EXPECT_GE(plain, 3 * locked);
  EXPECT_TRUE(mutex_.try_lock());
  mutex_.unlock();
}

TEST(MutexWithManyWaiters, HandsItOnWithoutRecursion) {
  CheckedRuntime runtime{2};
  AsyncMutex mutex;
  constexpr std::size_t n = rounds(1'000'000);
  std::size_t plain = 0;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto guard = co_await mutex.lock();
    auto wait = [](AsyncMutex& on, std::size_t& count) -> Task<> {
      auto own = co_await on.lock();
      ++count;
    };
    std::vector<Task<>> waiters;
    waiters.reserve(n);
    for (std::size_t i = 0; i < n; ++i) waiters.push_back(wait(mutex, plain));
    guard.unlock();
    for (auto& waiter : waiters) co_await waiter;
  });
  EXPECT_EQ(plain, n);
}

TEST(MutexAcrossRuntimes, ResumesEachWaiterWhereItBelongs) {
  CheckedRuntime first{2};
  CheckedRuntime second{2};
  AsyncMutex mutex;
  std::uint64_t plain = 0;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 40; ++i) {
    flowcoro::Runtime& home = i % 2 == 0 ? first : second;
    tasks.push_back(spawn_on(home, [&mutex, &plain, &home]() -> Lazy<void> {
      for (std::size_t k = 0; k < rounds(200); ++k) {
        auto guard = co_await mutex.lock();
        ++plain;
        EXPECT_EQ(flowcoro::current_scheduler(), &home.scheduler());
      }
    }));
  }
  for (auto& task : tasks) sync_wait(first, task);
  EXPECT_EQ(plain, 40 * rounds(200));
}

TEST(MutexDeathTest, SaysWhatIsWrong) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(AsyncMutex{}.unlock(), "unlocked that was not locked");
  EXPECT_DEATH(
      {
        AsyncMutex mutex;
        static_cast<void>(mutex.try_lock());
      },
      "destroyed while it was locked");
}

} // namespace
