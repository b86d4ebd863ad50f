#include "flowcoro/coro/with_stop.hpp"

#include "flowcoro/async/manual_reset_event.hpp"
#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <utility>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::sleep_for;
using flowcoro::StopSource;
using flowcoro::StopToken;
using flowcoro::Task;
using flowcoro::with_stop;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

Lazy<int> value_after(flowcoro::Nanoseconds duration, int value) {
  co_await sleep_for(duration);
  co_return value;
}
Task<int> task_after(flowcoro::Nanoseconds duration, int value) {
  co_await sleep_for(duration);
  co_return value;
}
template <class Stoppable>
Lazy<bool> is_cancelled(Stoppable& stoppable) {
  try {
    static_cast<void>(co_await stoppable);
  } catch (const OperationCancelled&) {
    co_return true;
  }
  co_return false;
}

class WithStop : public testing::Test {
 protected:
  Choices choices_{flowcoro::test::seed()};
  StopSource source_;
  CheckedScheduler scheduler_{choices_};
};

TEST_F(WithStop, GivesTheResultWhenNobodyAsks) {
  scheduler_.run([](StopToken token) -> Lazy<void> {
    auto lazy = with_stop(value_after(1ms, 7), token);
    EXPECT_EQ(co_await lazy, 7);
    auto task = with_stop(task_after(1ms, 7), token);
    EXPECT_EQ(co_await task, 7);
    auto unstoppable = with_stop(value_after(1ms, 7), StopToken{});
    EXPECT_EQ(co_await unstoppable, 7);
    int target = 1;
    const auto refer = [](int& to) -> Lazy<int&> { co_return to; };
    auto reference = with_stop(refer(target), token);
    EXPECT_EQ(&(co_await reference), &target);
    const auto make = []() -> Lazy<flowcoro::test::MoveOnly> { co_return flowcoro::test::MoveOnly{4}; };
    auto move_only = with_stop(make(), token);
    EXPECT_EQ((co_await move_only).value(), 4);
    const auto nothing = []() -> Lazy<void> { co_return; };
    auto of_void = with_stop(nothing(), token);
    co_await of_void;
  }(source_.token()));
}

TEST_F(WithStop, EndsWithARequestOfItsToken) {
  const auto ask = [](StopSource source) -> Lazy<void> {
    co_await sleep_for(5ms);
    source.request_stop();
  };
  scheduler_.run([&]() -> Lazy<void> {
    for (const bool eager : {false, true}) {
      StopSource source;
      auto asking = flowcoro::spawn(ask, source);
      bool cancelled = false;
      if (eager) {
        auto stoppable = with_stop(task_after(1h, 1), source.token());
        auto looking = is_cancelled(stoppable);
        cancelled = co_await looking;
      } else {
        auto stoppable = with_stop(value_after(1h, 1), source.token());
        auto looking = is_cancelled(stoppable);
        cancelled = co_await looking;
      }
      EXPECT_TRUE(cancelled);
      co_await asking;
    }
  });
  EXPECT_EQ(scheduler_.now().time_since_epoch(), 10ms);
}

TEST_F(WithStop, EndsWithARequestForItsAwaiter) {
  scheduler_.run([&]() -> Lazy<void> {
    auto stoppable = with_stop(value_after(1h, 1), source_.token());
    auto looking = flowcoro::spawn(is_cancelled<decltype(stoppable)>, std::ref(stoppable));
    co_await sleep_for(5ms);
    looking.request_stop();
    EXPECT_TRUE(co_await looking);
  });
  EXPECT_FALSE(source_.stop_requested()) << "the token's owner is not asked";
  EXPECT_EQ(scheduler_.now().time_since_epoch(), 5ms);
}

TEST_F(WithStop, AfterTheRequestRunsUpToTheFirstWait) {
  source_.request_stop();
  scheduler_.run([&]() -> Lazy<void> {
    flowcoro::ManualResetEvent never;
    auto waiting = never.wait();
    auto stoppable = with_stop(waiting, source_.token());
    auto looking = is_cancelled(stoppable);
    EXPECT_TRUE(co_await looking);
    const auto at_once = []() -> Lazy<int> { co_return 3; };
    auto without_wait = with_stop(at_once(), source_.token());
    EXPECT_EQ(co_await without_wait, 3);
  });
}

TEST_F(WithStop, RethrowsWhatItsChildThrows) {
  scheduler_.run([&]() -> Lazy<void> {
    const auto fail = []() -> Lazy<void> {
      co_await sleep_for(1ms);
      throw std::runtime_error{"own"};
    };
    bool caught = false;
    auto stoppable = with_stop(fail(), source_.token());
    try {
      co_await stoppable;
    } catch (const std::runtime_error&) {
      caught = true;
    }
    EXPECT_TRUE(caught);
  });
}

TEST_F(WithStop, LeavesNothingAtItsToken) {
  scheduler_.run([&]() -> Lazy<void> {
    auto stoppable = with_stop(value_after(1ms, 1), source_.token());
    EXPECT_EQ(co_await stoppable, 1);
    source_.request_stop(); // would touch the awaiter, which is gone
    co_await sleep_for(1ms);
  });
}

TEST_F(WithStop, MayBeNestedWithSeveralTokens) {
  scheduler_.run([&]() -> Lazy<void> {
    for (const int which : {0, 1}) {
      StopSource sources[2];
      auto stoppable = with_stop(with_stop(value_after(1h, 1), sources[0].token()), sources[1].token());
      auto looking = flowcoro::spawn(is_cancelled<decltype(stoppable)>, std::ref(stoppable));
      co_await sleep_for(1ms);
      sources[which].request_stop();
      EXPECT_TRUE(co_await looking);
    }
  });
}

TEST(WithStopOverSeeds, EndsOnceWhateverComesFirst) {
  std::size_t values = 0;
  std::size_t stops = 0;
  over_seeds(5'000, [&](Choices& choices) {
    StopSource source;
    const std::chrono::milliseconds token_after{choices.from_to(0, 2)};
    const std::chrono::milliseconds awaiter_after{choices.from_to(0, 2)};
    const std::chrono::milliseconds takes{choices.from_to(0, 2)};
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      const auto ask = [](StopSource to_ask, std::chrono::milliseconds after) -> Lazy<void> {
        co_await sleep_for(after);
        to_ask.request_stop();
      };
      auto asking = flowcoro::spawn(ask, source, token_after);
      auto stoppable = with_stop(task_after(takes, 1), source.token());
      auto looking = flowcoro::spawn(is_cancelled<decltype(stoppable)>, std::ref(stoppable));
      co_await sleep_for(awaiter_after);
      looking.request_stop();
      const bool cancelled = co_await looking;
      ++(cancelled ? stops : values);
      co_await asking;
    });
  });
  EXPECT_GT(values, 0u);
  EXPECT_GT(stops, 0u);
}

TEST(WithStopRace, BetweenTheEndAndRequestsFromAnotherThreadEndsEachOnce) {
  CheckedRuntime runtime{2};
  std::atomic<std::size_t> values{0};
  std::atomic<std::size_t> stops{0};
  const auto wait = [](StopToken token, std::atomic<std::size_t>& in_time, std::atomic<std::size_t>& stopped,
                       std::size_t i) -> Lazy<void> {
    auto stoppable = with_stop(value_after(std::chrono::microseconds{i % 50}, 1), std::move(token));
    auto looking = is_cancelled(stoppable);
    const bool cancelled = co_await looking;
    ++(cancelled ? stopped : in_time);
  };
  const std::size_t count = rounds(5'000);
  for (std::size_t i = 0; i < count; ++i) {
    StopSource source;
    auto waiting = flowcoro::spawn_on(runtime, wait, source.token(), std::ref(values), std::ref(stops), i);
    for (std::size_t k = 0; k < i % 300; ++k) static_cast<void>(waiting.done());
    source.request_stop();
    flowcoro::sync_wait(runtime, waiting);
  }
  EXPECT_EQ(values + stops, count);
}

} // namespace
