#include "flowcoro/coro/async_generator.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"
#include "support/storm.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::AsyncGenerator;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::Census;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::Counted;
using flowcoro::test::DeterministicScheduler;
using flowcoro::test::MoveFailed;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;
using flowcoro::test::ThrowingMove;

static_assert(!std::is_copy_constructible_v<AsyncGenerator<int>> &&
              std::is_nothrow_move_constructible_v<AsyncGenerator<int>>);

AsyncGenerator<int> count_slowly(int n, std::chrono::milliseconds pause) {
  for (int i = 0; i < n; ++i) {
    if (i % 2 == 1) co_await flowcoro::sleep_for(pause);
    co_yield i;
  }
}

TEST(AsyncGenerator, GivesElementsAndWaitsInBetween) {
  DeterministicScheduler scheduler{1};
  scheduler.run([]() -> Lazy<void> {
    auto generator = count_slowly(5, 10ms);
    int expected = 0;
    while (const auto element = co_await generator.next()) EXPECT_EQ(*element, expected++);
    EXPECT_EQ(expected, 5);
    EXPECT_FALSE((co_await generator.next()).has_value());
    AsyncGenerator<int> empty;
    EXPECT_FALSE((co_await empty.next()).has_value());
  });
  EXPECT_EQ(scheduler.now().time_since_epoch(), 20ms);
}

TEST(AsyncGenerator, RunsNoFurtherThanItIsAsked) {
  DeterministicScheduler scheduler{1};
  int made = 0;
  const auto make = [](int& counter) -> AsyncGenerator<int> {
    for (;;) {
      ++counter;
      co_yield counter;
    }
  };
  scheduler.run([&]() -> Lazy<void> {
    auto generator = make(made);
    EXPECT_EQ(made, 0);
    EXPECT_EQ(co_await generator.next(), 1);
    EXPECT_EQ(co_await generator.next(), 2);
    EXPECT_EQ(made, 2);
  });
}

TEST(AsyncGenerator, GivesReferencesAsPointers) {
  DeterministicScheduler scheduler{1};
  Census census;
  Counted object{census};
  const auto refer = [](Counted& to) -> AsyncGenerator<Counted&> {
    co_yield to;
    co_await flowcoro::yield();
    co_yield to;
  };
  scheduler.run([&]() -> Lazy<void> {
    auto generator = refer(object);
    EXPECT_EQ(co_await generator.next(), &object);
    EXPECT_EQ(co_await generator.next(), &object);
    EXPECT_EQ(co_await generator.next(), nullptr);
  });
  EXPECT_EQ(census.made(), 1);
}

TEST(AsyncGenerator, MakesElementsInPlaceAndThrowsAtTheYieldWhatThatThrows) {
  DeterministicScheduler scheduler{1};
  const auto make = []() -> AsyncGenerator<ThrowingMove> {
    ThrowingMove refuses{1, 0};
    bool refused = false;
    try {
      co_yield std::move(refuses);
    } catch (const MoveFailed&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    ThrowingMove moves{2, 10};
    co_yield std::move(moves);
  };
  const auto pointers = []() -> AsyncGenerator<std::unique_ptr<int>> { co_yield std::make_unique<int>(3); };
  scheduler.run([&]() -> Lazy<void> {
    auto generator = make();
    auto asking = generator.next();
    const auto element = co_await asking;
    EXPECT_EQ(element->value(), 2);
    auto other = pointers();
    auto next = other.next();
    const auto pointer = co_await next;
    EXPECT_EQ(**pointer, 3);
  });
}

TEST(AsyncGenerator, LetsAnExceptionOutOnceAndHasEndedThen) {
  DeterministicScheduler scheduler{1};
  const auto fail = []() -> AsyncGenerator<int> {
    co_yield 1;
    co_await flowcoro::yield();
    throw std::runtime_error{"no more"};
  };
  scheduler.run([&]() -> Lazy<void> {
    auto generator = fail();
    EXPECT_EQ(co_await generator.next(), 1);
    auto asking = generator.next();
    EXPECT_THROW(static_cast<void>(co_await asking), std::runtime_error);
    EXPECT_EQ(co_await generator.next(), std::nullopt);
  });
}

TEST(AsyncGenerator, MayBeDestroyedHalfwayAndDestroysItsLocals) {
  DeterministicScheduler scheduler{1};
  Census census;
  const auto make = [](Census& in) -> AsyncGenerator<int> {
    const Counted local{in};
    for (int i = 0;; ++i) {
      co_await flowcoro::yield();
      co_yield i;
    }
  };
  scheduler.run([&]() -> Lazy<void> {
    auto never_started = make(census);
    auto left = make(census);
    EXPECT_EQ(co_await left.next(), 0);
    auto moved = std::move(left);
    EXPECT_EQ(co_await moved.next(), 1);
    moved = make(census);
    EXPECT_EQ(co_await moved.next(), 0);
  });
  EXPECT_EQ(census.made(), 2);
  EXPECT_EQ(census.alive(), 0);
}

TEST(AsyncGenerator, InheritsTheStopRequestOfWhoeverAsks) {
  DeterministicScheduler scheduler{1};
  scheduler.run([]() -> Lazy<void> {
    auto generator = count_slowly(3, 1h);
    EXPECT_EQ(co_await generator.next(), 0);
    const auto ask = [](AsyncGenerator<int>& from) -> Task<> { static_cast<void>(co_await from.next()); };
    auto asking = ask(generator);
    EXPECT_FALSE(asking.done());
    asking.request_stop();
    EXPECT_THROW(co_await asking, OperationCancelled);
    EXPECT_EQ(co_await generator.next(), std::nullopt) << "it has ended with the exception";
  });
  EXPECT_EQ(scheduler.now().time_since_epoch(), 0ms);
}

TEST(AsyncGenerator, MayGoOnForAnotherCoroutineAfterTheOneThatAskedWasStopped) {
  DeterministicScheduler scheduler{1};
  const auto patient = []() -> AsyncGenerator<int> {
    for (int i = 0; i < 3; ++i) {
      try {
        co_await flowcoro::sleep_for(1h);
      } catch (const OperationCancelled&) {
        i += 10; // goes on, as its body wishes
      }
      co_yield i;
      auto token = co_await flowcoro::this_task::stop_token();
      EXPECT_FALSE(token.stop_requested()) << "that of the one that asks now";
    }
  };
  scheduler.run([&]() -> Lazy<void> {
    auto generator = patient();
    const auto ask = [](AsyncGenerator<int>& from) -> Task<int> {
      const auto element = co_await from.next();
      co_return element.value_or(-1);
    };
    auto stopped = ask(generator);
    stopped.request_stop();
    EXPECT_EQ(co_await stopped, 10);
    auto other = ask(generator);
    EXPECT_EQ(co_await other, -1);
  });
}

TEST(AsyncGenerator, StartsNoStackForManyElements) {
  DeterministicScheduler scheduler{1};
  scheduler.run([]() -> Lazy<void> {
    auto generator = count_slowly(static_cast<int>(rounds(1'000'000)), 0ms);
    int expected = 0;
    while (const auto element = co_await generator.next()) expected += *element == expected ? 1 : 0;
    EXPECT_EQ(expected, static_cast<int>(rounds(1'000'000)));
  });
}

TEST(AsyncGenerator, PassesElementsThroughAChainOfGenerators) {
  CheckedRuntime runtime{2};
  struct Chain {
    static AsyncGenerator<int> plus(AsyncGenerator<int> from, int levels) {
      if (levels > 0) from = plus(std::move(from), levels - 1);
      while (auto element = co_await from.next()) {
        const int next = *element + 1;
        co_yield next;
      }
    }
  };
  sync_wait(runtime, []() -> Lazy<void> {
    auto chain = Chain::plus(count_slowly(20, 1ms), 99);
    int expected = 100;
    while (const auto element = co_await chain.next()) EXPECT_EQ(*element, expected++);
    EXPECT_EQ(expected, 120);
  });
}

TEST(AsyncGenerator, ContinuesOnTheRuntimeOfWhoeverAsks) {
  CheckedRuntime first{2};
  CheckedRuntime second{2};
  const auto places = []() -> AsyncGenerator<flowcoro::Scheduler*> {
    for (;;) {
      co_await flowcoro::sleep_for(1us);
      co_yield flowcoro::current_scheduler();
    }
  };
  auto generator = places();
  const auto ask = [&](const flowcoro::Scheduler* expected) -> Lazy<bool> {
    const auto where = co_await generator.next();
    co_return *where == expected;
  };
  for (int i = 0; i < 10; ++i) {
    for (CheckedRuntime* home : {&first, &second})
      EXPECT_TRUE(sync_wait(*home, spawn_on(*home, ask, &home->scheduler())));
  }
}

TEST(AsyncGeneratorOverSeeds, GivesEveryElementOnceToConsumersThatTakeTurns) {
  over_seeds(2'000, [](Choices& choices) {
    const int count = choices.from_to(0, 8);
    const int pause = choices.from_to(0, 2);
    auto generator = count_slowly(count, std::chrono::milliseconds{pause});
    int expected = 0;
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      const auto ask = [](AsyncGenerator<int>& from) -> Task<int> {
        const auto element = co_await from.next();
        co_return element.value_or(-1);
      };
      for (;;) {
        auto asking = ask(generator);
        if (choices.one_in(2)) co_await flowcoro::yield();
        const int element = co_await asking;
        if (element < 0) break;
        EXPECT_EQ(element, expected++);
      }
    });
    EXPECT_EQ(expected, count);
  });
}

TEST(AsyncGeneratorStorm, EndsWhenHalfOfItsConsumersAreStopped) {
  for (const unsigned workers : {1u, 2u, 8u}) {
    CheckedRuntime runtime{workers};
    flowcoro::test::Random random{workers};
    for (std::size_t round = 0; round < rounds(100); ++round) {
      const auto ended = storm(runtime, random, 30, [](int i) -> Lazy<void> {
        auto generator = count_slowly(6 + i % 2, std::chrono::milliseconds{i % 2});
        int expected = 0;
        while (const auto element = co_await generator.next()) {
          EXPECT_EQ(*element, expected++);
          if (i % 5 == 0 && expected == 3) break; // left halfway
        }
      });
      EXPECT_EQ(ended.done + ended.cancelled, 30u);
    }
  }
}

TEST(AsyncGeneratorDeathTest, SaysWhatIsWrong) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        DeterministicScheduler scheduler{1};
        scheduler.run([]() -> Lazy<void> {
          auto generator = count_slowly(3, 1h);
          EXPECT_EQ(co_await generator.next(), 0);
          const auto ask = [](AsyncGenerator<int>& from) -> Task<> { static_cast<void>(co_await from.next()); };
          auto one = ask(generator);
          auto other = ask(generator);
          co_await other;
        });
      },
      "asked for two elements at the same time");
  EXPECT_DEATH(
      {
        DeterministicScheduler scheduler{1};
        scheduler.run([]() -> Lazy<void> {
          auto generator = count_slowly(3, 1h);
          EXPECT_EQ(co_await generator.next(), 0);
          const auto ask = [](AsyncGenerator<int>& from) -> Task<> { static_cast<void>(co_await from.next()); };
          auto one = ask(generator);
          generator = AsyncGenerator<int>{};
          co_await one;
        });
      },
      "destroyed while it was running or waiting");
}

} // namespace
