// spawn and spawn_many: every function is called once, every task joined, whoever takes which share of the work.
#include "actor.hpp"

#include "flowcoro/sched/spawn_many.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace {

using flowcoro::Lazy;
using flowcoro::Task;
using flowcoro::test::act;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::choose_plans;
using flowcoro::test::Ending;
using flowcoro::test::ending_of;
using flowcoro::test::expect_lost_failures;
using flowcoro::test::Failure;
using flowcoro::test::Lives;
using flowcoro::test::over_seeds;
using flowcoro::test::Plan;
using flowcoro::test::stop_later;

constexpr std::size_t seeds = 10'000;

/// A sum over a binary tree of spawned tasks.
Lazy<int> sum(int from, int to) {
  if (to - from == 1) co_return from;
  auto left = flowcoro::spawn(sum, from, (from + to) / 2);
  auto right = flowcoro::spawn(sum, (from + to) / 2, to);
  const int other = co_await right;
  co_return other + co_await left;
}

TEST(SpawnOverSeeds, GivesEachResultToItsAwaiter) {
  over_seeds(seeds, [](Choices& choices) {
    const int n = choices.from_to(1, 20);
    CheckedScheduler scheduler{choices};
    EXPECT_EQ(scheduler.run(sum(0, n)), n * (n - 1) / 2);
    EXPECT_EQ(scheduler.stats().submitted, static_cast<std::uint64_t>(2 * n - 1));
  });
}

TEST(SpawnOverSeeds, GivesEachFailureToItsAwaiter) {
  over_seeds(seeds, [](Choices& choices) {
    Lives lives;
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<int>> tasks;
      const std::vector<Plan> plans = choose_plans(choices, 6, true, false);
      for (const Plan& plan : plans) tasks.push_back(flowcoro::spawn(act, std::ref(lives), plan));
      for (std::size_t i = tasks.size(); i-- > 0;) {
        const Ending ending = co_await ending_of(tasks[i]);
        EXPECT_EQ(ending.failure, plans[i].end == Plan::End::failure ? static_cast<int>(i) : -1);
      }
    });
  });
}

/// What one call of spawn_many did.
struct Calls {
  std::vector<int> of; ///< how often index i was called
  Lives lives;
};

/// Actor i plays plan i.
Lazy<Ending> play_many(Calls& calls, std::vector<Plan> plans) {
  calls.of.resize(plans.size());
  auto many = flowcoro::spawn_many(plans.size(), [&calls, &plans](std::size_t i) -> Lazy<void> {
    ++calls.of[i];
    auto acting = act(calls.lives, plans[i]);
    static_cast<void>(co_await acting);
  });
  const Ending ending = co_await ending_of(many);
  EXPECT_EQ(calls.lives.running(), 0) << "nothing is left when it returns";
  co_return ending;
}

TEST(SpawnManyOverSeeds, CallsEachIndexOnceAndJoinsAll) {
  over_seeds(seeds, [](Choices& choices) {
    Calls calls;
    CheckedScheduler scheduler{choices};
    const Ending ending = scheduler.run(play_many(calls, choose_plans(choices, 40, false, false)));
    EXPECT_TRUE(ending.good());
    EXPECT_EQ(std::count(calls.of.begin(), calls.of.end(), 1), static_cast<std::ptrdiff_t>(calls.of.size()));
  });
}

TEST(SpawnManyOverSeeds, EndsEarlyButJoinedWhenATaskFailsOrTheCallerIsStopped) {
  over_seeds(seeds, [](Choices& choices) {
    const bool stopped = choices.one_in(2);
    std::vector<Plan> plans = choose_plans(choices, 30, choices.one_in(2), stopped);
    Calls calls;
    CheckedScheduler scheduler{choices};
    const Ending ending = scheduler.run([&]() -> Lazy<Ending> {
      auto playing = flowcoro::spawn(play_many, std::ref(calls), plans);
      if (stopped)
        co_await stop_later(playing, choices.from_to(0, 8), std::chrono::milliseconds{choices.from_to(0, 3)});
      co_return co_await playing;
    });
    EXPECT_EQ(std::count_if(calls.of.begin(), calls.of.end(), [](int times) { return times > 1; }), 0);
    const auto called = std::count(calls.of.begin(), calls.of.end(), 1);
    if (!calls.lives.failed.empty()) {
      EXPECT_EQ(ending.failure, calls.lives.failed.front()) << "the first in time";
      expect_lost_failures(scheduler, calls.lives.failed.size() - 1);
    } else if (ending.good()) {
      EXPECT_EQ(called, static_cast<std::ptrdiff_t>(calls.of.size()));
    } else {
      EXPECT_TRUE(ending.cancelled);
      EXPECT_TRUE(stopped);
    }
  });
}

TEST(SpawnManyOverSeeds, RunsPlainFunctionsOnceEach) {
  over_seeds(seeds, [](Choices& choices) {
    const std::size_t n = choices.below(200);
    std::vector<int> calls(n);
    const std::size_t fails = choices.one_in(3) ? choices.below(200) : n;
    try {
      CheckedScheduler scheduler{choices};
      scheduler.run(flowcoro::spawn_many(n, [&](std::size_t i) {
        ++calls[i];
        if (i == fails) throw Failure{static_cast<int>(i)};
      }));
      EXPECT_GE(fails, n);
      EXPECT_EQ(std::count(calls.begin(), calls.end(), 1), static_cast<std::ptrdiff_t>(n));
    } catch (const Failure& failure) {
      EXPECT_EQ(static_cast<std::size_t>(failure.of), fails);
      EXPECT_EQ(std::count_if(calls.begin(), calls.end(), [](int times) { return times > 1; }), 0);
    }
  });
}

/// The clock that the division of the work depends on differs from seed to seed: with and without helpers, in large and small shares.
TEST(SpawnManyOverSeeds, DividesTheSameWorkInManyWays) {
  std::set<std::uint64_t> resumes;
  over_seeds(1'000, [&resumes](Choices& choices) {
    int calls = 0;
    CheckedScheduler scheduler{choices};
    scheduler.run(flowcoro::spawn_many(50, [&calls](std::size_t) { ++calls; }));
    EXPECT_EQ(calls, 50);
    resumes.insert(scheduler.resumes());
  });
  EXPECT_GE(resumes.size(), 5u);
}

} // namespace
