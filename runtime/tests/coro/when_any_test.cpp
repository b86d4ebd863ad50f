#include "flowcoro/coro/when_any.hpp"

#include "helpers.hpp"

#include "../support/build.hpp"
#include "../support/seed.hpp"
#include "../support/values.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace flowcoro {
namespace {

using namespace std::chrono_literals;

template <class T>
Lazy<T> give(T value) {
  auto turn = yield();
  co_await turn;
  co_return std::move(value);
}
Lazy<void> nothing() {
  auto turn = yield();
  co_await turn;
}
Lazy<int&> refer_to(int& object) {
  auto turn = yield();
  co_await turn;
  co_return object;
}
Lazy<void> fail(std::string text) {
  auto turn = yield();
  co_await turn;
  throw std::runtime_error{text};
}
Lazy<std::string> sleep_long(test::Counted, std::atomic<int>& stopped) {
  try {
    auto nap = sleep_for(1h);
    co_await nap;
  } catch (const OperationCancelled&) {
    ++stopped;
    throw;
  }
  co_return "too late";
}
Task<std::string> start_sleeping(test::Counted counted, std::atomic<int>& stopped) {
  auto sleep = sleep_long(std::move(counted), stopped);
  co_return co_await sleep;
}

TEST(WhenAny, GivesTheIndexAndTheTypedResultOfTheFirst) {
  test::Census census;
  std::atomic<int> stopped{0};
  const auto body = [&]() -> Lazy<void> {
    auto any =
        when_any(sleep_long(test::Counted{census}, stopped), give(7), sleep_long(test::Counted{census}, stopped));
    const auto first = co_await any;
    static_assert(std::is_same_v<decltype(first.result), std::variant<std::string, int, std::string>>);
    EXPECT_EQ(first.index, 1u);
    EXPECT_EQ(first.result.index(), 1u);
    EXPECT_EQ(std::get<1>(first.result), 7);
  };
  sync_wait(body);
}

TEST(WhenAny, StopsTheOthersAndJoinsThemBeforeItReturns) {
  test::Census census;
  std::atomic<int> stopped{0};
  Runtime runtime{{.workers = 2}};
  const auto body = [&]() -> Lazy<void> {
    {
      auto any = when_any(sleep_long(test::Counted{census}, stopped), start_sleeping(test::Counted{census}, stopped),
                          nothing());
      const auto first = co_await any;
      EXPECT_EQ(first.index, 2u);
      EXPECT_EQ(stopped.load(), 2);
    }
    EXPECT_EQ(census.alive(), 0);
  };
  sync_wait(runtime, body);
}

TEST(WhenAny, OfAVectorGivesTheIndexAndTheValueItself) {
  test::Census census;
  std::atomic<int> stopped{0};
  Runtime runtime{{.workers = 2}};
  const auto body = [&]() -> Lazy<void> {
    std::vector<Task<std::string>> tasks;
    for (int i = 0; i < 5; ++i)
      tasks.push_back(spawn_on(runtime, sleep_long, test::Counted{census}, std::ref(stopped)));
    tasks.push_back(spawn_on(runtime, [] { return std::string{"quick"}; }));
    auto any = when_any(std::move(tasks));
    auto first = co_await any;
    static_assert(std::is_same_v<decltype(first.result), std::string>);
    EXPECT_EQ(first.index, 5u);
    EXPECT_EQ(first.result, "quick");
  };
  sync_wait(runtime, body);
  EXPECT_EQ(runtime.stats().cancelled, 5u);
}

TEST(WhenAny, OfOneGivesThatOne) {
  const auto body = []() -> Lazy<int> {
    auto any = when_any(give(3));
    const auto first = co_await any;
    co_return std::get<0>(first.result) + static_cast<int>(first.index);
  };
  EXPECT_EQ(sync_wait(body), 3);
}

TEST(WhenAny, TakesMoveOnlyReferenceAndVoid) {
  int object = 0;
  test::Census census;
  std::atomic<int> stopped{0};
  const auto body = [&]() -> Lazy<void> {
    auto move_only = when_any(give(test::MoveOnly{4}), sleep_long(test::Counted{census}, stopped));
    const auto first_move_only = co_await move_only;
    EXPECT_EQ(std::get<0>(first_move_only.result).value(), 4);
    auto reference = when_any(sleep_long(test::Counted{census}, stopped), refer_to(object));
    const auto first_reference = co_await reference;
    EXPECT_EQ(&std::get<1>(first_reference.result).get(), &object);
    auto empty = when_any(nothing(), sleep_long(test::Counted{census}, stopped));
    const auto first_empty = co_await empty;
    EXPECT_EQ(first_empty.index, 0u);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(first_empty.result));
  };
  sync_wait(body);
}

TEST(WhenAny, OfAnEmptyListIsRefused) {
  EXPECT_THROW(static_cast<void>(when_any(std::vector<Task<int>>{})), std::invalid_argument);
}

TEST(WhenAny, WithAnEmptyTaskThrowsNoResult) {
  const auto body = []() -> Lazy<void> {
    auto any = when_any(give(1), Task<int>{});
    static_cast<void>(co_await any);
  };
  EXPECT_THROW(sync_wait(body), NoResult);
}

TEST(WhenAny, AwaitedASecondTimeThrowsNoResult) {
  const auto body = []() -> Lazy<void> {
    auto any = when_any(give(1), give(2));
    static_cast<void>(co_await any);
    static_cast<void>(co_await any);
  };
  EXPECT_THROW(sync_wait(body), NoResult);
}

TEST(WhenAny, RethrowsWhenTheFirstFails) {
  test::Census census;
  std::atomic<int> stopped{0};
  const auto body = [&]() -> Lazy<void> {
    auto any = when_any(sleep_long(test::Counted{census}, stopped), fail("winner"));
    static_cast<void>(co_await any);
  };
  try {
    sync_wait(body);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "winner");
  }
  EXPECT_EQ(stopped.load(), 1);
  EXPECT_EQ(census.alive(), 0);
}

TEST(WhenAny, HandsTheLateErrorsOfTheLosersToTheHandler) {
  test::LostErrors lost;
  test::Gate gate;
  Runtime runtime{lost.options(1)};
  const auto late = [&gate]() -> Lazy<void> {
    co_await gate;
    throw std::runtime_error{"loser"};
  };
  const auto winner = [&gate]() -> Lazy<int> {
    gate.open();
    co_return 1;
  };
  const auto body = [&]() -> Lazy<std::size_t> {
    auto any = when_any(late(), winner());
    const auto first = co_await any;
    co_return first.index;
  };
  EXPECT_EQ(sync_wait(runtime, body), 1u);
  EXPECT_EQ(lost.texts(), std::vector<std::string>{"loser"});
}

TEST(WhenAny, DropsTheLateResultsOfTheLosers) {
  test::Census census;
  test::Gate gate;
  Runtime runtime{{.workers = 1}};
  const auto late = [&]() -> Lazy<test::Counted> {
    co_await gate;
    co_return test::Counted{census, 1};
  };
  const auto winner = [&]() -> Lazy<test::Counted> {
    gate.open();
    co_return test::Counted{census, 2};
  };
  const auto body = [&]() -> Lazy<int> {
    std::vector<Lazy<test::Counted>> both;
    both.push_back(late());
    both.push_back(winner());
    auto any = when_any(std::move(both));
    const auto first = co_await any;
    co_return first.result.value();
  };
  EXPECT_EQ(sync_wait(runtime, body), 2);
  EXPECT_EQ(census.alive(), 0);
}

TEST(WhenAny, PassesAStopRequestOnToEveryChild) {
  test::Census census;
  std::atomic<int> stopped{0};
  Runtime runtime{{.workers = 2}};
  const auto body = [&]() -> Lazy<void> {
    auto any = when_any(sleep_long(test::Counted{census}, stopped), start_sleeping(test::Counted{census}, stopped));
    static_cast<void>(co_await any);
  };
  Task<void> task = spawn_on(runtime, body);
  task.request_stop();
  EXPECT_THROW(sync_wait(runtime, task), OperationCancelled);
  EXPECT_EQ(stopped.load(), 2);
  EXPECT_EQ(census.alive(), 0);
}

TEST(WhenAnyStress, HasOneWinnerWhenAllFinishAtOnce) {
  const std::size_t rounds = test::rounds(10'000);
  test::Random random;
  test::Census census;
  Runtime runtime{{.workers = 3}};
  const auto body = [&]() -> Lazy<std::size_t> {
    std::size_t right = 0;
    for (std::size_t i = 0; i < rounds; ++i) {
      const auto work = [&census](std::size_t turns, int number) {
        test::dawdle(turns);
        return test::Counted{census, number};
      };
      std::vector<Task<test::Counted>> tasks;
      for (int number = 0; number < 3; ++number) tasks.push_back(spawn(work, random.below(300), number));
      auto any = when_any(std::move(tasks));
      const auto first = co_await any;
      if (first.result.value() == static_cast<int>(first.index)) ++right;
    }
    co_return right;
  };
  EXPECT_EQ(sync_wait(runtime, body), rounds);
  EXPECT_EQ(census.alive(), 0);
}

TEST(WhenAnyStress, LeavesNoSleeperBehind) {
  const std::size_t rounds = test::rounds(10'000);
  test::Census census;
  std::atomic<int> stopped{0};
  Runtime runtime{{.workers = 2}};
  const auto body = [&]() -> Lazy<void> {
    for (std::size_t i = 0; i < rounds; ++i) {
      auto any = when_any(nothing(), sleep_long(test::Counted{census}, stopped),
                          start_sleeping(test::Counted{census}, stopped));
      static_cast<void>(co_await any);
    }
  };
  sync_wait(runtime, body);
  EXPECT_EQ(stopped.load(), static_cast<int>(2 * rounds));
  EXPECT_EQ(census.alive(), 0);
  EXPECT_TRUE(runtime.shutdown().clean());
}

} // namespace
} // namespace flowcoro
