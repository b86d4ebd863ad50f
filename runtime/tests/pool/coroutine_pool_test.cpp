#include "flowcoro/pool/coroutine_pool.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "helpers.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seed.hpp"
#include "support/seeds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::current_time;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::sleep_for;
using flowcoro::sync_wait;
using flowcoro::yield;
using flowcoro::pool::CoroutinePool;
using flowcoro::pool::CoroutinePoolConfig;
using flowcoro::pool::CoroutinePoolStats;
using flowcoro::pool::expect_balanced;
using flowcoro::pool::InvalidPoolConfig;
using flowcoro::pool::plain_config;
using flowcoro::pool::SpawnError;
using flowcoro::pool::TaskEnd;
using flowcoro::pool::TaskHandle;
using flowcoro::pool::TaskId;
using flowcoro::pool::TaskPriority;
using flowcoro::pool::WhenFull;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;
using testing::ElementsAre;

Lazy<void> sleeps(std::chrono::nanoseconds how_long) { co_await sleep_for(how_long); }

/// A task of one second that notes the order of starts.
auto notes(std::vector<int>& order, int number) {
  return [&order, number]() -> Lazy<void> {
    order.push_back(number);
    co_await sleep_for(1s);
  };
}

void join(CheckedScheduler& scheduler, CoroutinePool& pool) {
  auto all = pool.join_all();
  EXPECT_TRUE(scheduler.run(all).empty());
  expect_balanced(pool);
}

TEST(CoroutinePool, RunsAsManyAtOnceAsItMay) {
  const Choices choices{1};
  CheckedScheduler scheduler{choices};
  CoroutinePool pool{plain_config(3), scheduler};
  int running = 0, most = 0;
  for (int i = 0; i < 10; ++i) {
    static_cast<void>(pool.try_spawn([&]() -> Lazy<void> {
      most = std::max(most, ++running);
      co_await sleep_for(1s);
      --running;
    }));
  }
  EXPECT_EQ(pool.active_count(), 3u);
  EXPECT_EQ(pool.stats().pending, 7u);
  join(scheduler, pool);
  EXPECT_EQ(most, 3);
  EXPECT_EQ(pool.stats().max_concurrent, 3u);
  EXPECT_EQ(scheduler.now().time_since_epoch(), 4s); // ten of a second, three at once
}

TEST(CoroutinePool, StartsHighBeforeNormalBeforeLow) {
  const Choices choices{2};
  CheckedScheduler scheduler{choices};
  CoroutinePoolConfig config = plain_config(1);
  config.aging_ms = 1'000'000;
  CoroutinePool pool{config, scheduler};
  std::vector<int> order;
  const auto submit = [&](int number, TaskPriority priority) {
    EXPECT_TRUE(pool.try_spawn_with_priority(notes(order, number), priority).is_ok());
  };
  submit(0, TaskPriority::Normal);
  submit(5, TaskPriority::Low);
  submit(3, TaskPriority::Normal);
  submit(1, TaskPriority::High);
  submit(4, TaskPriority::Normal);
  submit(2, TaskPriority::High);
  join(scheduler, pool);
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(CoroutinePool, WithoutPrioritiesStartsInOrderAndHasNoReserve) {
  const Choices choices{3};
  CheckedScheduler scheduler{choices};
  CoroutinePoolConfig config = plain_config(1);
  config.enable_priority_scheduling = false;
  config.high_reserve = 5;
  CoroutinePool pool{config, scheduler};
  std::vector<int> order;
  for (const auto& [number, priority] : {std::pair{0, TaskPriority::Low}, std::pair{1, TaskPriority::Normal},
                                         std::pair{2, TaskPriority::High}, std::pair{3, TaskPriority::Low}})
    EXPECT_TRUE(pool.try_spawn_with_priority(notes(order, number), priority).is_ok());
  EXPECT_EQ(pool.active_count(), 1u);
  join(scheduler, pool);
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
}

TEST(CoroutinePool, HighMayRunBeyondTheMaximumUpToTheReserve) {
  const Choices choices{4};
  CheckedScheduler scheduler{choices};
  CoroutinePoolConfig config = plain_config(2);
  config.high_reserve = 2;
  CoroutinePool pool{config, scheduler};
  const auto submit = [&](TaskPriority priority) {
    EXPECT_TRUE(pool.try_spawn_with_priority([] { return sleeps(1s); }, priority).is_ok());
    return pool.active_count();
  };
  EXPECT_EQ(submit(TaskPriority::Normal), 1u);
  EXPECT_EQ(submit(TaskPriority::Low), 2u);
  EXPECT_EQ(submit(TaskPriority::Normal), 2u);
  EXPECT_EQ(submit(TaskPriority::High), 3u);
  EXPECT_EQ(submit(TaskPriority::High), 4u);
  EXPECT_EQ(submit(TaskPriority::High), 4u);
  EXPECT_EQ(pool.stats().utilization, 2.0);
  join(scheduler, pool);
  EXPECT_EQ(pool.stats().max_concurrent, 4u);
}

// The bound: aging_ms, and then the one task that still runs, and those that have waited longer.
TEST(CoroutinePool, LowStartsInBoundedTimeHoweverManyHighTasksCome) {
  over_seeds(20, [](Choices& choices) {
    CheckedScheduler scheduler{choices};
    CoroutinePoolConfig config = plain_config(1);
    config.aging_ms = 100;
    CoroutinePool pool{config, scheduler};
    std::optional<flowcoro::SteadyTime> low_began;
    const auto clients = [&]() -> Lazy<void> {
      auto first = co_await pool.spawn_with_priority([] { return sleeps(10ms); }, TaskPriority::High);
      auto low = co_await pool.spawn_with_priority([&] { low_began = current_time(); }, TaskPriority::Low);
      // Two come where one can run.
      for (int i = 0; i < 100; ++i) {
        auto high = co_await pool.spawn_with_priority([] { return sleeps(10ms); }, TaskPriority::High);
        EXPECT_TRUE(high.is_ok());
        co_await sleep_for(5ms);
      }
      EXPECT_TRUE(first.is_ok() && low.is_ok());
    };
    scheduler.run(clients);
    join(scheduler, pool);
    EXPECT_GE(low_began.value().time_since_epoch(), 100ms);
    EXPECT_LE(low_began.value().time_since_epoch(), 100ms + 10ms);
  });
}

// There the waits are timed by ticks of the system.
TEST(CoroutinePool, OnWorkersOneThatHasAgedComesBeforeAHighOne) {
  CheckedRuntime runtime{1};
  CoroutinePoolConfig config = plain_config(1);
  config.aging_ms = 5;
  CoroutinePool pool{config, runtime};
  std::vector<int> order;
  std::atomic<bool> all_there{false};
  const auto client = [&]() -> Lazy<void> {
    auto first = co_await pool.spawn([&order, &all_there] {
      order.push_back(0);
      while (!all_there.load()) std::this_thread::yield();
    });
    auto low = co_await pool.spawn_with_priority([&order] { order.push_back(1); }, TaskPriority::Low);
    // Low ages meanwhile: a tick is 10 ms at most.
    for (const auto end = flowcoro::steady_now() + 50ms; flowcoro::steady_now() < end;) std::this_thread::yield();
    auto high = co_await pool.spawn_with_priority([&order] { order.push_back(2); }, TaskPriority::High);
    all_there.store(true);
    EXPECT_TRUE(first.is_ok() && low.is_ok() && high.is_ok());
    auto left = pool.join_all();
    const std::vector<TaskId> nobody = co_await left;
    EXPECT_TRUE(nobody.empty());
  };
  sync_wait(runtime, client());
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
}

TEST(CoroutinePool, AFullOneLetsSpawnWaitInOrder) {
  over_seeds(50, [](Choices& choices) {
    CheckedScheduler scheduler{choices};
    CoroutinePoolConfig config = plain_config(1);
    config.work_stealing_queue_size = choices.below(3);
    CoroutinePool pool{config, scheduler};
    std::vector<int> order;
    const auto client = [&]() -> Lazy<void> {
      for (int i = 0; i < 6; ++i) {
        auto taken = co_await pool.spawn(notes(order, i));
        EXPECT_TRUE(taken.is_ok());
        EXPECT_LE(pool.stats().pending, config.work_stealing_queue_size);
      }
    };
    scheduler.run(client);
    join(scheduler, pool);
    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5));
    EXPECT_EQ(pool.stats().total_rejected, 0u);
  });
}

TEST(CoroutinePool, AFullOneRefusesWhenToldTo) {
  const Choices choices{5};
  CheckedScheduler scheduler{choices};
  CoroutinePoolConfig config = plain_config(1);
  config.work_stealing_queue_size = 1;
  config.when_full = WhenFull::refuse;
  CoroutinePool pool{config, scheduler};
  const auto client = [&]() -> Lazy<void> {
    auto runs = co_await pool.spawn(sleeps, 1s);
    auto waits = co_await pool.spawn(sleeps, 1s);
    auto refused = co_await pool.spawn(sleeps, 1s);
    EXPECT_TRUE(runs.is_ok() && waits.is_ok());
    EXPECT_EQ(refused.unwrap_err(), SpawnError::full);
  };
  scheduler.run(client);
  EXPECT_EQ(pool.stats().total_rejected, 1u);
  EXPECT_EQ(pool.stats().total_submitted, 2u);
  join(scheduler, pool);
}

TEST(CoroutinePool, ASpawnThatIsStoppedWhileItWaitsForRoomTakesNothing) {
  const Choices choices{6};
  CheckedScheduler scheduler{choices};
  CoroutinePoolConfig config = plain_config(1);
  config.work_stealing_queue_size = 0;
  CoroutinePool pool{config, scheduler};
  static_cast<void>(pool.try_spawn(sleeps, 1s));
  auto client = flowcoro::spawn([&]() -> Lazy<void> {
    auto taken = co_await pool.spawn(sleeps, 1s);
    ADD_FAILURE() << taken.is_ok();
  });
  scheduler.run_until_idle();
  client.request_stop();
  EXPECT_THROW(scheduler.run(client), OperationCancelled);
  join(scheduler, pool);
  EXPECT_EQ(pool.stats().total_submitted, 1u);
}

TEST(CoroutinePool, HasItsTablesReadyForTheMinimum) {
  const Choices choices{7};
  CheckedScheduler scheduler{choices};
  CoroutinePoolConfig config = plain_config(500);
  CoroutinePool few{config, scheduler};
  config.min_coroutines = 300;
  CoroutinePool many{config, scheduler};
  EXPECT_LT(few.stats().prepared, 300u);
  EXPECT_GE(many.stats().prepared, 300u);
}

TEST(CoroutinePool, AsksATaskToStopWhenItsTimeIsOver) {
  const Choices choices{8};
  CheckedScheduler scheduler{choices};
  CoroutinePoolConfig config = plain_config(2);
  config.task_timeout_ms = 5000;
  CoroutinePool pool{config, scheduler};
  const auto client = [&]() -> Lazy<void> {
    auto slow = (co_await pool.spawn(sleeps, 1h)).unwrap();
    auto quick = (co_await pool.spawn(sleeps, 4999ms)).unwrap();
    auto next = (co_await pool.spawn(sleeps, 1h)).unwrap(); // begins when quick has ended
    co_await quick;
    EXPECT_EQ(current_time().time_since_epoch(), 4999ms);
    try {
      co_await slow;
      ADD_FAILURE() << "it was not stopped";
    } catch (const OperationCancelled&) {
      EXPECT_EQ(current_time().time_since_epoch(), 5s);
    }
    EXPECT_EQ(slow.end(), TaskEnd::timed_out);
    auto end = co_await pool.wait_task(next.id());
    EXPECT_EQ(end.unwrap(), TaskEnd::timed_out);
    EXPECT_EQ(current_time().time_since_epoch(), 4999ms + 5s);
  };
  scheduler.run(client);
  join(scheduler, pool);
  EXPECT_EQ(pool.stats().total_timed_out, 2u);
  EXPECT_EQ(pool.stats().total_completed, 1u);
}

TEST(CoroutinePool, ReportsATaskThatDoesNotHeedItsTimeLimit) {
  const Choices choices{9};
  CheckedScheduler scheduler{choices};
  CoroutinePoolConfig config = plain_config(1);
  config.task_timeout_ms = 1;
  CoroutinePool pool{config, scheduler};
  // This one waits in a way that a stop request does not end at once.
  const auto stubborn = []() -> Lazy<int> {
    for (int i = 0; i < 3; ++i) {
      try {
        co_await sleep_for(1s);
      } catch (const OperationCancelled&) {
        // and goes on
      }
    }
    co_return 2;
  };
  auto late = pool.try_spawn(stubborn).unwrap();
  EXPECT_EQ(scheduler.run(late), 2);
  const CoroutinePoolStats stats = pool.stats();
  EXPECT_EQ(stats.total_overdue, 1u);
  EXPECT_EQ(stats.total_completed, 1u);
  EXPECT_EQ(stats.total_timed_out, 0u);
  expect_balanced(pool);
}

TEST(CoroutinePool, NamesEachTaskAndFindsItBeforeAndAfterItsEnd) {
  const Choices choices{10};
  CheckedScheduler scheduler{choices};
  CoroutinePool pool{plain_config(2), scheduler};
  const auto client = [&]() -> Lazy<void> {
    auto good = (co_await pool.spawn(sleeps, 1s)).unwrap();
    auto bad = (co_await pool.spawn([]() -> int { throw std::runtime_error{"no"}; })).unwrap();
    EXPECT_NE(good.id(), bad.id());
    for (int again = 0; again < 3; ++again) {
      auto end = co_await pool.wait_task(good.id());
      EXPECT_EQ(end.unwrap(), TaskEnd::completed);
      auto other = co_await pool.wait_task(bad.id());
      EXPECT_EQ(other.unwrap(), TaskEnd::failed);
    }
    for (const TaskId unknown :
         {TaskId{}, TaskId{12345}, TaskId{static_cast<std::uint64_t>(good.id()) + (1ull << 32)}}) {
      auto nobody = co_await pool.wait_task(unknown);
      EXPECT_EQ(nobody.unwrap_err().id, unknown);
    }
    try {
      co_await bad;
    } catch (const std::runtime_error&) {
    }
  };
  scheduler.run(client);
  join(scheduler, pool);
}

TEST(CoroutinePool, ForgetsHowATaskEndedAfterAThousandOthersButNotThatItDid) {
  const Choices choices{11};
  CheckedScheduler scheduler{choices};
  CoroutinePool pool{plain_config(1), scheduler};
  const auto client = [&]() -> Lazy<void> {
    std::set<TaskId> ids;
    std::vector<TaskId> in_order;
    for (int i = 0; i < 4000; ++i) {
      auto taken = co_await pool.spawn([] {});
      auto handle = std::move(taken).unwrap();
      ids.insert(handle.id());
      in_order.push_back(handle.id());
    }
    auto all = pool.join_all();
    co_await all;
    EXPECT_EQ(ids.size(), 4000u);
    for (std::size_t i = 0; i < in_order.size(); i += 10) {
      auto end = co_await pool.wait_task(in_order[i]);
      const TaskEnd known = end.unwrap();
      EXPECT_TRUE(known == TaskEnd::completed || known == TaskEnd::forgotten);
      if (i >= in_order.size() - 1024) EXPECT_EQ(known, TaskEnd::completed);
    }
    auto first = co_await pool.wait_task(in_order[0]);
    EXPECT_EQ(first.unwrap(), TaskEnd::forgotten);
  };
  scheduler.run(client);
  join(scheduler, pool);
}

TEST(CoroutinePool, TakesABatchAsAWhole) {
  const Choices choices{12};
  CheckedScheduler scheduler{choices};
  CoroutinePool pool{plain_config(4), scheduler};
  const auto client = [&]() -> Lazy<void> {
    std::vector<std::function<int()>> functions;
    for (int i = 0; i < 100; ++i) functions.emplace_back([i] { return i; });
    auto batch = pool.spawn_batch(std::move(functions));
    auto result = co_await batch;
    EXPECT_TRUE(result.errors.empty());
    int expected = 0;
    for (auto& handle : result.handles) EXPECT_EQ(co_await handle, expected++);
    EXPECT_EQ(expected, 100);
  };
  scheduler.run(client);
  join(scheduler, pool);
}

TEST(CoroutinePool, ABatchThatDoesNotFitGivesHandlesAndErrors) {
  const Choices choices{13};
  CheckedScheduler scheduler{choices};
  CoroutinePoolConfig config = plain_config(2);
  config.work_stealing_queue_size = 3;
  config.when_full = WhenFull::refuse;
  CoroutinePool pool{config, scheduler};
  const auto client = [&]() -> Lazy<void> {
    std::vector<std::function<Lazy<void>()>> functions(8, [] { return sleeps(1s); });
    auto batch = pool.spawn_batch_with_priority(functions, TaskPriority::Low);
    auto result = co_await batch;
    EXPECT_EQ(result.handles.size(), 5u);
    EXPECT_EQ(result.errors.size(), 3u);
    for (std::size_t i = 0; i < result.errors.size(); ++i) {
      EXPECT_EQ(result.errors[i].index, 5 + i);
      EXPECT_EQ(result.errors[i].error, SpawnError::full);
    }
    for (auto& handle : result.handles) co_await handle;
  };
  scheduler.run(client);
  EXPECT_EQ(pool.stats().total_rejected, 3u);
  join(scheduler, pool);
}

/// Cannot be moved more often than all of them together may be.
struct MovedSoOften {
  int& moves_left;
  explicit MovedSoOften(int& moves) noexcept : moves_left{moves} {}
  MovedSoOften(MovedSoOften&& other) : moves_left{other.moves_left} {
    if (moves_left-- == 0) throw std::runtime_error{"no more"};
  }
  MovedSoOften& operator=(MovedSoOften&&) = delete;
  MovedSoOften(const MovedSoOften&) = delete;
  MovedSoOften& operator=(const MovedSoOften&) = delete;
  ~MovedSoOften() = default;
  void operator()() const noexcept {}
};

TEST(CoroutinePool, ABatchThatCannotBeMadeTakesNothing) {
  const Choices choices{5};
  CheckedScheduler scheduler{choices};
  CoroutinePool pool{plain_config(1), scheduler};
  int moves = 3;
  const auto client = [&]() -> Lazy<void> {
    std::vector<MovedSoOften> functions;
    functions.reserve(5);
    for (int i = 0; i < 5; ++i) functions.emplace_back(moves);
    auto batch = pool.spawn_batch(std::move(functions));
    bool threw = false;
    try {
      static_cast<void>(co_await batch);
    } catch (const std::runtime_error&) {
      threw = true;
    }
    EXPECT_TRUE(threw);
  };
  scheduler.run(client);
  EXPECT_EQ(pool.stats().total_submitted, 0u);
  join(scheduler, pool);
}

TEST(CoroutinePool, ABatchWaitsForRoomWhereSpawnDoes) {
  over_seeds(50, [](Choices& choices) {
    CheckedScheduler scheduler{choices};
    CoroutinePoolConfig config = plain_config(2);
    config.work_stealing_queue_size = choices.below(4);
    CoroutinePool pool{config, scheduler};
    const auto client = [&]() -> Lazy<void> {
      std::vector<std::function<Lazy<void>()>> functions(20, [] { return sleeps(1s); });
      auto batch = pool.spawn_batch(functions);
      auto result = co_await batch;
      EXPECT_EQ(result.handles.size(), 20u);
    };
    scheduler.run(client);
    join(scheduler, pool);
    EXPECT_EQ(pool.stats().total_completed, 20u);
  });
}

TEST(CoroutinePool, JoinsUntilADeadlineAndNamesWhoIsLeft) {
  const Choices choices{14};
  CheckedScheduler scheduler{choices};
  CoroutinePool pool{plain_config(2), scheduler};
  auto quick = pool.try_spawn(sleeps, 1s).unwrap();
  auto slow = pool.try_spawn(sleeps, 1h).unwrap();
  auto for_a_while = pool.join_all(10s);
  EXPECT_THAT(scheduler.run(for_a_while), ElementsAre(slow.id()));
  EXPECT_EQ(scheduler.now().time_since_epoch(), 10s);
  EXPECT_TRUE(quick.done());
  join(scheduler, pool);
  EXPECT_EQ(scheduler.now().time_since_epoch(), 1h);
}

TEST(CoroutinePool, CleansUpAndGoesOn) {
  over_seeds(50, [](Choices& choices) {
    CheckedScheduler scheduler{choices};
    CoroutinePoolConfig config = plain_config(2);
    config.work_stealing_queue_size = 1;
    CoroutinePool pool{config, scheduler};
    auto running = pool.try_spawn(sleeps, 1h).unwrap();
    auto too = pool.try_spawn(sleeps, 1h).unwrap();
    auto waiting = pool.try_spawn(sleeps, 1h).unwrap();
    std::optional<SpawnError> refused;
    auto for_room = flowcoro::spawn([&]() -> Lazy<void> {
      auto taken = co_await pool.spawn(sleeps, 1h);
      refused = taken.unwrap_err();
    });
    scheduler.run_until_idle();
    auto cleanup = pool.cleanup();
    scheduler.run(cleanup);
    scheduler.run(for_room);
    EXPECT_EQ(refused, SpawnError::stopped);
    for (TaskHandle<void>* handle : {&running, &too, &waiting}) EXPECT_EQ(handle->end(), TaskEnd::cancelled);
    EXPECT_EQ(scheduler.now().time_since_epoch(), 0s);
    EXPECT_EQ(pool.stats().total_submitted, 0u);
    auto again = pool.try_spawn([] { return 1; }).unwrap();
    EXPECT_NE(again.id(), running.id());
    EXPECT_EQ(scheduler.run(again), 1);
    join(scheduler, pool);
  });
}

TEST(CoroutinePool, NoSlotIsLostToWhatTasksThrow) {
  CheckedRuntime runtime{2};
  CoroutinePool pool{plain_config(2), runtime};
  std::vector<TaskHandle<void>> handles;
  for (int i = 0; i < 300; ++i) {
    handles.push_back(pool.try_spawn([i]() -> Lazy<void> {
                            if (i % 2 == 0) co_await yield();
                            if (i % 3 == 0) throw i;
                            if (i % 3 == 1) throw std::runtime_error{"no"};
                          })
                          .unwrap());
  }
  int thrown = 0;
  for (TaskHandle<void>& handle : handles) {
    try {
      sync_wait(runtime, handle);
    } catch (int) {
      ++thrown;
    } catch (const std::runtime_error&) {
      ++thrown;
    }
  }
  sync_wait(runtime, pool.join_all());
  EXPECT_EQ(thrown, 200);
  EXPECT_EQ(pool.stats().total_failed, 200u);
  EXPECT_EQ(pool.stats().total_completed, 100u);
  expect_balanced(pool);
}

TEST(CoroutinePool, WorkersWithoutStealingShareWhatIsSpawned) {
  flowcoro::RuntimeOptions options;
  options.workers = 2;
  options.work_stealing = false;
  flowcoro::Runtime runtime{options};
  CoroutinePoolConfig config = plain_config(2);
  EXPECT_THROW((CoroutinePool{config, runtime}), InvalidPoolConfig);
  config.enable_work_stealing = false;
  CoroutinePool pool{config, runtime};
  std::atomic<int> here{0};
  // Each keeps its worker until the other one is there.
  const auto meet = [&here] {
    here.fetch_add(1);
    while (here.load() < 2) std::this_thread::yield();
  };
  const auto client = [&]() -> Lazy<void> {
    auto one = (co_await pool.spawn(meet)).unwrap();
    auto two = (co_await pool.spawn(meet)).unwrap();
    co_await one;
    co_await two;
  };
  auto both = flowcoro::spawn_on(runtime, client);
  sync_wait(runtime, both);
  for (int i = 0; i < 100; ++i) static_cast<void>(pool.try_spawn([]() -> Lazy<void> { co_await yield(); }));
  sync_wait(runtime, pool.join_all());
  EXPECT_EQ(pool.stats().work_steal_count, 0u);
  EXPECT_EQ(runtime.stats().stolen, 0u);
}

TEST(CoroutinePool, WithoutStealingHasWorkersOfItsOwn) {
  CoroutinePoolConfig config = plain_config(4);
  config.enable_work_stealing = false;
  CoroutinePool pool{config};
  std::vector<TaskHandle<int>> handles;
  for (int i = 0; i < 50; ++i) handles.push_back(pool.try_spawn([i] { return i; }).unwrap());
  int sum = 0;
  for (TaskHandle<int>& handle : handles) sum += sync_wait(handle);
  EXPECT_EQ(sum, 49 * 50 / 2);
}

TEST(CoroutinePool, CountsRealSteals) {
  CheckedRuntime runtime{2};
  CoroutinePool pool{plain_config(64), runtime};
  std::atomic<bool> released{false};
  const auto client = [&]() -> Lazy<void> {
    std::vector<TaskHandle<void>> handles;
    for (int i = 0; i < 8; ++i) handles.push_back((co_await pool.spawn([&] { released.store(true); })).unwrap());
    while (!released.load()) std::this_thread::yield(); // keeps this worker until the other has taken one
    for (TaskHandle<void>& handle : handles) co_await handle;
  };
  auto done = flowcoro::spawn_on(runtime, client);
  sync_wait(runtime, done);
  EXPECT_GT(pool.stats().work_steal_count, 0u);
}

TEST(CoroutinePool, RefusesConfigurationsThatMakeNoSense) {
  CheckedRuntime runtime{1};
  CoroutinePoolConfig config = plain_config(0);
  EXPECT_THROW((CoroutinePool{config, runtime}), InvalidPoolConfig);
  EXPECT_THROW(CoroutinePool{config}, InvalidPoolConfig);
}

TEST(CoroutinePool, KeepsItsAccountsUnderEveryInterleaving) {
  over_seeds(300, [](Choices& choices) {
    CheckedScheduler scheduler{choices};
    CoroutinePoolConfig config = plain_config(static_cast<std::size_t>(choices.from_to(1, 4)));
    config.work_stealing_queue_size = choices.below(4);
    config.high_reserve = choices.below(3);
    config.enable_priority_scheduling = choices.one_in(2);
    config.task_timeout_ms = choices.one_in(2) ? 0 : 20;
    config.when_full = choices.one_in(2) ? WhenFull::wait : WhenFull::refuse;
    CoroutinePool pool{config, scheduler};
    std::size_t most = 0, running = 0, began = 0;
    const auto client = [&](std::uint64_t salt) -> Lazy<void> {
      Choices own{choices.seed() * 31 + salt};
      std::vector<TaskHandle<int>> handles;
      for (int i = 0; i < 12; ++i) {
        const auto priority = static_cast<TaskPriority>(own.below(3));
        const auto how_long = std::chrono::milliseconds{own.below(40)};
        const bool throws = own.one_in(5);
        auto taken = co_await pool.spawn_with_priority(
            [&most, &running, &began, how_long, throws]() -> Lazy<int> {
              ++began;
              most = std::max(most, ++running);
              struct Leave {
                std::size_t& running;
                ~Leave() { --running; }
              } leave{running};
              co_await sleep_for(how_long);
              if (throws) throw std::runtime_error{"chosen"};
              co_return 1;
            },
            priority);
        if (taken.is_ok()) handles.push_back(std::move(taken).unwrap());
        if (!handles.empty() && own.one_in(4)) handles[own.below(handles.size())].request_stop();
        if (own.one_in(3)) co_await sleep_for(std::chrono::milliseconds{own.below(20)});
        if (own.one_in(20)) pool.request_stop();
      }
      for (TaskHandle<int>& handle : handles) {
        auto end = co_await pool.wait_task(handle.id());
        EXPECT_EQ(end.unwrap(), handle.end());
        try {
          EXPECT_EQ(co_await handle, 1);
        } catch (const OperationCancelled&) {
          EXPECT_TRUE(handle.end() == TaskEnd::cancelled || handle.end() == TaskEnd::timed_out);
        } catch (const std::runtime_error&) {
          EXPECT_EQ(handle.end(), TaskEnd::failed);
        }
      }
    };
    const auto clients = [&]() -> Lazy<void> {
      auto one = flowcoro::spawn(client, 1);
      auto two = flowcoro::spawn(client, 2);
      co_await one;
      co_await two;
    };
    scheduler.run(clients);
    join(scheduler, pool);
    const CoroutinePoolStats stats = pool.stats();
    EXPECT_LE(most, config.max_coroutines + config.reserve());
    EXPECT_LE(stats.max_concurrent, config.max_coroutines + config.reserve());
    EXPECT_EQ(stats.total_submitted + stats.total_rejected, 24u);
    EXPECT_LE(began, stats.total_submitted);
  });
}

/// Random clients on threads of their own, and the pool's account at the end.
void storm(unsigned workers, std::size_t tasks) {
  CheckedRuntime runtime{workers};
  flowcoro::test::Random seeds{flowcoro::test::seed()};
  CoroutinePoolConfig config = plain_config(100);
  config.work_stealing_queue_size = 200;
  config.high_reserve = 10;
  config.task_timeout_ms = 3000;
  CoroutinePool pool{config, runtime};
  std::atomic<std::uint64_t> ran{0}, taken_in_all{0};
  const auto client = [&](std::uint64_t seed) -> Lazy<void> {
    flowcoro::test::Random random{seed};
    for (std::size_t i = 0; i < tasks / 4; ++i) {
      const auto priority = static_cast<TaskPriority>(random.below(3));
      const std::size_t kind = random.below(16);
      auto taken = co_await pool.spawn_with_priority(
          [&ran, kind]() -> Lazy<void> {
            ran.fetch_add(1, std::memory_order_relaxed);
            if (kind < 4) co_await yield();
            if (kind == 5) throw OperationCancelled{};
          },
          priority);
      auto handle = std::move(taken).unwrap();
      taken_in_all.fetch_add(1, std::memory_order_relaxed);
      if (kind == 6) handle.request_stop();
      if (kind == 7) {
        try {
          co_await handle;
        } catch (const OperationCancelled&) {
        }
      }
      if (kind == 8) static_cast<void>(pool.stats());
    }
  };
  const auto clients = [&]() -> Lazy<void> {
    std::vector<flowcoro::Task<>> all;
    for (int i = 0; i < 4; ++i) all.push_back(flowcoro::spawn(client, seeds.below(1'000'000'000)));
    for (flowcoro::Task<>& one : all) co_await one;
    auto joined = pool.join_all();
    co_await joined;
  };
  auto done = flowcoro::spawn_on(runtime, clients);
  sync_wait(runtime, done);
  const CoroutinePoolStats stats = pool.stats();
  EXPECT_EQ(stats.total_submitted, taken_in_all.load());
  EXPECT_LE(stats.max_concurrent, 110u);
  EXPECT_LE(ran.load(), stats.total_submitted);
  EXPECT_GE(ran.load(), stats.total_completed);
  expect_balanced(pool);
}

TEST(CoroutinePool, SurvivesAMillionSpawnsOfManyClients) {
  for (const unsigned workers : {1u, 2u, 4u}) storm(workers, rounds(1'000'000) / 3);
}

TEST(CoroutinePool, GoesAwayUnderRunningTasks) {
  for (std::size_t i = 0; i < rounds(200); ++i) {
    CheckedRuntime runtime{2};
    std::vector<TaskHandle<void>> handles;
    {
      CoroutinePool pool{plain_config(4), runtime};
      for (int j = 0; j < 20; ++j) {
        handles.push_back(pool.try_spawn([j]() -> Lazy<void> {
                                if (j % 2 == 0) co_await sleep_for(1h);
                                co_await yield();
                              })
                              .unwrap());
      }
    }
    for (TaskHandle<void>& handle : handles) {
      try {
        sync_wait(runtime, handle);
      } catch (const OperationCancelled&) {
        EXPECT_EQ(handle.end(), TaskEnd::cancelled);
      }
    }
  }
}

} // namespace
