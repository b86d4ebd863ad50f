#include "flowcoro/async/task_group.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::TaskGroup;
using flowcoro::with_task_group;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::rounds;

static_assert(!std::is_move_constructible_v<TaskGroup>);

class Group : public testing::TestWithParam<unsigned> {
 protected:
  CheckedRuntime runtime_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Workers, Group, testing::Values(1, 2, 3, 8), testing::PrintToStringParamName());

TEST_P(Group, JoinsEveryTask) {
  constexpr std::size_t n = rounds(5'000);
  std::atomic<std::size_t> ended{0};
  sync_wait(runtime_, [&]() -> Lazy<void> {
    TaskGroup group;
    for (std::size_t i = 0; i < n; ++i) {
      group.spawn([&ended, i]() -> Lazy<void> {
        co_await flowcoro::yield();
        if (i % 100 == 0) co_await flowcoro::sleep_for(1ms);
        ended.fetch_add(1);
      });
    }
    auto joined = group.join();
    co_await joined;
    EXPECT_EQ(ended, n);
  });
  EXPECT_EQ(runtime_.stats().submitted, n);
  EXPECT_EQ(runtime_.stats().completed, n);
}

TEST_P(Group, JoinsAtOnceWhenItIsEmpty) {
  sync_wait(runtime_, []() -> Lazy<void> {
    TaskGroup group;
    co_await group.join();
    co_await group.join();
  });
}

TEST_P(Group, TakesEveryKindOfCallable) {
  std::atomic<int> sum{0};
  sync_wait(runtime_, [&]() -> Lazy<void> {
    TaskGroup group;
    group.spawn([&sum] { sum += 1; });
    group.spawn([&sum]() -> Lazy<void> {
      sum += 10;
      co_return;
    });
    group.spawn(
        [](std::atomic<int>* total, int n) -> Lazy<int> {
          *total += n;
          co_return n; // dropped
        },
        &sum, 100);
    group.spawn([&sum, owned = std::make_unique<int>(1'000)] {
      sum += *owned;
      return *owned;
    });
    group.spawn(
        [](std::atomic<int>& total) -> Task<> {
          total += 10'000;
          co_await flowcoro::yield();
        },
        std::ref(sum));
    co_await group.join();
  });
  EXPECT_EQ(sum, 11'111);
}

TEST_P(Group, JoinsTasksThatItsTasksSpawn) {
  std::atomic<int> ran{0};
  sync_wait(runtime_, [&]() -> Lazy<void> {
    TaskGroup group;
    struct Spawner {
      static Lazy<void> run(TaskGroup* into, std::atomic<int>* count, int depth) {
        co_await flowcoro::yield();
        count->fetch_add(1);
        if (depth == 0) co_return;
        into->spawn(run, into, count, depth - 1);
        into->spawn(run, into, count, depth - 1);
      }
    };
    group.spawn(Spawner::run, &group, &ran, 8);
    co_await group.join();
  });
  EXPECT_EQ(ran, (1 << 9) - 1);
}

TEST_P(Group, StopsTheOthersAtTheFirstErrorAndRethrowsIt) {
  std::atomic<int> cancelled{0};
  sync_wait(runtime_, [&]() -> Lazy<void> {
    TaskGroup group;
    for (int i = 0; i < 20; ++i) {
      group.spawn([&cancelled]() -> Lazy<void> {
        try {
          co_await flowcoro::sleep_for(1h);
        } catch (const OperationCancelled&) {
          cancelled.fetch_add(1);
          throw;
        }
      });
    }
    group.spawn([] { throw std::domain_error{"the first"}; });
    auto joined = group.join();
    EXPECT_THROW(co_await joined, std::domain_error);
    EXPECT_EQ(cancelled, 20);
  });
}

TEST_P(Group, GivesLaterErrorsToTheHandler) {
  runtime_.expect_unhandled(9);
  sync_wait(runtime_, []() -> Lazy<void> {
    TaskGroup group;
    for (int i = 0; i < 10; ++i) group.spawn([] { throw std::runtime_error{"one of ten"}; });
    auto joined = group.join();
    EXPECT_THROW(co_await joined, std::runtime_error);
  });
}

TEST_P(Group, StopsItsTasksOnRequestAndJoinsThemWithoutAnError) {
  std::atomic<int> cancelled{0};
  sync_wait(runtime_, [&]() -> Lazy<void> {
    TaskGroup group;
    for (int i = 0; i < 50; ++i) {
      group.spawn([&cancelled]() -> Lazy<void> {
        try {
          co_await flowcoro::sleep_for(1h);
        } catch (const OperationCancelled&) {
          cancelled.fetch_add(1);
          throw;
        }
      });
    }
    group.request_stop();
    co_await group.join();
  });
  EXPECT_EQ(cancelled, 50);
  EXPECT_EQ(runtime_.stats().cancelled, 50u);
}

TEST_P(Group, PassesTheStopOfItsParentOnWhileItJoins) {
  std::atomic<int> asleep{0};
  std::atomic<int> cancelled{0};
  auto parent = spawn_on(runtime_, [&]() -> Lazy<void> {
    TaskGroup group;
    for (int i = 0; i < 20; ++i) {
      group.spawn([&]() -> Lazy<void> {
        asleep.fetch_add(1);
        try {
          co_await flowcoro::sleep_for(1h);
        } catch (const OperationCancelled&) {
          cancelled.fetch_add(1);
        }
      });
    }
    co_await group.join();
    EXPECT_EQ(cancelled, 20) << "it returned before its tasks had ended";
  });
  while (asleep != 20) std::this_thread::yield();
  parent.request_stop();
  sync_wait(runtime_, parent);
  EXPECT_EQ(cancelled, 20);
}

TEST_P(Group, PassesOnAStopThatCameBeforeTheJoin) {
  auto parent = spawn_on(runtime_, []() -> Lazy<void> {
    auto token = co_await flowcoro::this_task::stop_token();
    while (!token.stop_requested()) co_await flowcoro::yield();
    TaskGroup group;
    group.spawn([]() -> Lazy<void> { co_await flowcoro::sleep_for(1h); });
    co_await group.join();
  });
  parent.request_stop();
  sync_wait(runtime_, parent);
}

TEST_P(Group, MayBeUsedAgainAfterAJoin) {
  std::atomic<int> ran{0};
  sync_wait(runtime_, [&]() -> Lazy<void> {
    TaskGroup group;
    for (int round = 1; round <= 10; ++round) {
      for (int i = 0; i < 10; ++i) group.spawn([&ran] { ran.fetch_add(1); });
      co_await group.join();
      EXPECT_EQ(ran, round * 10);
    }
  });
}

TEST_P(Group, TakesTasksFromOtherThreadsOfTheProgram) {
  std::atomic<int> ran{0};
  sync_wait(runtime_, [&]() -> Lazy<void> {
    TaskGroup group;
    std::thread{[&] { group.spawn([&ran] { ran.fetch_add(1); }); }}.join(); // goes to the default runtime
    group.spawn([&ran] { ran.fetch_add(1); });
    co_await group.join();
  });
  EXPECT_EQ(ran, 2);
}

TEST_P(Group, ChargesNothingForASpawnThatThrows) {
  using flowcoro::test::ThrowingMove;
  sync_wait(runtime_, []() -> Lazy<void> {
    TaskGroup group;
    EXPECT_THROW(group.spawn([](ThrowingMove) {}, ThrowingMove{1, 0}), flowcoro::test::MoveFailed);
    co_await group.join();
  });
  EXPECT_EQ(runtime_.stats().submitted, 0u);
}

TEST_P(Group, DestroysWhatItsTasksKeptBeforeJoinReturns) {
  flowcoro::test::Census census;
  sync_wait(runtime_, [&]() -> Lazy<void> {
    TaskGroup group;
    for (int i = 0; i < 100; ++i)
      group.spawn([kept = flowcoro::test::Counted{census, i}]() -> Lazy<void> { co_await flowcoro::yield(); });
    co_await group.join();
    EXPECT_EQ(census.alive(), 0);
  });
}

TEST_P(Group, WithTaskGroupGivesTheValueOfTheBodyAfterAllTasks) {
  std::atomic<int> ended{0};
  const std::string result = sync_wait(runtime_, with_task_group([&](TaskGroup& group) -> Lazy<std::string> {
                                         for (int i = 0; i < 10; ++i) {
                                           group.spawn([&ended]() -> Lazy<void> {
                                             co_await flowcoro::sleep_for(1ms);
                                             ended.fetch_add(1);
                                           });
                                         }
                                         co_return "body";
                                       }));
  EXPECT_EQ(result, "body");
  EXPECT_EQ(ended, 10);
}

TEST_P(Group, WithTaskGroupTakesVoidMoveOnlyAndReferenceResults) {
  int target = 0;
  sync_wait(runtime_, with_task_group([&](TaskGroup& group) -> Lazy<void> {
              group.spawn([&target] { target = 5; });
              co_return;
            }));
  EXPECT_EQ(target, 5);
  auto owned = sync_wait(
      runtime_, with_task_group([](TaskGroup&) -> Lazy<std::unique_ptr<int>> { co_return std::make_unique<int>(6); }));
  EXPECT_EQ(*owned, 6);
  int& same = sync_wait(runtime_, with_task_group([&](TaskGroup&) -> Lazy<int&> { co_return target; }));
  EXPECT_EQ(&same, &target);
  EXPECT_EQ(sync_wait(runtime_, with_task_group([](TaskGroup&) { return 8; })), 8);
}

TEST_P(Group, WithTaskGroupStopsAndJoinsTheTasksWhenTheBodyThrows) {
  std::atomic<int> cancelled{0};
  EXPECT_THROW(sync_wait(runtime_, with_task_group([&](TaskGroup& group) -> Lazy<int> {
                           for (int i = 0; i < 10; ++i) {
                             group.spawn([&cancelled]() -> Lazy<void> {
                               try {
                                 co_await flowcoro::sleep_for(1h);
                               } catch (const OperationCancelled&) {
                                 cancelled.fetch_add(1);
                               }
                             });
                           }
                           co_await flowcoro::yield();
                           throw std::logic_error{"the body"};
                         })),
               std::logic_error);
  EXPECT_EQ(cancelled, 10);
}

TEST_P(Group, WithTaskGroupRethrowsTheErrorOfATaskInsteadOfTheValue) {
  EXPECT_THROW(sync_wait(runtime_, with_task_group([](TaskGroup& group) -> Lazy<int> {
                           group.spawn([]() -> Lazy<void> {
                             co_await flowcoro::yield();
                             throw 17;
                           });
                           co_return 1;
                         })),
               int);
}

TEST_P(Group, WithTaskGroupStopsTheBodyWhenATaskFails) {
  const auto body = [](TaskGroup& group) -> Lazy<int> {
    group.spawn([] { throw std::runtime_error{"first"}; });
    auto long_wait = flowcoro::sleep_for(1h);
    co_await long_wait;
    co_return 1;
  };
  EXPECT_THROW(sync_wait(runtime_, with_task_group(body)), std::runtime_error);
}

TEST_P(Group, WithTaskGroupPassesAStopOnToTheBodyAndTheTasks) {
  std::atomic<int> started{0};
  const auto body = [&started](TaskGroup& group) -> Lazy<void> {
    group.spawn([&started]() -> Lazy<void> {
      ++started;
      auto task_wait = flowcoro::sleep_for(1h);
      co_await task_wait;
    });
    ++started;
    auto body_wait = flowcoro::sleep_for(1h);
    co_await body_wait;
  };
  Task<void> caller = spawn_on(runtime_, [&body]() -> Lazy<void> {
    Lazy<void> group_end = with_task_group(body);
    co_await group_end;
  });
  while (started.load() != 2) std::this_thread::yield();
  caller.request_stop();
  EXPECT_THROW(sync_wait(runtime_, caller), OperationCancelled);
}

TEST_P(Group, WithTaskGroupNests) {
  std::atomic<int> ran{0};
  sync_wait(runtime_, with_task_group([&](TaskGroup& outer) -> Lazy<void> {
              for (int i = 0; i < 10; ++i) {
                outer.spawn([&ran]() -> Lazy<void> {
                  auto inner = with_task_group([&ran](TaskGroup& group) -> Lazy<void> {
                    for (int k = 0; k < 10; ++k) group.spawn([&ran] { ran.fetch_add(1); });
                    co_return;
                  });
                  co_await inner;
                });
              }
              co_return;
            }));
  EXPECT_EQ(ran, 100);
}

TEST(TaskGroupDeathTest, DestroyedWithTasksSaysSo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        flowcoro::Runtime runtime{{.workers = 1}};
        sync_wait(runtime, []() -> Lazy<void> {
          TaskGroup group;
          group.spawn([]() -> Lazy<void> { co_await flowcoro::sleep_for(1h); });
          co_return;
        });
      },
      "destroyed with tasks in it");
}

} // namespace
