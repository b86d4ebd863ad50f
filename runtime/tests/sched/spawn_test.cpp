#include "flowcoro/sched/spawn.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::current_scheduler;
using flowcoro::Lazy;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::Census;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::Counted;
using flowcoro::test::MoveOnly;
using flowcoro::test::OverAligned;
using flowcoro::test::rounds;

int plain_function(int a, int b) { return a + b; }
Lazy<int> lazy_function(int a, int b) {
  co_await flowcoro::yield();
  co_return a* b;
}
Lazy<std::string> lazy_with_reference(const std::string& text) {
  co_await flowcoro::yield();
  co_return text + "!";
}
Task<int> task_function(int a) {
  co_await flowcoro::yield();
  co_return a + 1;
}
struct Calculator {
  int base;
  int add(int n) const { return base + n; }
  Lazy<int> add_later(int n) const {
    co_await flowcoro::yield();
    co_return base + n;
  }
};

static_assert(std::is_same_v<decltype(spawn_on(std::declval<flowcoro::Runtime&>(), lazy_function, 1, 2)), Task<int>>);
static_assert(std::is_same_v<decltype(spawn_on(std::declval<flowcoro::Runtime&>(), task_function, 1)), Task<int>>,
              "a task in a task is unwrapped");
static_assert(std::is_same_v<decltype(flowcoro::spawn([] {})), Task<void>>);

class Spawn : public testing::TestWithParam<unsigned> {
 protected:
  CheckedRuntime runtime_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Workers, Spawn, testing::Values(1, 2, 8), testing::PrintToStringParamName());

TEST_P(Spawn, TakesFunctionsAndFunctionPointers) {
  EXPECT_EQ(sync_wait(runtime_, spawn_on(runtime_, plain_function, 2, 3)), 5);
  EXPECT_EQ(sync_wait(runtime_, spawn_on(runtime_, &plain_function, 2, 3)), 5);
  EXPECT_EQ(sync_wait(runtime_, spawn_on(runtime_, lazy_function, 2, 3)), 6);
  EXPECT_EQ(sync_wait(runtime_, spawn_on(runtime_, &lazy_function, 2, 3)), 6);
}

TEST_P(Spawn, TakesACallableThatGivesATask) { EXPECT_EQ(sync_wait(runtime_, spawn_on(runtime_, task_function, 4)), 5); }

TEST_P(Spawn, TakesMemberFunctions) {
  const Calculator calculator{10};
  EXPECT_EQ(sync_wait(runtime_, spawn_on(runtime_, &Calculator::add, calculator, 5)), 15);
  EXPECT_EQ(sync_wait(runtime_, spawn_on(runtime_, &Calculator::add, &calculator, 6)), 16);
  EXPECT_EQ(sync_wait(runtime_, spawn_on(runtime_, &Calculator::add_later, &calculator, 7)), 17);
}

TEST_P(Spawn, TakesStdFunctionAndBoundArguments) {
  std::function<int(int)> twice = [](int n) { return 2 * n; };
  EXPECT_EQ(sync_wait(runtime_, spawn_on(runtime_, twice, 21)), 42);
  EXPECT_EQ(sync_wait(runtime_, spawn_on(runtime_, std::bind_front(plain_function, 1), 2)), 3);
}

TEST_P(Spawn, TakesGenericAndMutableLambdas) {
  EXPECT_EQ(sync_wait(runtime_, spawn_on(runtime_, [](auto a, auto b) { return a + b; }, 1, 2)), 3);
  EXPECT_EQ(sync_wait(runtime_, spawn_on(runtime_, [n = 1]() mutable { return ++n; })), 2);
}

TEST_P(Spawn, KeepsTheCapturesOfACoroutineLambdaWhileItRuns) {
  std::vector<Task<std::string>> tasks;
  for (int i = 0; i < 100; ++i) {
    std::string text = "a text that is too long for the small buffer of a string, number " + std::to_string(i);
    tasks.push_back(spawn_on(runtime_, [text = std::move(text)]() -> Lazy<std::string> {
      co_await flowcoro::yield();
      co_await flowcoro::yield();
      co_return text;
    }));
  }
  for (int i = 0; i < 100; ++i) {
    const std::string text = sync_wait(runtime_, tasks[static_cast<std::size_t>(i)]);
    EXPECT_TRUE(text.ends_with("number " + std::to_string(i))) << text;
  }
}

TEST_P(Spawn, KeepsArgumentsThatACoroutineTakesByReference) {
  std::string text = "a text that is too long for the small buffer of a string";
  auto task = spawn_on(runtime_, lazy_with_reference, text);
  text = "changed after the call";
  EXPECT_EQ(sync_wait(runtime_, task), "a text that is too long for the small buffer of a string!");
}

TEST_P(Spawn, PassesAReferenceWhereOneIsAskedFor) {
  int counter = 0;
  sync_wait(runtime_, spawn_on(runtime_, [](int& n) { ++n; }, std::ref(counter)));
  EXPECT_EQ(counter, 1);
}

TEST_P(Spawn, MovesMoveOnlyArgumentsCapturesAndResults) {
  auto argument = spawn_on(runtime_, [](MoveOnly value) { return value; }, MoveOnly{3});
  MoveOnly from_argument = sync_wait(runtime_, argument);
  EXPECT_EQ(from_argument.value(), 3);
  auto capture = spawn_on(runtime_, [value = std::make_unique<int>(4)]() -> Lazy<int> {
    co_await flowcoro::yield();
    co_return *value;
  });
  EXPECT_EQ(sync_wait(runtime_, capture), 4);
}

TEST_P(Spawn, GivesReferencesAndOverAlignedResults) {
  int target = 0;
  auto reference = spawn_on(runtime_, [&target]() -> int& { return target; });
  int& got = sync_wait(runtime_, reference);
  EXPECT_EQ(&got, &target);
  auto aligned = spawn_on(runtime_, [] { return OverAligned{8}; });
  const OverAligned result = sync_wait(runtime_, aligned);
  EXPECT_TRUE(result.is_aligned());
  EXPECT_EQ(result.value, 8);
}

TEST_P(Spawn, DestroysCallableArgumentsAndResultExactlyOnce) {
  Census census;
  {
    auto task = spawn_on(
        runtime_,
        [kept = Counted{census, 1}](Counted argument) -> Lazy<Counted> {
          co_await flowcoro::yield();
          co_return Counted{argument};
        },
        Counted{census, 2});
    const Counted result = sync_wait(runtime_, task);
    EXPECT_EQ(result.value(), 2);
    EXPECT_FALSE(task.valid());
  }
  EXPECT_EQ(census.alive(), 0);
}

TEST_P(Spawn, RunsOnAWorkerAndNotOnTheCallingThread) {
  auto task = spawn_on(runtime_, [] { return std::pair{current_scheduler(), std::this_thread::get_id()}; });
  while (!task.done()) std::this_thread::yield();
  const auto [scheduler, thread] = sync_wait(runtime_, task);
  EXPECT_EQ(scheduler, &runtime_.scheduler());
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST_P(Spawn, OnAWorkerUsesItsScheduler) {
  auto outer = spawn_on(runtime_, [] { return flowcoro::spawn([] { return current_scheduler(); }); });
  EXPECT_EQ(sync_wait(runtime_, outer), &runtime_.scheduler());
}

TEST_P(Spawn, HandsALazyToTheWorkers) {
  EXPECT_EQ(sync_wait(runtime_,
                      []() -> Lazy<int> {
                        auto lazy = lazy_function(5, 6);
                        auto task = flowcoro::spawn(std::move(lazy));
                        co_return co_await task;
                      }),
            30);
  EXPECT_THROW(static_cast<void>(flowcoro::spawn(Lazy<int>{})), flowcoro::NoResult);
}

TEST_P(Spawn, HandsEveryTypeOfExceptionToTheAwaiterOnce) {
  auto standard = spawn_on(runtime_, []() -> int { throw std::out_of_range{"far"}; });
  auto number = spawn_on(runtime_, []() -> Lazy<int> {
    co_await flowcoro::yield();
    throw 5;
  });
  auto text = spawn_on(runtime_, [] { throw "text"; });
  EXPECT_THROW(sync_wait(runtime_, standard), std::out_of_range);
  EXPECT_THROW(sync_wait(runtime_, number), int);
  EXPECT_THROW(sync_wait(runtime_, text), const char*);
  EXPECT_THROW(sync_wait(runtime_, standard), flowcoro::NoResult);
}

TEST_P(Spawn, ThrowsAtTheCallWhenAnArgumentCannotBeMovedIn) {
  using flowcoro::test::ThrowingMove;
  EXPECT_THROW(
      static_cast<void>(spawn_on(runtime_, [](ThrowingMove) {}, ThrowingMove{1, 0})), flowcoro::test::MoveFailed);
  EXPECT_EQ(runtime_.stats().submitted, 0u);
}

TEST_P(Spawn, DroppingTheTaskRequestsStopAndLeavesTheRestToTheRuntime) {
  std::atomic<bool> cancelled{false};
  std::atomic<bool> asleep{false};
  auto task = spawn_on(runtime_, [&]() -> Lazy<void> {
    try {
      asleep = true;
      co_await flowcoro::sleep_for(1h);
    } catch (const flowcoro::OperationCancelled&) {
      cancelled = true;
    }
  });
  while (!asleep) std::this_thread::yield();
  task = {};
  while (!cancelled) std::this_thread::yield();
}

TEST_P(Spawn, SurvivesTasksThatAreDroppedAtOnce) {
  Census census;
  for (std::size_t i = 0; i < rounds(10'000); ++i) {
    auto task = spawn_on(runtime_, [kept = Counted{census}]() -> Lazy<void> { co_await flowcoro::yield(); });
    static_cast<void>(task);
  }
  static_cast<void>(runtime_.shutdown());
  EXPECT_EQ(census.alive(), 0);
  EXPECT_EQ(runtime_.stats().submitted, rounds(10'000));
}

TEST_P(Spawn, FansOutRecursively) {
  struct Tree {
    static Lazy<int> leaves(int depth) {
      if (depth == 0) co_return 1;
      auto left = flowcoro::spawn(leaves, depth - 1);
      auto right = flowcoro::spawn(leaves, depth - 1);
      const int a = co_await left;
      const int b = co_await right;
      co_return a + b;
    }
  };
  constexpr int depth = flowcoro::test::rounds(10) == 10 ? 14 : 9;
  EXPECT_EQ(sync_wait(runtime_, spawn_on(runtime_, Tree::leaves, depth)), 1 << depth);
}

} // namespace
