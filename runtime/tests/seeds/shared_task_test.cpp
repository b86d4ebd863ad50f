// SharedTask: one result for many awaiters, some of which are stopped, while copies come and go.
#include "actor.hpp"

#include "flowcoro/coro/shared_task.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace {

using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::SharedTask;
using flowcoro::Task;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::expect_lost_failures;
using flowcoro::test::Failure;
using flowcoro::test::Lives;
using flowcoro::test::over_seeds;
using flowcoro::test::Plan;
using flowcoro::test::stop_later;

constexpr std::size_t seeds = 10'000;

struct Received {
  std::vector<const int*> values;
  int failures = 0;
  int cancelled = 0;
  [[nodiscard]] int awaiters() const { return static_cast<int>(values.size()) + failures + cancelled; }
};

Lazy<void> receive(Received& received, SharedTask<int> shared, int turns) {
  for (int i = 0; i < turns; ++i) co_await flowcoro::yield();
  try {
    received.values.push_back(&co_await shared);
  } catch (const Failure&) {
    ++received.failures;
  } catch (const OperationCancelled&) {
    ++received.cancelled;
  }
}

TEST(SharedTaskOverSeeds, GivesEveryAwaiterTheSameEnd) {
  over_seeds(seeds, [](Choices& choices) {
    const Plan plan = choose_plan(choices, 7, true, false);
    const int awaiters = choices.from_to(1, 5);
    Lives lives;
    Received received;
    int stopped = 0;
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<void>> tasks;
      {
        SharedTask<int> shared{start_acting(choices, lives, plan)};
        for (int i = 0; i < awaiters; ++i)
          tasks.push_back(flowcoro::spawn(receive, std::ref(received), shared, choices.from_to(0, 5)));
      } // the awaiters have the only copies
      for (Task<void>& task : tasks) {
        if (!choices.one_in(4)) continue;
        ++stopped;
        co_await stop_later(task, choices.from_to(0, 3), std::chrono::milliseconds{choices.from_to(0, 2)});
      }
      for (Task<void>& task : tasks) co_await task;
    });
    EXPECT_TRUE(scheduler.shutdown().clean()); // with all awaiters stopped the task may be on its way still
    EXPECT_EQ(lives.running(), 0);
    EXPECT_EQ(received.awaiters(), awaiters);
    EXPECT_LE(received.cancelled, stopped);
    if (!lives.failed.empty()) {
      EXPECT_TRUE(received.values.empty());
      expect_lost_failures(scheduler, received.failures == 0 ? 1 : 0);
    } else {
      EXPECT_EQ(received.failures, 0);
      for (const int* value : received.values) EXPECT_EQ(value, received.values.front()) << "one result, not copies";
    }
  });
}

TEST(SharedTaskOverSeeds, IsStoppedWhenTheLastCopyGoes) {
  over_seeds(seeds, [](Choices& choices) {
    Plan plan = choose_plan(choices, 1, false, false);
    plan.end = Plan::End::waits_for_stop;
    Lives lives;
    Received received;
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<void>> tasks;
      std::optional<SharedTask<int>> shared{start_acting(choices, lives, plan)};
      const int awaiters = choices.from_to(0, 3);
      for (int i = 0; i < awaiters; ++i)
        tasks.push_back(flowcoro::spawn(receive, std::ref(received), *shared, choices.from_to(0, 3)));
      if (choices.one_in(2)) shared.reset();
      for (Task<void>& task : tasks) co_await stop_later(task, choices.from_to(0, 3), std::chrono::milliseconds{1});
      for (Task<void>& task : tasks) co_await task;
      shared.reset();
    });
    scheduler.run_until_idle();
    EXPECT_EQ(lives.begun, 1);
    EXPECT_EQ(lives.running(), 0);
    EXPECT_EQ(received.cancelled, received.awaiters());
  });
}

} // namespace
