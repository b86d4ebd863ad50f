#include "flowcoro/coro/stop_requested.hpp"

#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace {

using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::spawn_on;
using flowcoro::stop_requested;
using flowcoro::StopSource;
using flowcoro::StopToken;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

Lazy<void> wait_for(StopToken token) {
  auto waiting = stop_requested(std::move(token));
  co_await waiting;
}

class StopRequested : public testing::Test {
 protected:
  Choices choices_{flowcoro::test::seed()};
  CheckedScheduler scheduler_{choices_};
};

TEST_F(StopRequested, EndsWithTheRequestAndNotBefore) {
  StopSource source;
  auto waiting = spawn_on(scheduler_, wait_for, source.token());
  scheduler_.run_until_idle();
  EXPECT_FALSE(waiting.done());
  source.request_stop();
  scheduler_.run(waiting);
}

TEST_F(StopRequested, DoesNotWaitForARequestThatWasMadeBefore) {
  StopSource source;
  source.request_stop();
  scheduler_.run(wait_for(source.token()));
}

TEST_F(StopRequested, ThrowsWhenTheWaitingTaskIsStopped) {
  StopSource source;
  for (const StopToken& token : {source.token(), StopToken::none()}) {
    auto waiting = spawn_on(scheduler_, wait_for, token);
    scheduler_.run_until_idle();
    EXPECT_FALSE(waiting.done());
    waiting.request_stop();
    EXPECT_THROW(scheduler_.run(waiting), OperationCancelled);
    auto stopped_before = spawn_on(scheduler_, wait_for, token);
    stopped_before.request_stop();
    EXPECT_THROW(scheduler_.run(stopped_before), OperationCancelled);
  }
  EXPECT_FALSE(source.stop_requested());
  EXPECT_TRUE(source.request_stop()) << "and nobody is there who could be woken";
}

TEST_F(StopRequested, OfItsOwnTokenEndsWithoutAnException) {
  auto waiting = spawn_on(scheduler_, []() -> Lazy<bool> {
    const StopToken own = co_await flowcoro::this_task::stop_token();
    co_await wait_for(own);
    co_return own.stop_requested();
  });
  scheduler_.run_until_idle();
  EXPECT_FALSE(waiting.done());
  waiting.request_stop();
  EXPECT_TRUE(scheduler_.run(waiting));
}

TEST_F(StopRequested, KeepsTheTokenAliveWithoutItsSource) {
  Task<> waiting;
  {
    StopSource source;
    waiting = spawn_on(scheduler_, wait_for, source.token());
    scheduler_.run_until_idle();
  }
  EXPECT_FALSE(waiting.done());
  waiting.request_stop();
  EXPECT_THROW(scheduler_.run(waiting), OperationCancelled);
}

TEST_F(StopRequested, WakesManyWaitersOfOneToken) {
  StopSource source;
  std::vector<Task<>> waiters;
  for (std::size_t i = 0; i < rounds(10'000); ++i) waiters.push_back(spawn_on(scheduler_, wait_for, source.token()));
  scheduler_.run_until_idle();
  source.request_stop();
  scheduler_.run(flowcoro::when_all(std::move(waiters)));
}

TEST(StopRequestedOverSeeds, EndsInExactlyOneWayWhenBothAreRequested) {
  over_seeds(10'000, [](Choices& choices) {
    StopSource source;
    int woken = 0;
    int cancelled = 0;
    CheckedScheduler scheduler{choices};
    auto waiting = spawn_on(scheduler, [&]() -> Lazy<void> {
      try {
        co_await wait_for(source.token());
        ++woken;
      } catch (const OperationCancelled&) {
        ++cancelled;
      }
    });
    const bool stop_waiter = choices.one_in(2);
    auto requester = spawn_on(scheduler, [&]() -> Lazy<void> {
      for (std::size_t i = choices.below(3); i > 0; --i) co_await flowcoro::yield();
      source.request_stop();
    });
    auto stopper = spawn_on(scheduler, [&]() -> Lazy<void> {
      for (std::size_t i = choices.below(3); i > 0; --i) co_await flowcoro::yield();
      if (stop_waiter) waiting.request_stop();
    });
    scheduler.run(flowcoro::when_all(std::move(requester), std::move(stopper)));
    scheduler.run(waiting);
    EXPECT_EQ(woken + cancelled, 1);
    if (!stop_waiter) EXPECT_EQ(woken, 1);
  });
}

TEST(StopRequestedRace, BetweenTwoRequestsFromOtherThreadsWakesOnce) {
  CheckedRuntime runtime{2};
  for (std::size_t round = 0; round < rounds(2'000); ++round) {
    StopSource source;
    auto waiting = spawn_on(runtime, wait_for, source.token());
    flowcoro::test::start_together(2, [&](std::size_t thread) {
      if (thread == 0)
        source.request_stop();
      else
        waiting.request_stop();
    });
    try {
      sync_wait(runtime, waiting);
    } catch (const OperationCancelled&) {
      EXPECT_TRUE(source.stop_requested());
    }
  }
}

} // namespace
