// when_all, when_all_settled and when_any: whatever the order in which the children end, fail and are stopped.
#include "actor.hpp"

#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/coro/when_any.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace {

using flowcoro::First;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::Outcome;
using flowcoro::Task;
using flowcoro::test::act;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::choose_plans;
using flowcoro::test::DeterministicScheduler;
using flowcoro::test::expect_lost_failures;
using flowcoro::test::Failure;
using flowcoro::test::Lives;
using flowcoro::test::over_seeds;
using flowcoro::test::Plan;
using flowcoro::test::start_acting;
using flowcoro::test::stop_later;

constexpr std::size_t seeds = 10'000;

/// How the awaiting coroutine saw the end of a join.
template <class Result>
struct Seen {
  std::optional<Result> result;
  bool cancelled = false;
  int failure = -1;
};

/// Awaits `make(children)`, and sees to it that none of the children still runs.
template <class Result, class Children, class Make>
Lazy<Seen<Result>> await_join(Lives& lives, Children children, Make make) {
  const int count = static_cast<int>(children.size());
  Seen<Result> seen;
  try {
    auto join = make(std::move(children));
    seen.result.emplace(co_await join);
  } catch (const OperationCancelled&) {
    seen.cancelled = true;
  } catch (const Failure& failure) {
    seen.failure = failure.of;
  }
  EXPECT_EQ(lives.begun, count);
  EXPECT_EQ(lives.running(), 0) << "a join leaves nobody behind";
  co_return seen;
}

/// One join of a random program, whose children are Tasks or Lazies, and which is stopped from outside or not.
template <class Result, class Make>
Seen<Result> run_join(DeterministicScheduler& scheduler, Choices& choices, Lives& lives, const std::vector<Plan>& plans,
                      bool stopped, Make make) {
  const bool lazily = choices.one_in(2);
  return scheduler.run([&]() -> Lazy<Seen<Result>> {
    const auto spawned = [&](auto children) {
      return flowcoro::spawn(await_join<Result, decltype(children), Make>, std::ref(lives), std::move(children), make);
    };
    Task<Seen<Result>> joining;
    if (lazily) {
      std::vector<Lazy<int>> children;
      for (const Plan& plan : plans) children.push_back(act(lives, plan));
      joining = spawned(std::move(children));
    } else {
      std::vector<Task<int>> children;
      for (const Plan& plan : plans) children.push_back(start_acting(choices, lives, plan));
      joining = spawned(std::move(children));
    }
    if (stopped) co_await stop_later(joining, choices.from_to(0, 8), std::chrono::milliseconds{choices.from_to(0, 5)});
    co_return co_await joining;
  });
}

std::vector<int> names_of(const std::vector<Plan>& plans) {
  std::vector<int> names;
  for (const Plan& plan : plans) names.push_back(plan.name);
  return names;
}

bool some_wait_for_stop(const std::vector<Plan>& plans) {
  return std::any_of(plans.begin(), plans.end(),
                     [](const Plan& plan) { return plan.end == Plan::End::waits_for_stop; });
}
bool some_fail(const std::vector<Plan>& plans) {
  return std::any_of(plans.begin(), plans.end(), [](const Plan& plan) { return plan.end == Plan::End::failure; });
}

TEST(WhenAllOverSeeds, GivesAllResultsInOrderOrTheFirstFailureOrCancelled) {
  over_seeds(seeds, [](Choices& choices) {
    std::vector<Plan> plans = choose_plans(choices, 5, true, true);
    const bool stopped = choices.one_in(2) || (some_wait_for_stop(plans) && !some_fail(plans));
    Lives lives;
    const auto make = [](auto children) { return flowcoro::when_all(std::move(children)); };
    CheckedScheduler scheduler{choices};
    const auto seen = run_join<std::vector<int>>(scheduler, choices, lives, plans, stopped, make);
    if (!lives.failed.empty()) {
      EXPECT_EQ(seen.failure, *std::min_element(lives.failed.begin(), lives.failed.end()));
      expect_lost_failures(scheduler, lives.failed.size() - 1);
    } else if (seen.result.has_value()) {
      EXPECT_EQ(*seen.result, names_of(plans));
    } else {
      EXPECT_TRUE(seen.cancelled);
      EXPECT_TRUE(stopped);
    }
  });
}

TEST(WhenAllSettledOverSeeds, GivesTheEndOfEachAndStopsNobody) {
  over_seeds(seeds, [](Choices& choices) {
    const bool stopped = choices.one_in(2);
    const std::vector<Plan> plans = choose_plans(choices, 5, true, stopped);
    Lives lives;
    const auto make = [](auto children) { return flowcoro::when_all_settled(std::move(children)); };
    CheckedScheduler scheduler{choices};
    const auto seen = run_join<std::vector<Outcome<int>>>(scheduler, choices, lives, plans, stopped, make);
    ASSERT_TRUE(seen.result.has_value());
    ASSERT_EQ(seen.result->size(), plans.size());
    std::size_t failures = 0;
    for (std::size_t i = 0; i < plans.size(); ++i) {
      const Outcome<int>& outcome = (*seen.result)[i];
      const int name = static_cast<int>(i);
      if (outcome.has_value()) {
        EXPECT_EQ(outcome.value(), name);
        EXPECT_EQ(plans[i].end, Plan::End::value);
        continue;
      }
      try {
        std::rethrow_exception(outcome.error());
      } catch (const Failure& failure) {
        EXPECT_EQ(failure.of, name);
        ++failures;
      } catch (const OperationCancelled&) {
        EXPECT_TRUE(stopped);
      }
    }
    EXPECT_EQ(failures, lives.failed.size());
  });
}

TEST(WhenAnyOverSeeds, GivesTheFirstAndJoinsTheLosers) {
  over_seeds(seeds, [](Choices& choices) {
    const std::vector<Plan> plans = choose_plans(choices, 5, true, true);
    const bool stopped = choices.one_in(3);
    Lives lives;
    std::optional<int> done_before; // a task that has ended already wins by its place
    const auto make = [&](auto children) {
      for (std::size_t i = children.size(); i-- > 0;)
        if (children[i].done()) done_before = static_cast<int>(i);
      return flowcoro::when_any(std::move(children));
    };
    CheckedScheduler scheduler{choices};
    const auto seen = run_join<First<int>>(scheduler, choices, lives, plans, stopped, make);
    const int winner = done_before.value_or(lives.ended.front());
    const auto won_by = plans[static_cast<std::size_t>(winner)].end;
    if (seen.result.has_value()) {
      EXPECT_EQ(seen.result->index, static_cast<std::size_t>(winner));
      EXPECT_EQ(seen.result->result, winner);
      EXPECT_EQ(won_by, Plan::End::value);
    } else if (seen.failure >= 0) {
      EXPECT_EQ(seen.failure, winner);
    } else {
      EXPECT_TRUE(seen.cancelled);
      EXPECT_TRUE(stopped);
    }
    expect_lost_failures(scheduler, lives.failed.size() - (seen.failure >= 0 ? 1 : 0));
  });
}

/// A time limit, as the documentation advises to write one.
TEST(WhenAnyOverSeeds, LimitsTheTimeOfWork) {
  over_seeds(seeds, [](Choices& choices) {
    const std::chrono::milliseconds takes{choices.from_to(0, 10)};
    const std::chrono::milliseconds limit{choices.from_to(1, 10)};
    const auto work = [](std::chrono::milliseconds time) -> Lazy<int> {
      co_await flowcoro::sleep_for(time);
      co_return 1;
    };
    const auto timer = [](std::chrono::milliseconds time) -> Lazy<void> { co_await flowcoro::sleep_for(time); };
    CheckedScheduler scheduler{choices};
    const auto first = scheduler.run([&]() -> Lazy<std::size_t> {
      auto race = flowcoro::when_any(work(takes), timer(limit));
      co_return (co_await race).index;
    });
    if (takes != limit) {
      EXPECT_EQ(first, takes < limit ? 0u : 1u);
    }
    EXPECT_EQ(scheduler.now().time_since_epoch(), std::min(takes, limit)) << "the loser's timer has gone";
  });
}

TEST(WhenAllOverSeeds, JoinsChildrenOfEveryKindAtOnce) {
  over_seeds(seeds, [](Choices& choices) {
    Lives lives;
    const std::vector<Plan> plans{choose_plan(choices, 0, false, false), choose_plan(choices, 1, false, false),
                                  choose_plan(choices, 2, false, false)};
    CheckedScheduler scheduler{choices};
    const auto results = scheduler.run([&]() -> Lazy<std::vector<int>> {
      auto all = flowcoro::when_all(act(lives, plans[0]), flowcoro::yield(), start_acting(choices, lives, plans[1]),
                                    act_at_once(lives, plans[2]));
      auto [first, yielded, second, third] = co_await all;
      co_return std::vector{first, second, third};
    });
    EXPECT_EQ(results, (std::vector{0, 1, 2}));
    EXPECT_EQ(lives.running(), 0);
  });
}

} // namespace
