#include "flowcoro/async/sleep.hpp"

#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/spawn_many.hpp"
#include "flowcoro/sched/timer_queue.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::Nanoseconds;
using flowcoro::OperationCancelled;
using flowcoro::sleep_for;
using flowcoro::sleep_until;
using flowcoro::spawn_on;
using flowcoro::steady_now;
using flowcoro::SteadyTime;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::rounds;

static_assert(flowcoro::Awaiter<flowcoro::detail::Sleep>);

class Sleep : public testing::TestWithParam<unsigned> {
 protected:
  CheckedRuntime runtime_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Workers, Sleep, testing::Values(1, 2, 3, 8), testing::PrintToStringParamName());

template <class Duration>
Lazy<Nanoseconds> time_asleep(Duration duration) {
  const SteadyTime start = steady_now();
  co_await sleep_for(duration);
  co_return steady_now() - start;
}

TEST_P(Sleep, NeverEndsEarly) {
  for (const Nanoseconds duration : {0ns, 1ns, 999ns, 1'000ns, 999'000ns, 1'000'000ns, 7'654'321ns})
    EXPECT_GE(sync_wait(runtime_, time_asleep(duration)), duration);
}

TEST_P(Sleep, TakesEveryUnitAndRoundsFractionsUp) {
  using FractionOfNanosecond = std::chrono::duration<std::int64_t, std::pico>;
  EXPECT_GE(sync_wait(runtime_, time_asleep(1ms)), 1ms);
  EXPECT_GE(sync_wait(runtime_, time_asleep(std::chrono::duration<double>{0.0015})), 1'500us);
  EXPECT_GE(sync_wait(runtime_, time_asleep(FractionOfNanosecond{1'500'000'001})), 1'500'001ns);
}

TEST_P(Sleep, CountsItsTimeFromTheAwait) {
  sync_wait(runtime_, []() -> Lazy<void> {
    auto sleep = sleep_for(3ms);
    co_await sleep_for(3ms);
    const SteadyTime start = steady_now();
    co_await sleep;
    EXPECT_GE(steady_now() - start, 3ms);
  });
}

TEST_P(Sleep, DoesNotSuspendForATimeInThePast) {
  sync_wait(runtime_, []() -> Lazy<void> {
    const auto thread = std::this_thread::get_id();
    co_await sleep_for(0s);
    co_await sleep_for(-1s);
    co_await sleep_for(std::chrono::hours::min());
    co_await sleep_for(Nanoseconds::min());
    co_await sleep_for(std::chrono::duration<double>{std::numeric_limits<double>::quiet_NaN()});
    co_await sleep_until(SteadyTime::min());
    co_await sleep_until(steady_now());
    EXPECT_EQ(std::this_thread::get_id(), thread);
  });
  EXPECT_EQ(runtime_.stats().timers_fired, 0u);
}

TEST_P(Sleep, SleepsForeverForTheLongestDurationsUntilItIsStopped) {
  std::vector<Task<>> sleepers;
  std::atomic<int> asleep{0};
  const auto add = [&](auto duration) {
    sleepers.push_back(spawn_on(runtime_, [&asleep, duration]() -> Lazy<void> {
      asleep.fetch_add(1);
      co_await sleep_for(duration);
    }));
  };
  add(Nanoseconds::max());
  add(Nanoseconds::max() - 1ns);
  add(std::chrono::hours::max());
  add(std::chrono::duration<double>{std::numeric_limits<double>::infinity()});
  while (asleep != 4) std::this_thread::yield();
  EXPECT_GE(sync_wait(runtime_, time_asleep(2ms)), 2ms);
  for (auto& sleeper : sleepers) {
    EXPECT_FALSE(sleeper.done());
    sleeper.request_stop();
    EXPECT_THROW(sync_wait(runtime_, sleeper), OperationCancelled);
  }
}

TEST_P(Sleep, ThrowsAtOnceWhenStopWasRequestedBefore) {
  auto task = spawn_on(runtime_, []() -> Lazy<void> {
    for (;;) co_await sleep_for(10us); // ends at the first sleep after the request
  });
  task.request_stop();
  EXPECT_THROW(sync_wait(runtime_, task), OperationCancelled);
  EXPECT_EQ(runtime_.stats().cancelled, 1u);
}

TEST_P(Sleep, DoesNotSuspendASecondTimeWhenItIsAwaitedTwice) {
  sync_wait(runtime_, []() -> Lazy<void> {
    auto sleep = sleep_for(2ms);
    co_await sleep;
    co_await sleep;
  });
  EXPECT_EQ(runtime_.stats().timers_fired, 1u);
}

TEST_P(Sleep, CanBeUsedAgainAfterItWasCancelled) {
  auto task = spawn_on(runtime_, []() -> Lazy<int> {
    int cancelled = 0;
    for (int i = 0; i < 3; ++i) {
      try {
        co_await sleep_for(1h);
      } catch (const OperationCancelled&) {
        ++cancelled; // a stopped task may go on; each further wait ends at once
      }
    }
    co_return cancelled;
  });
  task.request_stop();
  EXPECT_EQ(sync_wait(runtime_, task), 3);
}

TEST_P(Sleep, WakesInTheOrderOfDeadlines) {
  std::vector<int> order;
  const SteadyTime start = steady_now() + 5ms;
  std::mutex mutex;
  std::vector<Task<>> sleepers;
  for (const int place : {4, 1, 3, 0, 2}) {
    sleepers.push_back(spawn_on(runtime_, [&, place]() -> Lazy<void> {
      co_await sleep_until(start + place * 20ms);
      const std::lock_guard lock{mutex};
      order.push_back(place);
    }));
  }
  for (auto& sleeper : sleepers) sync_wait(runtime_, sleeper);
  if (GetParam() != 1) std::sort(order.begin(), order.end()); // more workers may overtake each other after the wake
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
}

/// `count` tasks sleep, and none of them ends before all do: who wakes too soon for that goes to sleep again.
void sleep_together(flowcoro::Runtime& runtime, std::size_t count, Nanoseconds first_sleep) {
  std::atomic<std::size_t> early{0};
  std::atomic<std::size_t> woken{0};
  std::atomic<std::size_t> asleep{0};
  const SteadyTime due = steady_now() + first_sleep;
  std::vector<Task<>> sleepers;
  sleepers.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    sleepers.push_back(spawn_on(runtime, [&]() -> Lazy<void> {
      asleep.fetch_add(1);
      do {
        const SteadyTime deadline = std::max(due, steady_now() + 300ms);
        co_await sleep_until(deadline);
        if (steady_now() < deadline) early.fetch_add(1);
      } while (asleep.load() != count);
      woken.fetch_add(1);
    }));
  }
  for (auto& sleeper : sleepers) sync_wait(runtime, sleeper);
  EXPECT_EQ(woken, count);
  EXPECT_EQ(early, 0u);
}

TEST_P(Sleep, ManyAtOnceAllWakeAndNoneEarly) { sleep_together(runtime_, rounds(100'000), 300ms); }

TEST(SleepOfAMillion, AtOnceWakesThemAllAndNoneEarly) {
  CheckedRuntime runtime{2};
  sleep_together(runtime, rounds(1'000'000), 1s);
}

TEST_P(Sleep, ANewEarliestTimerIsSeenWhileAllWorkersAreParked) {
  auto late = spawn_on(runtime_, []() -> Lazy<void> { co_await sleep_for(1h); });
  std::this_thread::sleep_for(20ms); // the workers park until the late one
  for (int i = 0; i < 20; ++i) {
    auto early = spawn_on(runtime_, []() -> Lazy<void> { co_await sleep_for(1ms); });
    while (!early.done()) std::this_thread::yield();
  }
  EXPECT_FALSE(late.done());
}

TEST_P(Sleep, ManyShortOnesOneAfterAnotherNeverHang) {
  std::vector<Task<>> tasks;
  for (int i = 0; i < 4; ++i) {
    tasks.push_back(spawn_on(runtime_, []() -> Lazy<void> {
      for (std::size_t k = 0; k < rounds(500); ++k) co_await sleep_for(50us);
    }));
  }
  for (auto& task : tasks) {
    while (!task.done()) std::this_thread::yield();
  }
}

/// The thread that waits takes the seat of a parked worker, whose own thread sleeps until the first timer. Both time out at once.
TEST_P(Sleep, TimersOfAWaitingThreadAndOfTheSeatItTookMayComeTogether) {
  for (std::size_t i = 0; i < rounds(300); ++i) {
    auto sleeper = spawn_on(runtime_, []() -> Lazy<void> { co_await sleep_for(1ms); });
    while (runtime_.stats().parks == 0) std::this_thread::yield();
    sync_wait(runtime_, []() -> Lazy<void> { co_await sleep_for(1500us); });
    sync_wait(runtime_, sleeper);
  }
}

/// Stop requests come about when the timers fire: each sleep ends in exactly one way, and never early unless it was stopped.
TEST_P(Sleep, EndsInExactlyOneWayWhenStopAndDeadlineMeet) {
  flowcoro::test::Random random;
  for (std::size_t round = 0; round < rounds(50); ++round) {
    constexpr std::size_t n = 100;
    std::atomic<std::size_t> fired{0};
    std::atomic<std::size_t> cancelled{0};
    std::atomic<std::size_t> early{0};
    const SteadyTime due = steady_now() + 2ms;
    std::vector<Task<>> sleepers;
    for (std::size_t i = 0; i < n; ++i) {
      const SteadyTime deadline = due + Nanoseconds{static_cast<std::int64_t>(random.below(300'000))};
      sleepers.push_back(spawn_on(runtime_, [&, deadline]() -> Lazy<void> {
        try {
          co_await sleep_until(deadline);
          fired.fetch_add(1);
          if (steady_now() < deadline) early.fetch_add(1);
        } catch (const OperationCancelled&) {
          cancelled.fetch_add(1);
        }
      }));
    }
    while (steady_now() < due) std::this_thread::yield();
    for (auto& sleeper : sleepers) {
      if (random.one_in(2)) sleeper.request_stop();
    }
    for (auto& sleeper : sleepers) sync_wait(runtime_, sleeper);
    ASSERT_EQ(fired + cancelled, n);
    ASSERT_EQ(early, 0u);
  }
  const flowcoro::TimerStats timers = runtime_.timer_stats();
  EXPECT_GT(timers.registered, 0u);
  EXPECT_EQ(timers.registered, timers.fired + timers.cancelled);
  EXPECT_EQ(timers.active, 0u);
  EXPECT_EQ(timers.lateness.count(), timers.fired);
}

TEST_P(Sleep, IsCountedUntilItIsOver) {
  constexpr std::size_t n = 100;
  const auto sleep = [](Nanoseconds duration) -> Lazy<void> { co_await sleep_for(duration); };
  std::vector<Task<>> sleepers;
  for (std::size_t i = 0; i < n; ++i)
    sleepers.push_back(spawn_on(runtime_, sleep, Nanoseconds{i % 2 == 0 ? 1ms : 24h}));
  for (std::size_t i = 0; i < n; i += 2) sync_wait(runtime_, sleepers[i]);
  flowcoro::TimerStats timers = runtime_.timer_stats();
  while (timers.registered < n) timers = runtime_.timer_stats();
  EXPECT_EQ(timers.registered, n);
  EXPECT_EQ(timers.fired, n / 2);
  EXPECT_EQ(timers.active, n / 2);
  EXPECT_EQ(timers.cancelled, 0u);
  for (std::size_t i = 1; i < n; i += 2) {
    sleepers[i].request_stop();
    EXPECT_THROW(sync_wait(runtime_, sleepers[i]), OperationCancelled);
  }
  timers = runtime_.timer_stats();
  EXPECT_EQ(timers.fired, n / 2);
  EXPECT_EQ(timers.cancelled, n / 2);
  EXPECT_EQ(timers.active, 0u);
  EXPECT_EQ(timers.lateness.count(), n / 2);
  EXPECT_LE(timers.lateness.percentile(0.5), timers.lateness.percentile(0.99));
}

TEST_P(Sleep, PassesTheStopOfAParentToManySleepingChildren) {
  constexpr std::size_t n = 1'000;
  std::atomic<std::size_t> asleep{0};
  std::atomic<std::size_t> cancelled{0};
  auto task = spawn_on(runtime_, [&]() -> Lazy<void> {
    auto many = flowcoro::spawn_many(n, [&](std::size_t) -> Lazy<void> {
      try {
        asleep.fetch_add(1);
        co_await sleep_for(1h);
      } catch (const OperationCancelled&) {
        cancelled.fetch_add(1);
        throw;
      }
    });
    co_await many;
  });
  while (asleep != n) std::this_thread::yield();
  task.request_stop();
  EXPECT_THROW(sync_wait(runtime_, task), OperationCancelled);
  EXPECT_EQ(cancelled, n);
}

TEST(SleepBesideBusyWorkers, IsWokenByAnotherWorkerWhenItsOwnIsBusy) {
  CheckedRuntime runtime{2};
  for (int round = 0; round < 20; ++round) {
    // The busy task arms the timer on its own worker and does not give that worker back until the timer has fired.
    auto busy = spawn_on(runtime, []() -> Lazy<void> {
      co_await sleep_for(500us); // so that it is a timer that woke this worker, the other one being parked
      std::atomic<bool> fired{false};
      auto sleep_then_set = [](std::atomic<bool>& flag) -> Task<> {
        co_await sleep_for(1ms);
        flag.store(true, std::memory_order_release);
      };
      auto sleeper = sleep_then_set(fired);
      while (!fired.load(std::memory_order_acquire)) std::this_thread::yield();
      co_await sleeper;
    });
    while (!busy.done()) std::this_thread::yield();
  }
}

TEST(SleepBesideBusyWorkers, IsWokenWhileTheThreadInSyncWaitIsBusy) {
  CheckedRuntime runtime{2};
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> fired{false};
    auto sleeper = spawn_on(runtime, [&fired]() -> Lazy<void> {
      co_await sleep_for(2ms);
      fired.store(true, std::memory_order_release);
    });
    sync_wait(runtime, [&fired]() -> Lazy<void> {
      while (!fired.load(std::memory_order_acquire)) std::this_thread::yield();
      co_return;
    });
    sync_wait(runtime, sleeper);
  }
}

TEST(SleepBesideBusyWorkers, DoesNotWaitForARunawayTaskOnTheOnlyOtherWorker) {
  CheckedRuntime runtime{2};
  std::atomic<bool> release{false};
  std::atomic<bool> running{false};
  auto runaway = spawn_on(runtime, [&] {
    running = true;
    while (!release) std::this_thread::yield();
  });
  while (!running) std::this_thread::yield();
  for (int i = 0; i < 20; ++i) {
    auto sleeper = spawn_on(runtime, []() -> Lazy<void> { co_await sleep_for(1ms); });
    while (!sleeper.done()) std::this_thread::yield();
  }
  release = true;
  while (!runaway.done()) std::this_thread::yield();
}

TEST(SleepOnAForeignThread, GoesOnOnTheDefaultRuntime) {
  // Made before, and the sleep a long one: a sleep that is over before it could begin goes on where it is.
  static_cast<void>(flowcoro::default_runtime());
  auto make = []() -> Task<bool> {
    const SteadyTime start = steady_now();
    co_await sleep_for(200ms);
    co_return steady_now() - start >= 200ms && flowcoro::current_scheduler() == &flowcoro::default_scheduler();
  };
  auto task = make();
  EXPECT_FALSE(task.done());
  EXPECT_TRUE(sync_wait(task));
}

} // namespace
