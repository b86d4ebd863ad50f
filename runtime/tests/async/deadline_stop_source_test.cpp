#include "flowcoro/async/deadline_stop_source.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/stop_requested.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/coro/with_stop.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::current_time;
using flowcoro::DeadlineStopSource;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::sleep_for;
using flowcoro::spawn_on;
using flowcoro::steady_now;
using flowcoro::SteadyTime;
using flowcoro::StopCallback;
using flowcoro::StopToken;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

constexpr SteadyTime epoch{};

class DeadlineSource : public testing::Test {
 protected:
  Choices choices_{flowcoro::test::seed()};
  CheckedScheduler scheduler_{choices_};
};

TEST_F(DeadlineSource, IsStoppedAtItsDeadlineAndNotBefore) {
  DeadlineStopSource limit{scheduler_, epoch + 5ms};
  scheduler_.advance(5ms - 1ns);
  EXPECT_FALSE(limit.stop_requested());
  scheduler_.advance(1ns);
  EXPECT_TRUE(limit.stop_requested());
  EXPECT_FALSE(limit.request_stop()) << "it was the timer's request";
}

TEST_F(DeadlineSource, CountsADurationFromItsConstruction) {
  scheduler_.run([]() -> Lazy<void> {
    co_await sleep_for(3ms);
    DeadlineStopSource limit{5ms};
    auto waiting = flowcoro::stop_requested(limit.token());
    co_await waiting;
    EXPECT_EQ(current_time() - epoch, 8ms);
  });
}

TEST_F(DeadlineSource, WithoutTimeIsStoppedFromTheStart) {
  EXPECT_TRUE((DeadlineStopSource{scheduler_, 0ns}.stop_requested()));
  EXPECT_TRUE((DeadlineStopSource{scheduler_, -1h}.stop_requested()));
  EXPECT_TRUE((DeadlineStopSource{scheduler_, SteadyTime::min()}.stop_requested()));
  EXPECT_EQ(scheduler_.timer_stats().registered, 0u);
}

TEST_F(DeadlineSource, WithAHugeDurationHasNoTimer) {
  DeadlineStopSource limit{scheduler_, std::chrono::hours::max()};
  scheduler_.advance(1000h);
  EXPECT_FALSE(limit.stop_requested());
  EXPECT_EQ(scheduler_.timer_stats().registered, 0u);
  EXPECT_TRUE(limit.request_stop());
}

TEST_F(DeadlineSource, StopsSeveralOperationsAtOnce) {
  scheduler_.run([]() -> Lazy<void> {
    DeadlineStopSource limit{5ms};
    const auto sleep = []() -> Lazy<void> { co_await sleep_for(1h); };
    auto one = with_stop(sleep(), limit.token());
    EXPECT_THROW(co_await one, OperationCancelled);
    auto other = with_stop(sleep(), limit.token());
    EXPECT_THROW(co_await other, OperationCancelled);
    EXPECT_EQ(current_time() - epoch, 5ms);
  });
}

TEST_F(DeadlineSource, TakesItsTimerAwayWhenItEndsAndLeavesItsTokensUnstopped) {
  StopToken token;
  {
    DeadlineStopSource limit{scheduler_, 1h};
    token = limit.token();
    scheduler_.run_until_idle();
    EXPECT_EQ(scheduler_.timer_stats().active, 1u);
  }
  EXPECT_EQ(scheduler_.timer_stats().active, 0u);
  scheduler_.advance(2h);
  EXPECT_FALSE(token.stop_requested());
}

TEST_F(DeadlineSource, MayBeStoppedByItselfBefore) {
  DeadlineStopSource limit{scheduler_, 1h};
  EXPECT_TRUE(limit.request_stop());
  EXPECT_TRUE(limit.stop_requested());
}

TEST_F(DeadlineSource, MayBeEndedByACallbackThatItsRequestRuns) {
  std::optional<DeadlineStopSource> limit{std::in_place, scheduler_, 1ms};
  const auto end = [&limit]() noexcept { limit.reset(); };
  const StopCallback on_stop{limit->token(), end};
  scheduler_.advance(1ms);
  EXPECT_FALSE(limit.has_value());
}

TEST_F(DeadlineSource, IsEndedWithoutARequestByAShutdown) {
  DeadlineStopSource limit{scheduler_, 1h};
  scheduler_.run_until_idle();
  EXPECT_TRUE(scheduler_.shutdown().clean());
  EXPECT_FALSE(limit.stop_requested());
}

TEST(DeadlineSourceOverSeeds, RequestsOnceHoweverItEnds) {
  over_seeds(2'000, [](Choices& choices) {
    int calls = 0;
    const auto count = [&calls]() noexcept { ++calls; };
    CheckedScheduler scheduler{choices};
    const std::size_t n = 5;
    std::vector<DeadlineStopSource> limits;
    std::vector<StopToken> tokens;
    for (std::size_t i = 0; i < n; ++i) {
      limits.emplace_back(scheduler, std::chrono::milliseconds{choices.from_to(0, 3)});
      tokens.push_back(limits.back().token());
    }
    std::vector<std::optional<StopCallback<decltype(count)>>> callbacks(n);
    for (std::size_t i = 0; i < n; ++i) callbacks[i].emplace(tokens[i], count);
    scheduler.advance(std::chrono::milliseconds{choices.from_to(0, 3)});
    limits.erase(limits.begin() + static_cast<std::ptrdiff_t>(choices.below(n)));
    for (DeadlineStopSource& limit : limits)
      if (choices.one_in(3)) limit.request_stop();
    scheduler.advance(5ms);
    int stopped = 0;
    for (const StopToken& token : tokens) stopped += token.stop_requested() ? 1 : 0;
    EXPECT_EQ(calls, stopped);
    EXPECT_GE(stopped, static_cast<int>(n) - 1) << "all but one that may have ended before";
  });
}

TEST(DeadlineSourceOnARuntime, RequestsNoStopEarlyAndOneForEach) {
  CheckedRuntime runtime{2};
  std::atomic<std::size_t> early{0};
  const std::size_t n = rounds(1'000);
  std::vector<Task<>> waiting;
  for (std::size_t i = 0; i < n; ++i)
    waiting.push_back(spawn_on(runtime, [&early]() -> Lazy<void> {
      const SteadyTime due = current_time() + 3ms;
      DeadlineStopSource limit{due};
      auto stopped = flowcoro::stop_requested(limit.token());
      co_await stopped;
      if (steady_now() < due) early.fetch_add(1);
    }));
  for (Task<>& task : waiting) sync_wait(runtime, task);
  EXPECT_EQ(early, 0u);
}

TEST(DeadlineSourceOnARuntime, MayOutliveItsRuntime) {
  std::optional<DeadlineStopSource> limit;
  {
    CheckedRuntime runtime{1};
    limit.emplace(runtime, steady_now() + 1h);
  }
  EXPECT_FALSE(limit->stop_requested());
  limit.reset();
}

TEST(DeadlineSourceOnARuntime, EndsInTheMomentOfItsRequest) {
  CheckedRuntime runtime{2};
  for (std::size_t round = 0; round < rounds(1'000); ++round) {
    std::atomic<int> calls{0};
    const auto count = [&calls]() noexcept { calls.fetch_add(1); };
    const SteadyTime due = steady_now() + 30us;
    std::optional<DeadlineStopSource> limit{std::in_place, runtime, due};
    {
      const StopCallback on_stop{limit->token(), count};
      while (steady_now() < due) {
      }
      limit.reset();
    }
    EXPECT_LE(calls, 1);
  }
}

} // namespace
