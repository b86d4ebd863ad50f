#include "flowcoro/coro/when_all.hpp"

#include "helpers.hpp"

#include "../support/build.hpp"
#include "../support/seed.hpp"
#include "../support/values.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/shared_task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
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
template <class T>
Lazy<T> give_at(test::Gate& gate, T value) {
  co_await gate;
  co_return std::move(value);
}
template <class T>
Task<T> start_giving(T value) {
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
struct ReadyThirteen {
  [[nodiscard]] bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  [[nodiscard]] int await_resume() const noexcept { return 13; }
};

TEST(WhenAll, GivesATupleInTheOrderOfItsArguments) {
  const auto body = []() -> Lazy<std::tuple<int, std::string, test::MoveOnly>> {
    auto all = when_all(give(1), give(std::string{"two"}), give(test::MoveOnly{3}));
    co_return co_await all;
  };
  const auto [one, two, three] = sync_wait(body);
  EXPECT_EQ(one, 1);
  EXPECT_EQ(two, "two");
  EXPECT_EQ(three.value(), 3);
}

TEST(WhenAll, KeepsTheOrderWhenTheLastFinishesFirst) {
  Runtime runtime{{.workers = 1}};
  test::Gate gate;
  const auto body = [&gate]() -> Lazy<std::tuple<int, int>> {
    const auto open = [](test::Gate& at) -> Lazy<int> {
      at.open();
      co_return 2;
    };
    auto all = when_all(give_at(gate, 1), open(gate));
    co_return co_await all;
  };
  EXPECT_EQ(sync_wait(runtime, body), (std::tuple{1, 2}));
}

TEST(WhenAll, MakesNothingAMonostateAndAReferenceAWrapper) {
  int object = 0;
  const auto body = [&object]() -> Lazy<void> {
    auto all = when_all(nothing(), refer_to(object));
    auto result = co_await all;
    static_assert(std::is_same_v<decltype(result), std::tuple<std::monostate, std::reference_wrapper<int>>>);
    EXPECT_EQ(&std::get<1>(result).get(), &object);
  };
  sync_wait(body);
}

TEST(WhenAll, KeepsATupleThatIsTheOnlyResult) {
  const auto body = []() -> Lazy<void> {
    auto one_pair = when_all(give(std::pair{1, 2}));
    const auto pair = co_await one_pair;
    static_assert(std::is_same_v<decltype(pair), const std::tuple<std::pair<int, int>>>);
    EXPECT_EQ(std::get<0>(pair), (std::pair{1, 2}));
    auto one_tuple = when_all(give(std::tuple{3, 4}));
    const auto tuple = co_await one_tuple;
    static_assert(std::is_same_v<decltype(tuple), const std::tuple<std::tuple<int, int>>>);
    EXPECT_EQ(std::get<0>(tuple), (std::tuple{3, 4}));
  };
  sync_wait(body);
}

TEST(WhenAll, MixesTasksLaziesSharedTasksAndOtherAwaitables) {
  const auto body = []() -> Lazy<int> {
    const SharedTask<int> shared{give(1000)};
    auto all = when_all(start_giving(1), give(20), shared, ReadyThirteen{}, start_giving(std::string(300, 'x')));
    const auto [task, lazy, from_shared, ready, text] = co_await all;
    co_return task + lazy + from_shared + ready + static_cast<int>(text.size());
  };
  EXPECT_EQ(sync_wait(body), 1 + 20 + 1000 + 13 + 300);
}

TEST(WhenAll, GivesAVectorInTheOrderOfTheTasks) {
  Runtime runtime{{.workers = 3}};
  const auto body = [&runtime]() -> Lazy<std::vector<int>> {
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 1000; ++i) tasks.push_back(spawn_on(runtime, [i] { return i; }));
    auto all = when_all(std::move(tasks));
    co_return co_await all;
  };
  const std::vector<int> result = sync_wait(runtime, body);
  ASSERT_EQ(result.size(), 1000u);
  for (std::size_t i = 0; i < result.size(); ++i) EXPECT_EQ(result[i], static_cast<int>(i));
}

TEST(WhenAll, OfAVectorTakesMoveOnlyReferenceAndVoid) {
  int object = 0;
  const auto body = [&object]() -> Lazy<void> {
    std::vector<Lazy<std::unique_ptr<int>>> owners;
    owners.push_back(give(std::make_unique<int>(4)));
    auto all_owners = when_all(std::move(owners));
    const std::vector<std::unique_ptr<int>> owned = co_await all_owners;
    EXPECT_EQ(*owned.at(0), 4);

    std::vector<Lazy<int&>> references;
    references.push_back(refer_to(object));
    auto all_references = when_all(std::move(references));
    const auto referred = co_await all_references;
    EXPECT_EQ(&referred.at(0).get(), &object);

    std::vector<Lazy<void>> voids;
    voids.push_back(nothing());
    auto all_voids = when_all(std::move(voids));
    static_assert(std::is_void_v<decltype(all_voids.await_resume())>);
    co_await all_voids;
  };
  sync_wait(body);
}

TEST(WhenAll, OfAnEmptyVectorIsReadyAtOnce) {
  const auto body = []() -> Lazy<std::size_t> {
    auto none = when_all(std::vector<Lazy<int>>{});
    EXPECT_TRUE(none.await_ready());
    const std::vector<int> result = co_await none;
    auto no_voids = when_all(std::vector<Task<void>>{});
    co_await no_voids;
    co_return result.size();
  };
  EXPECT_EQ(sync_wait(body), 0u);
}

TEST(WhenAll, StartsEveryLazyBeforeAnyHasFinished) {
  test::Gate gate;
  std::atomic<int> started{0};
  Runtime runtime{{.workers = 2}};
  const auto child = [&]() -> Lazy<void> {
    if (++started == 3) gate.open();
    while (started.load() < 3) {
      auto turn = yield();
      co_await turn;
    }
  };
  const auto body = [&]() -> Lazy<void> {
    auto all = when_all(child(), child(), child());
    static_cast<void>(co_await all);
  };
  sync_wait(runtime, body);
  EXPECT_EQ(started.load(), 3);
}

TEST(WhenAll, WithAnEmptyTaskThrowsNoResultBeforeAnythingStarts) {
  bool started = false;
  const auto note = [&started]() -> Lazy<void> {
    started = true;
    co_return;
  };
  const auto body = [&]() -> Lazy<void> {
    auto all = when_all(note(), Lazy<int>{});
    static_cast<void>(co_await all);
  };
  EXPECT_THROW(sync_wait(body), NoResult);
  EXPECT_FALSE(started);
}

TEST(WhenAll, AwaitedASecondTimeThrowsNoResult) {
  const auto body = []() -> Lazy<void> {
    auto all = when_all(give(1), start_giving(2));
    static_cast<void>(co_await all);
    static_cast<void>(co_await all);
  };
  EXPECT_THROW(sync_wait(body), NoResult);
}

Lazy<void> fail(std::string text) {
  auto turn = yield();
  co_await turn;
  throw std::runtime_error{text};
}
Lazy<int> sleep_long(test::Counted, std::atomic<int>& stopped) {
  try {
    auto nap = sleep_for(1h);
    co_await nap;
  } catch (const OperationCancelled&) {
    ++stopped;
    throw;
  }
  co_return 0;
}
Task<int> start_sleeping(test::Counted counted, std::atomic<int>& stopped) {
  auto sleep = sleep_long(std::move(counted), stopped);
  co_return co_await sleep;
}

TEST(WhenAll, StopsAndJoinsTheOthersWhenOneFails) {
  test::Census census;
  std::atomic<int> stopped{0};
  Runtime runtime{{.workers = 2}};
  const auto body = [&]() -> Lazy<void> {
    auto all = when_all(sleep_long(test::Counted{census}, stopped), start_sleeping(test::Counted{census}, stopped),
                        fail("first"));
    try {
      static_cast<void>(co_await all);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "first");
    }
    EXPECT_EQ(stopped.load(), 2);
  };
  sync_wait(runtime, body);
  EXPECT_EQ(census.alive(), 0);
}

TEST(WhenAll, StopsAndJoinsAVectorWhenOneFails) {
  test::Census census;
  std::atomic<int> stopped{0};
  Runtime runtime{{.workers = 2}};
  const auto body = [&]() -> Lazy<void> {
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 10; ++i)
      tasks.push_back(spawn_on(runtime, sleep_long, test::Counted{census}, std::ref(stopped)));
    tasks.push_back(spawn_on(runtime, []() -> int { throw std::runtime_error{"one of many"}; }));
    auto all = when_all(std::move(tasks));
    EXPECT_THROW(static_cast<void>(co_await all), std::runtime_error);
  };
  sync_wait(runtime, body);
  EXPECT_EQ(runtime.stats().cancelled, 10u);
}

TEST(WhenAll, RethrowsTheFirstErrorInOrderAndHandsTheOthersToTheHandler) {
  test::LostErrors lost;
  Runtime runtime{lost.options(2)};
  const auto body = []() -> Lazy<void> {
    auto all = when_all(fail("one"), nothing(), fail("two"), fail("three"));
    try {
      static_cast<void>(co_await all);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "one");
    }
  };
  sync_wait(runtime, body);
  EXPECT_EQ(lost.texts(), (std::vector<std::string>{"two", "three"}));
}

TEST(WhenAll, PrefersAFailureToTheCancellationsThatItCaused) {
  std::atomic<int> stopped{0};
  test::Census census;
  const auto body = [&]() -> Lazy<void> {
    auto all = when_all(sleep_long(test::Counted{census}, stopped), fail("the cause"));
    static_cast<void>(co_await all);
  };
  EXPECT_THROW(sync_wait(body), std::runtime_error);
}

TEST(WhenAll, PassesAStopRequestOnToEveryChildAndStillJoins) {
  test::Census census;
  std::atomic<int> stopped{0};
  Runtime runtime{{.workers = 2}};
  const auto body = [&]() -> Lazy<void> {
    auto all = when_all(sleep_long(test::Counted{census}, stopped), start_sleeping(test::Counted{census}, stopped));
    static_cast<void>(co_await all);
  };
  Task<void> task = spawn_on(runtime, body);
  task.request_stop();
  EXPECT_THROW(sync_wait(runtime, task), OperationCancelled);
  EXPECT_EQ(stopped.load(), 2);
  EXPECT_EQ(census.alive(), 0);
}

TEST(WhenAll, ThatIsNeverAwaitedFreesItsChildren) {
  test::Census census;
  std::atomic<int> stopped{0};
  {
    const auto all = when_all(sleep_long(test::Counted{census}, stopped), give(test::Counted{census}));
    EXPECT_EQ(census.alive(), 2);
  }
  EXPECT_EQ(census.alive(), 0);
}

TEST(WhenAll, OfResultsThatCannotBeMovedOutThrowsAndLeavesNothingBehind) {
  test::Census census;
  const auto make = []() -> Lazy<test::ThrowingMove> { co_return test::ThrowingMove{1, 1}; };
  const auto body = [&]() -> Lazy<void> {
    auto all = when_all(give(test::Counted{census}), make(), give(test::Counted{census}));
    EXPECT_THROW(static_cast<void>(co_await all), test::MoveFailed);
  };
  sync_wait(body);
  EXPECT_EQ(census.alive(), 0);
}

TEST(WhenAllSettled, GivesAnOutcomeForEachAndStopsNobody) {
  int object = 0;
  test::LostErrors lost;
  Runtime runtime{lost.options(2)};
  const auto body = [&object]() -> Lazy<void> {
    auto all = when_all_settled(fail("early"), give(test::MoveOnly{5}), refer_to(object), nothing(), start_giving(6));
    auto [failed, move_only, reference, empty, task] = co_await all;
    EXPECT_EQ(test::text_of(failed.error()), "early");
    EXPECT_EQ(std::move(move_only).value().value(), 5);
    EXPECT_EQ(&reference.value().get(), &object);
    EXPECT_TRUE(empty.has_value());
    EXPECT_EQ(task.value(), 6);
  };
  sync_wait(runtime, body);
  EXPECT_TRUE(lost.texts().empty());
}

TEST(WhenAllSettled, OfAVectorKeepsTheOrder) {
  const auto body = []() -> Lazy<void> {
    std::vector<Lazy<int>> tasks;
    const auto odd_fail = [](int i) -> Lazy<int> {
      if (i % 2 == 1) throw std::runtime_error{std::to_string(i)};
      co_return i;
    };
    for (int i = 0; i < 10; ++i) tasks.push_back(odd_fail(i));
    auto all = when_all_settled(std::move(tasks));
    const auto outcomes = co_await all;
    EXPECT_EQ(outcomes.size(), 10u);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      if (i % 2 == 0)
        EXPECT_EQ(outcomes[i].value(), static_cast<int>(i));
      else
        EXPECT_EQ(test::text_of(outcomes[i].error()), std::to_string(i));
    }
    auto none = when_all_settled(std::vector<Lazy<int>>{});
    EXPECT_TRUE((co_await none).empty());
  };
  sync_wait(body);
}

TEST(WhenAllSettled, TellsACancelledChildFromAResult) {
  std::atomic<int> stopped{0};
  test::Census census;
  Runtime runtime{{.workers = 1}};
  const auto body = [&]() -> Lazy<bool> {
    auto all = when_all_settled(sleep_long(test::Counted{census}, stopped), nothing());
    const auto [sleeper, other] = co_await all;
    co_return !sleeper.has_value() && other.has_value();
  };
  Task<bool> task = spawn_on(runtime, body);
  task.request_stop();
  EXPECT_TRUE(sync_wait(runtime, task));
}

TEST(WhenAllStress, ResumesOnceHoweverTheChildrenEnd) {
  const std::size_t rounds = test::rounds(10'000);
  test::Random random;
  Runtime runtime{{.workers = 3}};
  const auto body = [&]() -> Lazy<std::size_t> {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < rounds; ++i) {
      const auto work = [](std::size_t turns) -> std::size_t {
        test::dawdle(turns);
        return 1;
      };
      auto all = when_all(spawn(work, random.below(300)), give(std::size_t{1}), spawn(work, random.below(300)));
      const auto [first, second, third] = co_await all;
      sum += first + second + third;
    }
    co_return sum;
  };
  EXPECT_EQ(sync_wait(runtime, body), 3 * rounds);
}

TEST(WhenAllStress, JoinsEverybodyHoweverOneFailureMeetsTheOthers) {
  const std::size_t rounds = test::rounds(5'000);
  test::Random random;
  test::Census census;
  Runtime runtime{{.workers = 3}};
  const auto body = [&]() -> Lazy<std::size_t> {
    std::size_t failures = 0;
    for (std::size_t i = 0; i < rounds; ++i) {
      const auto fails = [](std::size_t turns, test::Counted) -> int {
        test::dawdle(turns);
        throw std::runtime_error{"x"};
      };
      const auto sleeps = [](test::Counted) -> Lazy<int> {
        auto nap = sleep_for(1h);
        co_await nap;
        co_return 0;
      };
      auto all = when_all(sleeps(test::Counted{census}), spawn(fails, random.below(300), test::Counted{census}),
                          spawn(sleeps, test::Counted{census}));
      try {
        static_cast<void>(co_await all);
      } catch (const std::runtime_error&) {
        ++failures;
      }
    }
    co_return failures;
  };
  EXPECT_EQ(sync_wait(runtime, body), rounds);
  EXPECT_EQ(census.alive(), 0);
}

} // namespace
} // namespace flowcoro
