#include "flowcoro/compat/timeout_wrapper.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/compat/cancellation.hpp"
#include "flowcoro/compat/task_v2.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/seeds.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <utility>

namespace {

using namespace std::chrono_literals;
using flowcoro::cancellation_source;
using flowcoro::Lazy;
using flowcoro::make_timeout_task;
using flowcoro::Nanoseconds;
using flowcoro::OperationCancelled;
using flowcoro::pooled_task;
using flowcoro::sleep_for;
using flowcoro::SteadyTime;
using flowcoro::Task;
using flowcoro::timeout_error;
using flowcoro::timeout_wrapper;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;

Task<int> value_after(Nanoseconds time, int value) {
  co_await sleep_for(time);
  co_return value;
}

class TimeoutWrapper : public testing::Test {
 protected:
  [[nodiscard]] Nanoseconds time_passed() const { return scheduler_.now() - SteadyTime{}; }

  Choices choices_{flowcoro::test::seed()};
  CheckedScheduler scheduler_{choices_};
};

TEST_F(TimeoutWrapper, GivesTheValueOrThrows) {
  scheduler_.run([this]() -> Lazy<void> {
    timeout_wrapper in_time{value_after(1ms, 7), 5ms};
    EXPECT_EQ(co_await in_time, 7);
    timeout_wrapper late{value_after(1h, 7), 5ms};
    EXPECT_THROW(co_await late, timeout_error);
    EXPECT_EQ(time_passed(), 6ms);
  });
}

TEST_F(TimeoutWrapper, TakesTasksOfEveryPolicy) {
  const auto pooled = [](int value) -> pooled_task<int> {
    co_await sleep_for(1ms);
    co_return value;
  };
  scheduler_.run([&]() -> Lazy<void> {
    timeout_wrapper in_time{pooled(7), 5ms};
    EXPECT_EQ(co_await in_time, 7);
    auto task = make_timeout_task(pooled(8), 5ms);
    EXPECT_EQ(co_await task, 8);
    cancellation_source source;
    auto stoppable = make_timeout_task(pooled(9), 5ms, source.get_token());
    source.cancel();
    EXPECT_THROW(co_await stoppable, OperationCancelled);
    auto cancellable = flowcoro::make_cancellable_task(pooled(10), cancellation_source{}.get_token());
    EXPECT_EQ(co_await cancellable, 10);
  });
}

TEST_F(TimeoutWrapper, HasJoinedTheLoserWhenItReturns) {
  bool stopped = false;
  bool ended = false;
  scheduler_.run([&]() -> Lazy<void> {
    const auto cleans_up = [&]() -> Task<void> {
      try {
        co_await sleep_for(1h);
      } catch (const OperationCancelled&) {
        stopped = true;
      }
      co_await flowcoro::yield();
      ended = true;
      throw OperationCancelled{};
    };
    timeout_wrapper late{cleans_up(), 5ms};
    EXPECT_THROW(co_await late, timeout_error);
    EXPECT_TRUE(stopped && ended);
  });
}

TEST_F(TimeoutWrapper, TakesVoidReferencesAndMoveOnlyValues) {
  int place = 3;
  scheduler_.run([&place]() -> Lazy<void> {
    timeout_wrapper nothing{[]() -> Task<void> { co_await sleep_for(1ms); }(), 5ms};
    co_await nothing;
    timeout_wrapper reference{[](int& at) -> Task<int&> { co_return at; }(place), 5ms};
    int& got = co_await reference;
    EXPECT_EQ(&got, &place);
    timeout_wrapper moved{[]() -> Lazy<flowcoro::test::MoveOnly> { co_return flowcoro::test::MoveOnly{4}; }(), 5ms};
    const auto value = co_await moved;
    EXPECT_EQ(value.value(), 4);
  });
}

TEST_F(TimeoutWrapper, RethrowsWhatTheTaskThrows) {
  scheduler_.run([]() -> Lazy<void> {
    timeout_wrapper failing{[]() -> Task<int> {
                              co_await sleep_for(1ms);
                              throw std::logic_error{"no"};
                            }(),
                            5ms};
    EXPECT_THROW(co_await failing, std::logic_error);
  });
}

TEST_F(TimeoutWrapper, EndsCancelledWhenItsAwaiterIsStopped) {
  auto awaiting = spawn_on(scheduler_, []() -> Lazy<int> {
    timeout_wrapper wrapped{value_after(1h, 7), 2h};
    co_return co_await wrapped;
  });
  scheduler_.run_until_idle();
  awaiting.request_stop();
  EXPECT_THROW(scheduler_.run(awaiting), OperationCancelled);
}

TEST_F(TimeoutWrapper, AsATaskCountsFromItsStart) {
  scheduler_.run([this]() -> Lazy<void> {
    auto late = make_timeout_task(value_after(1h, 7), 5ms);
    co_await sleep_for(3ms);
    EXPECT_THROW(co_await late, timeout_error);
    EXPECT_EQ(time_passed(), 5ms);
    auto in_time = make_timeout_task(value_after(1ms, 7), 5ms);
    EXPECT_EQ(co_await in_time, 7);
  });
}

TEST_F(TimeoutWrapper, AsATaskIsStoppedByItsTokenToo) {
  scheduler_.run([]() -> Lazy<void> {
    cancellation_source source;
    auto cancelled = make_timeout_task(value_after(1h, 7), 5ms, source.token());
    source.cancel();
    EXPECT_THROW(co_await cancelled, OperationCancelled);
    auto late = make_timeout_task(value_after(1h, 7), 5ms, cancellation_source{}.token());
    EXPECT_THROW(co_await late, timeout_error);
  });
}

TEST(TimeoutWrapperOverSeeds, EndsInExactlyOneWayWhenTheValueComesAtTheDeadline) {
  std::size_t in_time = 0;
  std::size_t late = 0;
  over_seeds(10'000, [&](Choices& choices) {
    int ends = 0;
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      // Two timers of one moment; the scheduler's seed says whose coroutine is first.
      timeout_wrapper wrapped{value_after(5ms, 7), 5ms};
      try {
        EXPECT_EQ(co_await wrapped, 7);
        ++ends;
        ++in_time;
      } catch (const timeout_error&) {
        ++ends;
        ++late;
      }
    });
    EXPECT_EQ(ends, 1);
    EXPECT_EQ(scheduler.now() - SteadyTime{}, 5ms);
    const flowcoro::TimerStats timers = scheduler.timer_stats();
    EXPECT_EQ(timers.active, 0u);
    EXPECT_EQ(timers.registered, timers.fired + timers.cancelled);
  });
  EXPECT_GT(in_time, 0u);
}

TEST(TimeoutWrapperOverSeeds, EndsInExactlyOneWayWhenAnEventIsSetAtTheDeadline) {
  std::size_t in_time = 0;
  std::size_t late = 0;
  over_seeds(10'000, [&](Choices& choices) {
    int ends = 0;
    CheckedScheduler scheduler{choices};
    flowcoro::StopSource source;
    auto setter = spawn_on(scheduler, [&]() -> Lazy<void> {
      co_await sleep_for(5ms);
      source.request_stop();
    });
    scheduler.run([&]() -> Lazy<void> {
      timeout_wrapper wrapped{[](flowcoro::StopToken token) -> Task<void> {
                                auto waiting = flowcoro::stop_requested(token);
                                co_await waiting;
                              }(source.token()),
                              5ms};
      try {
        co_await wrapped;
        ++ends;
        ++in_time;
      } catch (const timeout_error&) {
        ++ends;
        ++late;
      }
    });
    scheduler.run(setter);
    EXPECT_EQ(ends, 1);
  });
  EXPECT_GT(in_time, 0u) << "both orders must have come";
  EXPECT_GT(late, 0u);
}

} // namespace
