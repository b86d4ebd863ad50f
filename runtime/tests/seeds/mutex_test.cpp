// AsyncMutex: one holder at a time, in the order of the requests, whoever is stopped while it waits.
#include "actor.hpp"

#include "flowcoro/async/mutex.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

namespace {

using flowcoro::AsyncMutex;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::Task;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::stop_later;

constexpr std::size_t seeds = 10'000;

struct Protected {
  /// Somebody who is inside.
  struct Visit {
    explicit Visit(Protected& in) : place{in} { EXPECT_EQ(++place.inside, 1); }
    ~Visit() { EXPECT_EQ(--place.inside, 0); }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    Protected& place;
  };

  AsyncMutex mutex;
  int inside = 0;
  std::vector<int> asked;
  std::vector<int> cancelled;
  std::vector<int> entered;
};

/// Asks `times` for the mutex, keeps it over `turns`, and gives it back in one of the three ways.
Lazy<void> lock_some(Protected& place, int name, int times, int turns) {
  for (int i = 0; i < times; ++i) {
    const int request = 10 * name + i;
    place.asked.push_back(request);
    auto locking = place.mutex.lock();
    flowcoro::AsyncLockGuard guard;
    try {
      guard = co_await locking;
    } catch (const OperationCancelled&) {
      place.cancelled.push_back(request);
      throw;
    }
    place.entered.push_back(request);
    {
      const Protected::Visit visit{place};
      for (int k = 0; k < turns; ++k) co_await flowcoro::yield();
      if (turns == 2) co_await flowcoro::sleep_for(std::chrono::milliseconds{1});
    }
    if (name % 3 == 0) guard.unlock();
    flowcoro::AsyncLockGuard elsewhere = std::move(guard);
  }
}

TEST(AsyncMutexOverSeeds, LetsOneInAtATimeInTheOrderOfTheRequests) {
  over_seeds(seeds, [](Choices& choices) {
    Protected place;
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<void>> tasks;
      const int count = choices.from_to(1, 6);
      for (int i = 0; i < count; ++i)
        tasks.push_back(flowcoro::spawn(lock_some, std::ref(place), i, choices.from_to(1, 3), choices.from_to(0, 1)));
      for (Task<void>& task : tasks) co_await task;
    });
    EXPECT_EQ(place.entered, place.asked);
    EXPECT_TRUE(place.mutex.try_lock());
    place.mutex.unlock();
  });
}

TEST(AsyncMutexOverSeeds, PassesOverThoseThatWereStoppedAndIsNeverLeftLocked) {
  over_seeds(seeds, [](Choices& choices) {
    Protected place;
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<void>> tasks;
      const int count = choices.from_to(1, 6);
      for (int i = 0; i < count; ++i)
        tasks.push_back(flowcoro::spawn(lock_some, std::ref(place), i, choices.from_to(1, 3), choices.from_to(0, 2)));
      for (Task<void>& task : tasks)
        if (choices.one_in(2)) co_await stop_later(task, choices.from_to(0, 3), std::chrono::milliseconds{0});
      for (Task<void>& task : tasks) {
        try {
          co_await task;
        } catch (const OperationCancelled&) {
          continue; // in the queue, or asleep with the mutex
        }
      }
    });
    std::vector<int> expected;
    std::copy_if(place.asked.begin(), place.asked.end(), std::back_inserter(expected), [&place](int request) {
      return std::find(place.cancelled.begin(), place.cancelled.end(), request) == place.cancelled.end();
    });
    EXPECT_EQ(place.entered, expected);
    EXPECT_TRUE(place.mutex.try_lock());
    place.mutex.unlock();
  });
}

} // namespace
