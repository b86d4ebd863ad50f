#include "flowcoro/async/with_timeout.hpp"

#include "flowcoro/async/auto_reset_event.hpp"
#include "flowcoro/async/channel.hpp"
#include "flowcoro/async/manual_reset_event.hpp"
#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/sched/resume_on.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::current_time;
using flowcoro::Lazy;
using flowcoro::ManualResetEvent;
using flowcoro::OperationCancelled;
using flowcoro::sleep_for;
using flowcoro::SteadyTime;
using flowcoro::Task;
using flowcoro::with_deadline;
using flowcoro::with_timeout;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

constexpr SteadyTime epoch{};

Lazy<int> value_after(flowcoro::Nanoseconds duration, int value) {
  co_await sleep_for(duration);
  co_return value;
}
Task<int> task_after(flowcoro::Nanoseconds duration, int value) {
  co_await sleep_for(duration);
  co_return value;
}

/// Its scheduler checks at the end that nothing is left.
class WithTimeout : public testing::Test {
 protected:
  Choices choices_{flowcoro::test::seed()};
  CheckedScheduler scheduler_{choices_};
};

TEST_F(WithTimeout, GivesTheResultThatComesInTime) {
  scheduler_.run([]() -> Lazy<void> {
    auto limited = with_timeout(value_after(3ms, 7), 5ms);
    EXPECT_EQ(co_await limited, std::optional{7});
    EXPECT_EQ(current_time() - epoch, 3ms);
  });
  EXPECT_EQ(scheduler_.now() - epoch, 3ms) << "no timer is left";
}

TEST_F(WithTimeout, GivesNothingWhenTheTimeHasPassed) {
  scheduler_.run([]() -> Lazy<void> {
    auto limited = with_timeout(value_after(1h, 7), 5ms);
    EXPECT_EQ(co_await limited, std::nullopt);
    EXPECT_EQ(current_time() - epoch, 5ms);
  });
  EXPECT_EQ(scheduler_.now() - epoch, 5ms) << "the child's timer has gone";
}

TEST_F(WithTimeout, LimitsATaskThatRunsAlready) {
  scheduler_.run([]() -> Lazy<void> {
    auto in_time = with_timeout(task_after(3ms, 7), 5ms);
    EXPECT_EQ(co_await in_time, std::optional{7});
    auto late = with_timeout(task_after(1h, 7), 5ms);
    EXPECT_EQ(co_await late, std::nullopt);
    EXPECT_EQ(current_time() - epoch, 8ms);
  });
}

TEST_F(WithTimeout, TakesTheResultOfATaskThatHasEndedEvenWithoutTime) {
  scheduler_.run([]() -> Lazy<void> {
    auto task = task_after(1ms, 7);
    co_await sleep_for(2ms);
    EXPECT_TRUE(task.done());
    auto limited = with_timeout(std::move(task), -1s);
    EXPECT_EQ(co_await limited, std::optional{7});
  });
}

TEST_F(WithTimeout, CountsItsTimeFromTheAwait) {
  scheduler_.run([]() -> Lazy<void> {
    auto limited = with_timeout(value_after(3ms, 7), 5ms);
    co_await sleep_for(10ms);
    EXPECT_EQ(co_await limited, std::optional{7});
  });
}

TEST_F(WithTimeout, TakesADeadline) {
  scheduler_.run([]() -> Lazy<void> {
    auto limited = with_deadline(value_after(10ms, 7), current_time() + 5ms);
    co_await sleep_for(2ms);
    EXPECT_EQ(co_await limited, std::nullopt);
    EXPECT_EQ(current_time() - epoch, 5ms);
  });
}

TEST_F(WithTimeout, LimitsAnythingThatCanBeAwaited) {
  scheduler_.run([]() -> Lazy<void> {
    ManualResetEvent never;
    auto waiting = never.wait();
    auto limited_wait = with_timeout(waiting, 5ms);
    EXPECT_FALSE((co_await limited_wait).has_value());
    flowcoro::Channel<int> channel{1};
    const auto receive = [&channel] { return channel.receive(); };
    auto receiving = with_timeout(receive, 5ms);
    EXPECT_EQ(co_await receiving, std::nullopt);
    const bool sent = co_await channel.send(3);
    EXPECT_TRUE(sent);
    auto again = with_timeout(receive, 5ms);
    const std::optional<std::optional<int>> received = co_await again;
    EXPECT_EQ(received.value(), std::optional{3});
    auto sleeping = sleep_for(1ms);
    auto sleep = with_timeout(sleeping, 5ms);
    EXPECT_TRUE((co_await sleep).has_value());
    const auto coroutine = []() -> Lazy<int> { co_return co_await value_after(1ms, 4); };
    auto made = with_timeout(coroutine, 5ms);
    EXPECT_EQ(co_await made, std::optional{4});
  });
}

TEST_F(WithTimeout, GivesVoidReferencesAndMoveOnlyValues) {
  scheduler_.run([]() -> Lazy<void> {
    const auto nothing = []() -> Lazy<void> { co_return; };
    auto of_void = with_timeout(nothing(), 1ms);
    const std::optional<std::monostate> ended = co_await of_void;
    EXPECT_TRUE(ended.has_value());

    int target = 1;
    const auto refer = [](int& to) -> Lazy<int&> { co_return to; };
    auto of_reference = with_timeout(refer(target), 1ms);
    const std::optional<std::reference_wrapper<int>> reference = co_await of_reference;
    EXPECT_EQ(&reference.value().get(), &target);

    const auto make = []() -> Lazy<flowcoro::test::MoveOnly> { co_return flowcoro::test::MoveOnly{4}; };
    auto of_move_only = with_timeout(make(), 1ms);
    const auto moved = co_await of_move_only;
    EXPECT_EQ(moved.value().value(), 4);

    const auto aligned = []() -> Lazy<flowcoro::test::OverAligned> { co_return flowcoro::test::OverAligned{5}; };
    auto of_aligned = with_timeout(aligned(), 1ms);
    EXPECT_EQ((co_await of_aligned).value().value, 5);

    const auto no_move = []() -> Lazy<flowcoro::test::ThrowingMove> { co_return flowcoro::test::ThrowingMove{6, 1}; };
    auto of_throwing = with_timeout(no_move(), 1ms);
    bool refused = false;
    try {
      static_cast<void>(co_await of_throwing);
    } catch (const flowcoro::test::MoveFailed&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

TEST_F(WithTimeout, RethrowsWhatItsChildThrowsBeforeAndAfterTheTime) {
  scheduler_.run([]() -> Lazy<void> {
    const auto fail = [](bool late) -> Lazy<void> {
      try {
        if (late) co_await sleep_for(1h);
      } catch (const OperationCancelled&) {
        throw std::runtime_error{"late"};
      }
      throw std::runtime_error{"early"};
    };
    for (const bool late : {false, true}) {
      std::string what;
      auto limited = with_timeout(fail(late), 5ms);
      try {
        static_cast<void>(co_await limited);
      } catch (const std::runtime_error& error) {
        what = error.what();
      }
      EXPECT_EQ(what, late ? "late" : "early");
    }
  });
}

TEST_F(WithTimeout, GivesTheValueOfAChildThatDoesNotHeedTheRequest) {
  scheduler_.run([]() -> Lazy<void> {
    const auto deaf = []() -> Lazy<int> {
      int value = 0;
      try {
        co_await sleep_for(1h);
      } catch (const OperationCancelled&) {
        value = 7; // it makes do with what it has
      }
      co_return value;
    };
    auto limited = with_timeout(deaf(), 5ms);
    EXPECT_EQ(co_await limited, std::optional{7});
    EXPECT_EQ(current_time() - epoch, 5ms);
  });
}

TEST_F(WithTimeout, HasJoinedItsChildWhenItReturns) {
  scheduler_.run([]() -> Lazy<void> {
    bool ended = false;
    const auto slow_to_end = [](bool& has_ended) -> Lazy<void> {
      bool stopped = false;
      try {
        co_await sleep_for(1h);
      } catch (const OperationCancelled&) {
        stopped = true;
      }
      for (int i = 0; i < 100; ++i) co_await flowcoro::yield();
      has_ended = true;
      if (stopped) throw OperationCancelled{};
    };
    auto limited = with_timeout(slow_to_end(ended), 5ms);
    EXPECT_FALSE((co_await limited).has_value());
    EXPECT_TRUE(ended);
  });
}

TEST_F(WithTimeout, WithoutTimeRunsItsChildUpToItsFirstWait) {
  scheduler_.run([]() -> Lazy<void> {
    for (const auto duration : {0ns, -1ns, flowcoro::Nanoseconds::min()}) {
      int steps = 0;
      const auto walk = [](int& count) -> Lazy<int> {
        ++count;
        co_await flowcoro::yield();
        ++count;
        co_await sleep_for(1ns);
        ++count;
        co_return 1;
      };
      auto limited = with_timeout(walk(steps), duration);
      EXPECT_EQ(co_await limited, std::nullopt);
      EXPECT_EQ(steps, 2);
      const auto at_once = []() -> Lazy<int> { co_return 2; };
      auto without_wait = with_timeout(at_once(), duration);
      EXPECT_EQ(co_await without_wait, std::optional{2});
    }
    auto past = with_deadline(value_after(1ns, 1), SteadyTime::min());
    EXPECT_EQ(co_await past, std::nullopt);
    EXPECT_EQ(current_time(), epoch);
  });
}

TEST_F(WithTimeout, TakesHugeDurationsForNoLimit) {
  scheduler_.run([]() -> Lazy<void> {
    auto hours = with_timeout(value_after(1h, 1), std::chrono::hours::max());
    EXPECT_EQ(co_await hours, std::optional{1});
    auto infinite =
        with_timeout(value_after(1h, 2), std::chrono::duration<double>{std::numeric_limits<double>::infinity()});
    EXPECT_EQ(co_await infinite, std::optional{2});
    auto never = with_deadline(value_after(1h, 3), flowcoro::no_deadline);
    EXPECT_EQ(co_await never, std::optional{3});
  });
}

TEST_F(WithTimeout, MayBeNestedAndTheShorterOneEnds) {
  scheduler_.run([]() -> Lazy<void> {
    auto inner_is_shorter = with_timeout(with_timeout(value_after(1h, 1), 3ms), 5ms);
    const std::optional<std::optional<int>> inner = co_await inner_is_shorter;
    EXPECT_EQ(inner.value(), std::nullopt);
    EXPECT_EQ(current_time() - epoch, 3ms);
    auto outer_is_shorter = with_timeout(with_timeout(value_after(1h, 1), 5ms), 3ms);
    const std::optional<std::optional<int>> outer = co_await outer_is_shorter;
    EXPECT_FALSE(outer.has_value());
    EXPECT_EQ(current_time() - epoch, 6ms);
  });
}

TEST_F(WithTimeout, PassesAStopRequestOnAndEndsCancelled) {
  scheduler_.run([]() -> Lazy<void> {
    const auto wait = []() -> Lazy<bool> {
      auto limited = with_timeout(value_after(1h, 1), 30min);
      static_cast<void>(co_await limited);
      co_return true;
    };
    auto waiting = flowcoro::spawn(wait);
    co_await sleep_for(5ms);
    waiting.request_stop();
    bool cancelled = false;
    try {
      static_cast<void>(co_await waiting);
    } catch (const OperationCancelled&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
    EXPECT_EQ(current_time() - epoch, 5ms);
  });
  EXPECT_EQ(scheduler_.now() - epoch, 5ms) << "its timer has gone";
}

TEST_F(WithTimeout, LetsACancelledEndOfItsChildsOwnThrough) {
  scheduler_.run([]() -> Lazy<void> {
    const auto give_up = []() -> Lazy<void> {
      co_await sleep_for(1ms);
      throw OperationCancelled{};
    };
    bool cancelled = false;
    auto limited = with_timeout(give_up(), 5ms);
    try {
      static_cast<void>(co_await limited);
    } catch (const OperationCancelled&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
  });
}

TEST_F(WithTimeout, AwaitedTwiceThrowsNoResult) {
  scheduler_.run([]() -> Lazy<void> {
    auto limited = with_timeout(value_after(1h, 1), 1ms);
    EXPECT_EQ(co_await limited, std::nullopt);
    bool refused = false;
    try {
      static_cast<void>(co_await limited);
    } catch (const flowcoro::NoResult&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

TEST_F(WithTimeout, ThatIsNeverAwaitedRunsNothing) {
  bool ran = false;
  scheduler_.run([&ran]() -> Lazy<void> {
    const auto run = [](bool& flag) -> Lazy<void> {
      flag = true;
      co_return;
    };
    static_cast<void>(with_timeout(run(ran), 1ms));
    co_return;
  });
  EXPECT_FALSE(ran);
}

/// The event is set at the moment of the deadline, before or after the timeout's turn.
TEST(WithTimeoutOverSeeds, EndsInExactlyOneWayWhenValueAndDeadlineMeet) {
  std::size_t values = 0;
  std::size_t timeouts = 0;
  over_seeds(10'000, [&](Choices& choices) {
    flowcoro::AutoResetEvent event;
    bool got_event = false;
    const auto set_later = [](flowcoro::AutoResetEvent& to_set) -> Lazy<void> {
      co_await sleep_for(5ms);
      to_set.set();
    };
    const auto wait = [](flowcoro::AutoResetEvent& for_event, bool& got) -> Lazy<int> {
      co_await for_event.wait();
      got = true;
      co_return 1;
    };
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      Task<void> setter = flowcoro::spawn(set_later, std::ref(event));
      std::optional<int> result;
      if (choices.one_in(2)) {
        auto limited = with_timeout(wait(event, got_event), 5ms);
        result = co_await limited;
      } else {
        auto limited = with_timeout(flowcoro::spawn(wait, std::ref(event), std::ref(got_event)), 5ms);
        result = co_await limited;
      }
      EXPECT_EQ(current_time() - epoch, 5ms);
      EXPECT_EQ(result.has_value(), got_event) << "never both, never neither";
      ++(result.has_value() ? values : timeouts);
      co_await setter;
      if (!got_event) {
        auto waiting = event.wait();
        auto left = with_timeout(waiting, 1ms);
        EXPECT_TRUE((co_await left).has_value()) << "the set() that was not taken is still there";
      }
    });
  });
  EXPECT_GT(values, 0u);
  EXPECT_GT(timeouts, 0u);
}

/// Stop request, timeouts on two levels and the end of the child, all at about the same time.
TEST(WithTimeoutOverSeeds, EndsInOneOfItsWaysWhateverComesTogether) {
  std::size_t ends[4] = {};
  over_seeds(10'000, [&](Choices& choices) {
    const std::chrono::milliseconds takes{choices.from_to(0, 3)};
    const std::chrono::milliseconds inner_limit{choices.from_to(0, 3)};
    const std::chrono::milliseconds outer_limit{choices.from_to(0, 3)};
    const std::chrono::milliseconds stop_after{choices.from_to(0, 3)};
    int alive = 0;
    const auto work = [](int& count, std::chrono::milliseconds time) -> Lazy<int> {
      struct Life {
        int& n;
        explicit Life(int& counter) : n{counter} { ++n; }
        ~Life() { --n; }
      } life{count};
      co_await flowcoro::yield();
      co_await sleep_for(time);
      co_await flowcoro::yield();
      co_await sleep_for(1ns);
      co_return 1;
    };
    const auto limit_both = [](auto child, std::chrono::milliseconds inner,
                               std::chrono::milliseconds outer) -> Lazy<std::optional<std::optional<int>>> {
      auto limited = with_timeout(with_timeout(std::move(child), inner), outer);
      co_return co_await limited;
    };
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      auto limiting = flowcoro::spawn(limit_both, work(alive, takes), inner_limit, outer_limit);
      co_await sleep_for(stop_after);
      limiting.request_stop();
      try {
        const std::optional<std::optional<int>> result = co_await limiting;
        ++ends[!result ? 0 : !*result ? 1 : 2];
        if (result && *result) {
          EXPECT_LE(takes, std::min(inner_limit, outer_limit));
        }
      } catch (const OperationCancelled&) {
        ++ends[3];
      }
      EXPECT_EQ(alive, 0);
    });
  });
  for (const std::size_t end : ends) EXPECT_GT(end, 0u);
}

/// The same on real threads.
TEST(WithTimeoutRace, BetweenTheEndOfManyAndTheirDeadlinesGivesEachOneEnd) {
  CheckedRuntime runtime{3};
  std::atomic<std::size_t> values{0};
  std::atomic<std::size_t> timeouts{0};
  std::atomic<std::size_t> wrong{0};
  const auto limit = [](std::atomic<std::size_t>& in_time, std::atomic<std::size_t>& late,
                        std::atomic<std::size_t>& bad, std::size_t i) -> Lazy<void> {
    const auto takes = 100us + std::chrono::microseconds{i % 7};
    std::optional<int> result;
    if (i % 2 == 0) {
      auto limited = with_timeout(value_after(takes, 1), 103us);
      result = co_await limited;
    } else {
      auto limited = with_timeout(task_after(takes, 1), 103us);
      result = co_await limited;
    }
    ++(result.has_value() ? in_time : late);
    if (result.has_value() && *result != 1) ++bad;
  };
  const std::size_t count = rounds(40'000);
  for (std::size_t done = 0; done < count;) {
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 100; ++i, ++done)
      tasks.push_back(flowcoro::spawn_on(runtime, limit, std::ref(values), std::ref(timeouts), std::ref(wrong), done));
    for (Task<void>& task : tasks) flowcoro::sync_wait(runtime, task);
  }
  EXPECT_EQ(values + timeouts, count);
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(values, 0u);
  EXPECT_GT(timeouts, 0u);
}

/// The child ends on another runtime while the timer fires on the first.
TEST(WithTimeoutRace, WithAChildThatWentToAnotherRuntimeComesHome) {
  CheckedRuntime home{2};
  CheckedRuntime away{2};
  const auto travel = [](flowcoro::Runtime& to, std::size_t i) -> Lazy<int> {
    co_await flowcoro::resume_on(to);
    co_await sleep_for(50us + std::chrono::microseconds{i % 5});
    co_return 1;
  };
  const auto limit = [&](std::size_t i) -> Lazy<bool> {
    auto limited = with_timeout(travel(away, i), 52us);
    static_cast<void>(co_await limited);
    co_return flowcoro::current_scheduler() == &home.scheduler();
  };
  for (std::size_t i = 0; i < rounds(2'000); ++i) {
    auto limiting = flowcoro::spawn_on(home, std::ref(limit), i);
    ASSERT_TRUE(flowcoro::sync_wait(home, limiting));
  }
}

} // namespace
