// Stop requests and dropped tasks: each wait ends in one way, each callback runs once, and each task is accounted for.
#include "actor.hpp"

#include "flowcoro/coro/stop.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/coro/when_all.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace {

using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::StopCallback;
using flowcoro::StopSource;
using flowcoro::StopToken;
using flowcoro::Task;
using flowcoro::test::act_at_once;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::choose_plans;
using flowcoro::test::Ending;
using flowcoro::test::ending_of;
using flowcoro::test::expect_lost_failures;
using flowcoro::test::Lives;
using flowcoro::test::over_seeds;
using flowcoro::test::Plan;
using flowcoro::test::start_acting;
using flowcoro::test::stop_later;

constexpr std::size_t seeds = 10'000;

/// A tree of awaited coroutines, Lazies and Tasks, whose leaves wait for a stop request.
Lazy<int> grow(Choices& choices, Lives& lives, int depth) {
  if (depth == 0) {
    const Plan leaf{.name = lives.begun, .turns = choices.from_to(0, 2), .end = Plan::End::waits_for_stop};
    auto acting = start_acting(choices, lives, leaf);
    co_return co_await acting;
  }
  if (choices.one_in(3)) {
    auto child = grow(choices, lives, depth - 1);
    co_return co_await child;
  }
  if (choices.one_in(2)) {
    auto child = flowcoro::spawn(grow, std::ref(choices), std::ref(lives), depth - 1);
    co_return co_await child;
  }
  auto both = flowcoro::when_all(grow(choices, lives, depth - 1), grow(choices, lives, depth - 1));
  auto [one, other] = co_await both;
  co_return one + other;
}

TEST(StopOverSeeds, ReachesEveryWaitBelowATask) {
  over_seeds(seeds, [](Choices& choices) {
    Lives lives;
    CheckedScheduler scheduler{choices};
    const Ending ending = scheduler.run([&]() -> Lazy<Ending> {
      auto tree = flowcoro::spawn(grow, std::ref(choices), std::ref(lives), choices.from_to(0, 4));
      co_await stop_later(tree, choices.from_to(0, 10), std::chrono::milliseconds{choices.from_to(0, 1)});
      co_return co_await ending_of(tree);
    });
    EXPECT_TRUE(ending.cancelled);
    EXPECT_EQ(lives.running(), 0);
  });
}

TEST(StopOverSeeds, RunsEachCallbackThatIsStillThereOnce) {
  over_seeds(seeds, [](Choices& choices) {
    StopSource source;
    int called_twice = 0;
    const auto watch = [](StopToken token, int* twice, int before, int within) -> Lazy<bool> {
      for (int i = 0; i < before; ++i) co_await flowcoro::yield();
      int calls = 0;
      const bool too_late = token.stop_requested();
      bool requested_at_end = false;
      {
        const StopCallback callback{token, [&calls]() noexcept { ++calls; }};
        EXPECT_EQ(calls, too_late ? 1 : 0) << "a late one is called at once";
        for (int i = 0; i < within; ++i) co_await flowcoro::yield();
        requested_at_end = token.stop_requested();
      }
      co_await flowcoro::yield();
      if (calls > 1) ++*twice;
      EXPECT_EQ(calls == 1, requested_at_end) << "called if, and only if, the request came while it was there";
      co_return calls == 1;
    };
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<bool>> watching;
      for (int i = 0; i < 5; ++i)
        watching.push_back(
            flowcoro::spawn(watch, source.token(), &called_twice, choices.from_to(0, 3), choices.from_to(0, 3)));
      for (int i = choices.from_to(0, 6); i > 0; --i) co_await flowcoro::yield();
      EXPECT_TRUE(source.request_stop());
      EXPECT_FALSE(source.request_stop());
      for (Task<bool>& task : watching) static_cast<void>(co_await task);
    });
    EXPECT_EQ(called_twice, 0);
  });
}

TEST(StopOverSeeds, LetsATaskSeeTheRequestAndEndByItself) {
  over_seeds(seeds, [](Choices& choices) {
    const auto poll = []() -> Lazy<int> {
      const StopToken stop = co_await flowcoro::this_task::stop_token();
      int turns = 0;
      for (; !stop.stop_requested(); ++turns) co_await flowcoro::yield();
      co_return turns;
    };
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      auto polling = flowcoro::spawn(poll);
      co_await stop_later(polling, choices.from_to(0, 5), std::chrono::milliseconds{0});
      EXPECT_GE(co_await polling, 0);
    });
    EXPECT_EQ(scheduler.stats().cancelled, 0u);
  });
}

TEST(DroppingOverSeeds, LeavesNoTaskAndNoFailureUnaccounted) {
  over_seeds(seeds, [](Choices& choices) {
    Lives lives;
    std::size_t received = 0;
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<int>> tasks;
      for (const Plan& plan : choose_plans(choices, 8, true, true)) tasks.push_back(start_acting(choices, lives, plan));
      while (!tasks.empty()) {
        const std::size_t which = choices.below(tasks.size());
        Task<int> task = std::move(tasks[which]);
        tasks.erase(tasks.begin() + static_cast<std::ptrdiff_t>(which));
        switch (choices.below(4)) {
          case 0: break; // dropped at the end of this round
          case 1: co_await flowcoro::yield(); break;
          case 2: task = Task<int>{}; break;
          default: {
            co_await stop_later(task, choices.from_to(0, 2), std::chrono::milliseconds{0});
            const Ending ending = co_await ending_of(task);
            if (ending.failure >= 0) ++received;
          }
        }
      }
    });
    EXPECT_TRUE(scheduler.shutdown().clean());
    EXPECT_EQ(lives.running(), 0);
    const flowcoro::RuntimeStats stats = scheduler.stats();
    EXPECT_EQ(stats.submitted, stats.completed + stats.cancelled);
    expect_lost_failures(scheduler, lives.failed.size() - received);
  });
}

TEST(DroppingOverSeeds, OfATaskThatHoldsTasksDropsThemToo) {
  over_seeds(seeds, [](Choices& choices) {
    Lives lives;
    const auto hold = [](Choices& from, Lives& of, auto self, int depth) -> Lazy<int> {
      std::vector<Task<int>> held;
      for (int i = from.from_to(0, 2); i > 0; --i) {
        if (depth == 0) {
          Plan plan = choose_plan(from, of.begun, false, false);
          plan.end = Plan::End::waits_for_stop;
          held.push_back(start_acting(from, of, plan));
        } else {
          held.push_back(flowcoro::spawn(self, std::ref(from), std::ref(of), self, depth - 1));
        }
      }
      for (int i = from.from_to(0, 2); i > 0; --i) co_await flowcoro::yield();
      co_await flowcoro::sleep_for(std::chrono::milliseconds{from.from_to(0, 2)});
      co_return 0;
    };
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      static_cast<void>(flowcoro::spawn(hold, std::ref(choices), std::ref(lives), hold, 2));
      co_await flowcoro::sleep_for(std::chrono::milliseconds{choices.from_to(0, 3)});
    });
    scheduler.advance(std::chrono::milliseconds{10});
    EXPECT_EQ(lives.running(), 0);
    EXPECT_EQ(scheduler.stats().alive(), 0u);
  });
}

} // namespace
