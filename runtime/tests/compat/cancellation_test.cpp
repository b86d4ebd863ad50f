#include "flowcoro/compat/cancellation.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"
#include "support/start_together.hpp"
#include "support/wait_until.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::cancellation_registration;
using flowcoro::cancellation_source;
using flowcoro::cancellation_token;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::sleep_for;
using flowcoro::spawn_on;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::rounds;

TEST(CancellationToken, NoneIsNeverCancelledAndCancelledIs) {
  const auto none = cancellation_token::none();
  EXPECT_FALSE(none.can_be_cancelled());
  EXPECT_FALSE(none.is_valid());
  EXPECT_FALSE(none.is_cancelled());
  EXPECT_NO_THROW(none.throw_if_cancelled());
  int calls = 0;
  EXPECT_FALSE(none.register_callback([&] { ++calls; }).is_valid());
  const auto cancelled = cancellation_token::cancelled();
  EXPECT_TRUE(cancelled.can_be_cancelled());
  EXPECT_TRUE(cancelled.is_cancelled());
  EXPECT_THROW(cancelled.throw_if_cancelled(), flowcoro::operation_cancelled_exception);
  EXPECT_EQ(calls, 0);
}

TEST(CancellationSource, CancelsOnceAndForAllItsTokens) {
  cancellation_source source;
  const cancellation_token token = source.token();
  const cancellation_token same = source.get_token();
  EXPECT_FALSE(source.is_cancelled() || token.is_cancelled() || same.is_cancelled());
  EXPECT_TRUE(source.cancel());
  EXPECT_FALSE(source.cancel());
  EXPECT_TRUE(source.is_cancelled() && token.is_cancelled() && same.is_cancelled());
}

TEST(CancellationRegistration, CallsEachLiveCallbackOnceAndLeavesTheOthersAlone) {
  cancellation_source source;
  const cancellation_token token = source.token();
  int first = 0;
  int second = 0;
  int third = 0;
  auto one = token.register_callback([&] { ++first; });
  auto two = token.register_callback([&] { ++second; });
  const auto three = token.register_callback([&] { ++third; });
  one.unregister(); // and not those of the others
  EXPECT_FALSE(one.is_valid());
  const cancellation_registration moved = std::move(two);
  source.cancel();
  source.cancel();
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
  EXPECT_EQ(third, 1);
  int late = 0;
  const auto at_once = token.register_callback([&] { ++late; });
  EXPECT_EQ(late, 1);
}

TEST(CancellationRegistration, TakesAnyNumberOfCallbacks) {
  cancellation_source source;
  int calls = 0;
  std::vector<cancellation_registration> registrations;
  for (int i = 0; i < 1'000; ++i) registrations.push_back(source.token().register_callback([&calls] { ++calls; }));
  source.cancel();
  EXPECT_EQ(calls, 1'000);
}

TEST(CancellationRegistration, MayUnregisterItselfInsideOfItsCallback) {
  cancellation_source source;
  std::optional<cancellation_registration> self;
  int calls = 0;
  self = source.token().register_callback([&] {
    ++calls;
    self->unregister();
  });
  source.cancel();
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(self->is_valid());
}

TEST(CancellationRegistration, WaitsForACallbackThatRunsOnAnotherThread) {
  cancellation_source source;
  std::atomic<bool> inside{false};
  std::atomic<bool> leave{false};
  std::atomic<bool> left{false};
  auto registration = source.token().register_callback([&] {
    inside = true;
    flowcoro::test::wait_until(leave);
    left = true;
  });
  const std::jthread canceller{[&] { source.cancel(); }};
  flowcoro::test::wait_until(inside);
  const std::jthread releaser{[&] { leave = true; }};
  registration.unregister();
  EXPECT_TRUE(left);
}

TEST(CancellationRegistration, BetweenUnregisteringAndCancellingNeverCallsWhatIsGone) {
  for (std::size_t round = 0; round < rounds(5'000); ++round) {
    cancellation_source source;
    auto value = std::make_unique<int>(0);
    auto registration = source.token().register_callback([&value] { ++*value; });
    flowcoro::test::start_together(2, [&](std::size_t thread) {
      if (thread == 0) {
        source.cancel();
      } else {
        registration.unregister();
        value.reset();
      }
    });
  }
}

TEST(CombinedToken, IsCancelledByAnyOfManyAndKeepsItselfAlive) {
  for (std::size_t which = 0; which < 3; ++which) {
    std::vector<cancellation_source> sources(3);
    const cancellation_token token = flowcoro::combine_tokens(sources[0].token(), sources[1].token(),
                                                              sources[2].token(), cancellation_token::none());
    int calls = 0;
    const auto registration = token.register_callback([&calls] { ++calls; });
    EXPECT_FALSE(token.is_cancelled());
    sources[which].cancel();
    EXPECT_TRUE(token.is_cancelled());
    for (cancellation_source& source : sources) source.cancel();
    EXPECT_EQ(calls, 1);
  }
  EXPECT_TRUE(flowcoro::combine_tokens(cancellation_token::none(), cancellation_token::cancelled()).is_cancelled());
}

TEST(CombinedToken, LeavesNothingAtItsTokens) {
  cancellation_source source;
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(flowcoro::combine_tokens(source.token(), source.token()).is_cancelled());
  EXPECT_TRUE(source.cancel());
}

TEST(CombinedToken, MayLoseItsLastCopyInACallback) {
  cancellation_source source;
  std::optional<cancellation_token> token = flowcoro::combine_tokens(source.token());
  std::optional<cancellation_registration> registration = token->register_callback([&] {
    token.reset();
    registration.reset();
  });
  source.cancel();
  EXPECT_FALSE(registration.has_value());
}

class CompatCancellation : public testing::Test {
 protected:
  Choices choices_{flowcoro::test::seed()};
  CheckedScheduler scheduler_{choices_};
};

TEST_F(CompatCancellation, ATimeoutTokenIsCancelledAtItsTimeByATimer) {
  const auto token = cancellation_token::create_timeout(5ms);
  const auto never = cancellation_token::create_timeout(-1ms);
  EXPECT_TRUE(never.is_cancelled()) << "no time at all";
  scheduler_.advance(5ms - 1ns);
  EXPECT_FALSE(token.is_cancelled());
  scheduler_.advance(1ns);
  EXPECT_TRUE(token.is_cancelled());
}

TEST_F(CompatCancellation, ATimeoutTokenThatNobodyHasLeavesNoTimer) {
  {
    auto token = cancellation_token::create_timeout(1h);
    const cancellation_token copy = token;
    token = {};
    scheduler_.run_until_idle();
    EXPECT_EQ(scheduler_.timer_stats().active, 1u);
  }
  EXPECT_EQ(scheduler_.timer_stats().active, 0u);
}

TEST_F(CompatCancellation, WaitsForACancellation) {
  cancellation_source source;
  auto waiting = spawn_on(scheduler_, [token = source.token()]() -> Lazy<void> {
    auto cancelled = token.wait();
    co_await cancelled;
  });
  scheduler_.run_until_idle();
  EXPECT_FALSE(waiting.done());
  source.cancel();
  scheduler_.run(waiting);
}

TEST_F(CompatCancellation, APointThrowsWhenTheTokenOrTheTaskWasCancelled) {
  cancellation_source source;
  scheduler_.run([&]() -> Lazy<void> {
    auto point = flowcoro::cancellation_point(source.token());
    EXPECT_NO_THROW(co_await point);
    source.cancel();
    EXPECT_THROW(co_await point, OperationCancelled);
    auto own = flowcoro::cancellation_point();
    EXPECT_NO_THROW(co_await own);
  });
  auto stopped = spawn_on(scheduler_, []() -> Lazy<void> {
    auto own = flowcoro::cancellation_point();
    co_await own;
  });
  stopped.request_stop();
  EXPECT_THROW(scheduler_.run(stopped), OperationCancelled);
}

TEST_F(CompatCancellation, ACancellableTaskEndsWithItsTokenOrGivesItsResult) {
  const auto work = [](flowcoro::Nanoseconds time) -> Task<int> {
    co_await sleep_for(time);
    co_return 7;
  };
  scheduler_.run([&]() -> Lazy<void> {
    cancellation_source source;
    auto in_time = flowcoro::make_cancellable_task(work(1ms), source.token());
    EXPECT_EQ(co_await in_time, 7);
    auto cancelled = flowcoro::make_cancellable_task(work(1h), source.token());
    source.cancel();
    EXPECT_THROW(co_await cancelled, OperationCancelled);
    auto limited = flowcoro::make_cancellable_task(work(1h), cancellation_token::create_timeout(2ms));
    EXPECT_THROW(co_await limited, OperationCancelled);
    EXPECT_EQ(flowcoro::current_time() - flowcoro::SteadyTime{}, 3ms);
  });
}

TEST_F(CompatCancellation, GoesBothWaysToTheStandardLibrary) {
  std::stop_source theirs;
  const cancellation_token from_theirs{theirs.get_token()};
  EXPECT_TRUE(from_theirs.can_be_cancelled());
  EXPECT_FALSE(from_theirs.is_cancelled());
  theirs.request_stop();
  EXPECT_TRUE(from_theirs.is_cancelled());
  EXPECT_FALSE(cancellation_token{std::stop_token{}}.can_be_cancelled());

  cancellation_source ours;
  std::stop_source to_theirs;
  std::stop_source no_longer;
  const auto link = ours.token().forward_to(to_theirs);
  ours.token().forward_to(no_longer).unregister();
  ours.cancel();
  EXPECT_TRUE(to_theirs.stop_requested());
  EXPECT_FALSE(no_longer.stop_requested());
}

TEST(CancellableTaskOnARuntime, EndsPromptlyFromAnotherThread) {
  CheckedRuntime runtime{2};
  for (std::size_t round = 0; round < rounds(500); ++round) {
    cancellation_source source;
    auto task = spawn_on(runtime, [token = source.token()]() -> Lazy<void> {
      auto sleeping = flowcoro::make_cancellable_task([]() -> Task<> { co_await sleep_for(1h); }(), token);
      co_await sleeping;
    });
    source.cancel();
    EXPECT_THROW(sync_wait(runtime, task), OperationCancelled);
  }
}

} // namespace
