#include "flowcoro/async/shared_mutex.hpp"

#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"
#include "support/storm.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using flowcoro::ExclusiveLock;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::SharedLock;
using flowcoro::SharedMutex;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

static_assert(!std::is_copy_constructible_v<SharedLock> && std::is_nothrow_move_constructible_v<ExclusiveLock>);
static_assert(!std::is_move_constructible_v<SharedMutex>);

Task<> read(SharedMutex& mutex, std::vector<int>& order, int number) {
  auto lock = co_await mutex.lock_shared();
  order.push_back(number);
}
Task<> write(SharedMutex& mutex, std::vector<int>& order, int number) {
  auto lock = co_await mutex.lock();
  order.push_back(number);
}

TEST(SharedMutex, LetsManyReadersInOrOneWriter) {
  SharedMutex mutex;
  EXPECT_TRUE(mutex.try_lock_shared());
  EXPECT_TRUE(mutex.try_lock_shared());
  EXPECT_FALSE(mutex.try_lock());
  mutex.unlock_shared();
  EXPECT_FALSE(mutex.try_lock());
  mutex.unlock_shared();
  EXPECT_TRUE(mutex.try_lock());
  EXPECT_FALSE(mutex.try_lock_shared());
  EXPECT_FALSE(mutex.try_lock());
  mutex.unlock();
}

TEST(SharedMutex, AWaitingWriterHoldsBackNewReaders) {
  CheckedRuntime runtime{1};
  SharedMutex mutex;
  std::vector<int> order;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto reading = co_await mutex.lock_shared();
    auto writer = write(mutex, order, 1);
    auto reader = read(mutex, order, 2);
    auto another = read(mutex, order, 3);
    EXPECT_FALSE(mutex.try_lock_shared());
    for (int i = 0; i < 5; ++i) co_await flowcoro::yield();
    EXPECT_TRUE(order.empty());
    reading.unlock();
    co_await writer;
    co_await reader;
    co_await another;
  });
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(SharedMutex, LetsNeighbouringReadersInTogetherAndTheNextWriterBehindThem) {
  CheckedRuntime runtime{1};
  SharedMutex mutex;
  int inside = 0;
  int most = 0;
  const auto visit = [&](bool writes) -> Task<> {
    const auto stay = [&]() -> Lazy<void> {
      most = std::max(most, ++inside);
      co_await flowcoro::yield();
      --inside;
    };
    auto staying = stay();
    if (writes) {
      auto lock = co_await mutex.lock();
      EXPECT_EQ(inside, 0);
      co_await staying;
    } else {
      auto lock = co_await mutex.lock_shared();
      co_await staying;
    }
  };
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto lock = co_await mutex.lock();
    std::vector<Task<>> tasks;
    for (const bool writes : {false, false, false, true, false, false}) tasks.push_back(visit(writes));
    lock.unlock();
    for (auto& task : tasks) co_await task;
  });
  EXPECT_EQ(most, 3);
}

TEST(SharedMutex, ACancelledWriterLetsTheReadersBehindItGo) {
  CheckedRuntime runtime{1};
  SharedMutex mutex;
  std::vector<int> order;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto reading = co_await mutex.lock_shared();
    auto writer = write(mutex, order, 1);
    auto reader = read(mutex, order, 2);
    auto second_writer = write(mutex, order, 3);
    auto second_reader = read(mutex, order, 4);
    writer.request_stop();
    EXPECT_THROW(co_await writer, OperationCancelled);
    co_await reader;
    EXPECT_EQ(order, std::vector{2});
    second_writer.request_stop();
    EXPECT_THROW(co_await second_writer, OperationCancelled);
    co_await second_reader;
  });
  EXPECT_EQ(order, (std::vector{2, 4}));
  EXPECT_TRUE(mutex.try_lock());
  mutex.unlock();
}

TEST(SharedMutex, AStopRequestThatComesAfterTheUnlockDoesNotLoseTheLock) {
  CheckedRuntime runtime{1};
  SharedMutex mutex;
  std::vector<int> order;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto lock = co_await mutex.lock();
    auto reader = read(mutex, order, 1);
    auto writer = write(mutex, order, 2);
    lock.unlock();
    reader.request_stop();
    co_await reader;
    co_await writer;
  });
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(SharedMutex, LocksMayBeMovedAndUnlockOnce) {
  SharedMutex mutex;
  ASSERT_TRUE(mutex.try_lock());
  ExclusiveLock lock{mutex, std::adopt_lock};
  ExclusiveLock moved = std::move(lock);
  EXPECT_FALSE(lock.owns_lock()); // NOLINT(bugprone-use-after-move): what is left is the point
  moved = ExclusiveLock{};
  ASSERT_TRUE(mutex.try_lock_shared());
  SharedLock shared{mutex, std::adopt_lock};
  shared.unlock();
  shared.unlock();
  EXPECT_TRUE(mutex.try_lock());
  mutex.unlock();
}

struct Protected {
  SharedMutex mutex;
  std::atomic<int> readers{0};
  int plain = 0; // the mutex is all that protects it
};
Lazy<void> use(Protected& on, bool writes, int times) {
  for (int i = 0; i < times; ++i) {
    if (writes) {
      auto lock = co_await on.mutex.lock();
      EXPECT_EQ(on.readers, 0);
      const int before = on.plain;
      if (i % 2 == 0) co_await flowcoro::yield();
      on.plain = before + 1;
    } else {
      auto lock = co_await on.mutex.lock_shared();
      on.readers.fetch_add(1);
      const int before = on.plain;
      if (i % 2 == 0) co_await flowcoro::yield();
      EXPECT_EQ(on.plain, before);
      on.readers.fetch_sub(1);
    }
  }
}

TEST(SharedMutexOverSeeds, KeepsReadersAndWritersApartWhoeverIsStopped) {
  over_seeds(3'000, [](Choices& choices) {
    Protected on;
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<>> tasks;
      for (int i = choices.from_to(1, 7); i > 0; --i)
        tasks.push_back(flowcoro::spawn(use, std::ref(on), choices.one_in(3), choices.from_to(1, 3)));
      for (Task<>& task : tasks) {
        if (choices.one_in(2)) co_await flowcoro::yield();
        if (choices.one_in(3)) task.request_stop();
      }
      for (Task<>& task : tasks) {
        try {
          co_await task;
        } catch (const OperationCancelled&) {
          continue;
        }
      }
    });
    EXPECT_TRUE(on.mutex.try_lock());
    on.mutex.unlock();
  });
}

TEST(SharedMutexStorm, IsFreeWhenHalfOfTheWaitersWereStopped) {
  for (const unsigned workers : {1u, 2u, 8u}) {
    CheckedRuntime runtime{workers};
    flowcoro::test::Random random{workers};
    Protected on;
    for (std::size_t round = 0; round < rounds(100); ++round) {
      const auto ended = storm(runtime, random, 50, [&](int i) -> Lazy<void> { return use(on, i % 5 == 0, 3); });
      EXPECT_EQ(ended.done + ended.cancelled, 50u);
      ASSERT_TRUE(on.mutex.try_lock());
      on.mutex.unlock();
    }
  }
}

TEST(SharedMutexWithManyWaiters, LetsReadersInWithoutRecursion) {
  CheckedRuntime runtime{2};
  SharedMutex mutex;
  constexpr std::size_t n = rounds(300'000);
  std::atomic<std::size_t> served{0};
  const auto visit = [](SharedMutex& on, std::atomic<std::size_t>& count) -> Task<> {
    auto lock = co_await on.lock_shared();
    count.fetch_add(1);
  };
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto lock = co_await mutex.lock();
    std::vector<Task<>> waiters;
    waiters.reserve(n);
    for (std::size_t i = 0; i < n; ++i) waiters.push_back(visit(mutex, served));
    lock.unlock();
    for (auto& waiter : waiters) co_await waiter;
  });
  EXPECT_EQ(served, n);
}

TEST(SharedMutexDeathTest, SaysWhatIsWrong) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(SharedMutex{}.unlock(), "unlocked that was not locked");
  EXPECT_DEATH(SharedMutex{}.unlock_shared(), "a reader that it did not have");
  EXPECT_DEATH(
      {
        SharedMutex mutex;
        static_cast<void>(mutex.try_lock_shared());
      },
      "destroyed while it was locked");
}

} // namespace
