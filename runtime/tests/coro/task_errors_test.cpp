// Exceptions of tasks: from every place, of every type, to exactly one receiver.
#include "helpers.hpp"

#include "../support/values.hpp"

#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace flowcoro {
namespace {

template <class Policy>
class TaskError : public testing::Test {
 public:
  static constexpr Start start = Policy::value;
};
struct StartNames {
  template <class Policy>
  static std::string GetName(int) {
    return Policy::value == Start::eager ? "Task" : "Lazy";
  }
};
using BothStarts =
    testing::Types<std::integral_constant<Start, Start::eager>, std::integral_constant<Start, Start::lazy>>;
TYPED_TEST_SUITE(TaskError, BothStarts, StartNames);

template <Start start, class E>
BasicTask<int, start> throw_first(E error) {
  throw std::move(error);
  co_return 0;
}
template <Start start>
BasicTask<int, start> throw_after_a_wait(std::string text) {
  auto turn = yield();
  co_await turn;
  throw std::runtime_error{text};
}

TYPED_TEST(TaskError, FromTheBodyBeforeItsFirstWaitReachesTheAwaiter) {
  EXPECT_THROW(static_cast<void>(sync_wait(throw_first<TestFixture::start>(std::out_of_range{"x"}))),
               std::out_of_range);
}

TYPED_TEST(TaskError, FromTheBodyAfterAWaitReachesTheAwaiter) {
  try {
    static_cast<void>(sync_wait(throw_after_a_wait<TestFixture::start>("late")));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "late");
  }
}

TYPED_TEST(TaskError, MayBeANumber) {
  try {
    static_cast<void>(sync_wait(throw_first<TestFixture::start>(17)));
    ADD_FAILURE() << "nothing was thrown";
  } catch (int error) {
    EXPECT_EQ(error, 17);
  }
}

TYPED_TEST(TaskError, MayBeALiteral) {
  try {
    static_cast<void>(sync_wait(throw_first<TestFixture::start>("text")));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const char* error) {
    EXPECT_STREQ(error, "text");
  }
}

TYPED_TEST(TaskError, MayBeMoveOnly) {
  try {
    static_cast<void>(sync_wait(throw_first<TestFixture::start>(test::MoveOnly{4})));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const test::MoveOnly& error) {
    EXPECT_EQ(error.value(), 4);
  }
}

template <Start start>
Lazy<int> receive_and_ask_again() {
  auto task = throw_first<start>(std::runtime_error{"once"});
  int received = 0;
  try {
    received += co_await task;
  } catch (const std::runtime_error&) {
    ++received;
  }
  try {
    received += co_await task;
  } catch (const NoResult&) {
    received += 10;
  }
  co_return received;
}

TYPED_TEST(TaskError, IsReceivedExactlyOnce) {
  test::LostErrors lost;
  {
    Runtime runtime{lost.options(2)};
    EXPECT_EQ(sync_wait(runtime, receive_and_ask_again<TestFixture::start>()), 11);
  }
  EXPECT_TRUE(lost.texts().empty());
}

template <Start start>
BasicTask<int, start> take_argument(test::Counted, test::ThrowingMove argument) {
  co_return argument.value();
}

TYPED_TEST(TaskError, FromCopyingAnArgumentReachesTheCallerAndLeavesNothingBehind) {
  test::Census census;
  EXPECT_THROW(static_cast<void>(take_argument<TestFixture::start>(test::Counted{census}, test::ThrowingMove{1})),
               test::MoveFailed);
  EXPECT_GT(census.made(), 0);
  EXPECT_EQ(census.alive(), 0);
}

template <Start start>
BasicTask<int, start> throw_with_locals(test::Census& census) {
  const test::Counted first{census};
  auto turn = yield();
  co_await turn;
  const test::Counted second{census};
  throw std::runtime_error{"with locals"};
}

TYPED_TEST(TaskError, DestroysTheLocalsOfTheCoroutine) {
  test::Census census;
  EXPECT_THROW(static_cast<void>(sync_wait(throw_with_locals<TestFixture::start>(census))), std::runtime_error);
  EXPECT_EQ(census.made(), 2);
  EXPECT_EQ(census.alive(), 0);
}

/// Throws when it leaves its scope, after the value was returned.
struct ThrowsAtTheEnd {
  ~ThrowsAtTheEnd() noexcept(false) { throw std::runtime_error{"at the end"}; }
};
template <Start start>
BasicTask<test::Counted, start> return_then_throw(test::Census& census) {
  const ThrowsAtTheEnd last;
  co_return test::Counted{census};
}

TYPED_TEST(TaskError, FromADestructorReplacesTheValueThatWasReturned) {
  test::Census census;
  EXPECT_THROW(static_cast<void>(sync_wait(return_then_throw<TestFixture::start>(census))), std::runtime_error);
  EXPECT_EQ(census.alive(), 0);
}

template <Start start>
BasicTask<int, start> pass_on(int depth) {
  if (depth == 0) throw std::runtime_error{"from below"};
  auto child = pass_on<start>(depth - 1);
  co_return co_await child;
}

TYPED_TEST(TaskError, TravelsThroughEveryAwaiterOfAChain) {
  EXPECT_THROW(static_cast<void>(sync_wait(pass_on<TestFixture::start>(100))), std::runtime_error);
}

Lazy<void> drop_a_finished_failure() {
  {
    const auto task = throw_first<Start::eager>(std::runtime_error{"dropped when done"});
  }
  co_return;
}

TEST(LostTaskError, OfADroppedFinishedTaskReachesTheHandlerAndTheCounter) {
  test::LostErrors lost;
  Runtime runtime{lost.options(2)};
  sync_wait(runtime, drop_a_finished_failure());
  EXPECT_EQ(lost.texts(), std::vector<std::string>{"dropped when done"});
  EXPECT_EQ(runtime.stats().unhandled, 1u);
}

TEST(LostTaskError, OfATaskThatFailsAfterItWasDroppedReachesTheHandler) {
  test::LostErrors lost;
  test::Gate gate;
  Runtime runtime{lost.options(2)};
  const auto fail = [&gate]() -> Lazy<void> {
    co_await gate;
    throw std::runtime_error{"dropped while running"};
  };
  {
    const Task<void> task = spawn_on(runtime, fail);
  }
  gate.open();
  ASSERT_TRUE(runtime.shutdown().clean());
  EXPECT_EQ(lost.texts(), std::vector<std::string>{"dropped while running"});
  EXPECT_EQ(runtime.stats().unhandled, 1u);
}

TEST(LostTaskError, OfAnyTypeIsHandedOver) {
  test::LostErrors lost;
  Runtime runtime{lost.options(1)};
  {
    const Task<void> task = spawn_on(runtime, [] { throw 5; });
  }
  ASSERT_TRUE(runtime.shutdown().clean());
  EXPECT_EQ(lost.texts(), std::vector<std::string>{"not a std::exception"});
}

TEST(LostTaskError, IsNotWhatACancelledTaskEndsWith) {
  test::LostErrors lost;
  Runtime runtime{lost.options(1)};
  {
    const Task<void> task = spawn_on(runtime, [] { throw OperationCancelled{}; });
  }
  ASSERT_TRUE(runtime.shutdown().clean());
  EXPECT_TRUE(lost.texts().empty());
  EXPECT_EQ(runtime.stats().unhandled, 0u);
  EXPECT_EQ(runtime.stats().cancelled, 1u);
}

TEST(LostTaskError, OfATaskThatNoRuntimeEverSawReachesTheDefaultRuntime) {
  const std::uint64_t before = default_runtime().stats().unhandled;
  {
    const auto task = throw_first<Start::eager>(std::runtime_error{"nobody's"});
  }
  EXPECT_EQ(default_runtime().stats().unhandled, before + 1);
}

TEST(LostTaskError, OfATaskWhoseRuntimeHasEndedReachesTheDefaultRuntime) {
  const std::uint64_t before = default_runtime().stats().unhandled;
  {
    Task<int> task;
    {
      Runtime runtime{{.workers = 1}};
      task = spawn_on(runtime, []() -> int { throw std::runtime_error{"outlived its runtime"}; });
    }
    EXPECT_TRUE(task.done());
  }
  EXPECT_EQ(default_runtime().stats().unhandled, before + 1);
}

} // namespace
} // namespace flowcoro
