// Exceptions of tasks: from every place, of every type, to exactly one receiver.
#include "helpers.hpp"

#include "../support/values.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
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

class CopyFailed final : public std::runtime_error {
 public:
  CopyFailed() : std::runtime_error{"this argument refuses to be copied"} {}
};
/// Has no move constructor; the copy after `good_copies` of them throws.
class ThrowingCopy {
 public:
  explicit ThrowingCopy(int good_copies) noexcept : left_{good_copies} {}
  ThrowingCopy(const ThrowingCopy& other) : left_{other.left_ - 1} {
    if (left_ < 0) throw CopyFailed{};
  }
  ThrowingCopy& operator=(const ThrowingCopy&) = delete;
  ~ThrowingCopy() = default;

 private:
  int left_;
};
template <Start start>
BasicTask<int, start> take_three(test::Counted, ThrowingCopy, test::Counted last) {
  co_return last.value();
}

TYPED_TEST(TaskError, FromCopyingAnArgumentIntoTheCallOrIntoTheFrameReachesTheCaller) {
  for (const int good_copies : {0, 1}) {
    test::Census census;
    const ThrowingCopy argument{good_copies};
    EXPECT_THROW(
        static_cast<void>(take_three<TestFixture::start>(test::Counted{census}, argument, test::Counted{census})),
        CopyFailed);
    EXPECT_EQ(census.alive(), 0);
  }
  test::Census census;
  const ThrowingCopy argument{2};
  EXPECT_EQ(sync_wait(take_three<TestFixture::start>(test::Counted{census}, argument, test::Counted{census, 4})), 4);
}

/// What runs between the copies and the body cannot throw.
template <class Promise>
constexpr bool begins_without_throwing =
    std::is_nothrow_default_constructible_v<Promise> && noexcept(std::declval<Promise&>().get_return_object()) &&
    noexcept(std::declval<Promise&>().initial_suspend()) && noexcept(std::declval<Promise&>().final_suspend()) &&
    noexcept(std::declval<Promise&>().unhandled_exception());
static_assert(begins_without_throwing<Task<int>::promise_type> && begins_without_throwing<Lazy<int>::promise_type> &&
              begins_without_throwing<Task<void>::promise_type> && begins_without_throwing<Lazy<int&>::promise_type>);

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

/// The functions of an awaitable that a co_await calls.
enum class In {
  operator_co_await,
  await_ready,
  await_suspend,
  await_suspend_of_bool,
  await_suspend_of_handle,
  await_resume,
  await_resume_after_a_wait,
};
constexpr std::string_view name_of(In function) {
  constexpr std::string_view names[] = {"OperatorCoAwait",      "AwaitReady",           "AwaitSuspend",
                                        "AwaitSuspendOfBool",   "AwaitSuspendOfHandle", "AwaitResume",
                                        "AwaitResumeAfterAWait"};
  return names[static_cast<std::size_t>(function)];
}
[[noreturn]] void fail_in(In function) { throw std::runtime_error{std::string{name_of(function)}}; }

template <In function>
class FailingAwaiter : ReadyNode {
 public:
  explicit FailingAwaiter(test::Census& census) : kept_{census} {}

  [[nodiscard]] bool await_ready() const {
    if (function == In::await_ready) fail_in(function);
    return function == In::await_resume;
  }
  template <class P>
  auto await_suspend(std::coroutine_handle<P> self) {
    if constexpr (function == In::await_suspend_of_bool) {
      fail_in(function);
      return true;
    } else if constexpr (function == In::await_suspend_of_handle) {
      fail_in(function);
      return std::coroutine_handle<>{self};
    } else {
      if (function == In::await_suspend) fail_in(function);
      handle = self;
      flowcoro::detail::home_of(self).post_elsewhere(*this);
    }
  }
  void await_resume() const { fail_in(function); }

 private:
  test::Counted kept_;
};
template <In function>
struct FailingAwaitable {
  test::Census& census;
  [[nodiscard]] FailingAwaiter<function> operator co_await() const {
    if (function == In::operator_co_await) fail_in(function);
    return FailingAwaiter<function>{census};
  }
};

template <class Row>
class AwaitError : public testing::Test {
 public:
  static constexpr Start start = Row::start;
  static constexpr In function = Row::function;

  static BasicTask<int, start> awaits(test::Counted, test::Census& census) {
    const test::Counted local{census};
    FailingAwaitable<function> awaitable{census};
    co_await awaitable;
    co_return 1;
  }
  /// The same without operator co_await, which is another way through the promise.
  static BasicTask<int, start> awaits_directly(test::Counted, test::Census& census) {
    FailingAwaiter<function> awaiter{census};
    co_await awaiter;
    co_return 1;
  }
  static BasicTask<int, start> catches(test::Counted, test::Census& census) {
    int caught = 0;
    for (int i = 0; i < 3; ++i) {
      FailingAwaitable<function> awaitable{census};
      try {
        co_await awaitable;
      } catch (const std::runtime_error&) {
        ++caught;
      }
      auto turn = yield();
      co_await turn;
    }
    co_return caught;
  }
  /// \return whether the failure came out of the first await, and nothing out of a second one.
  static Lazy<bool> receives_once(BasicTask<int, start> task) {
    std::string text;
    try {
      static_cast<void>(co_await task);
    } catch (const std::runtime_error& error) {
      text = error.what();
    }
    try {
      static_cast<void>(co_await task);
    } catch (const NoResult&) {
      co_return text == name_of(function);
    }
    co_return false;
  }
};
template <Start start_, In function_>
struct AwaitRow {
  static constexpr Start start = start_;
  static constexpr In function = function_;
};
struct AwaitRowNames {
  template <class Row>
  static std::string GetName(int) {
    return (Row::start == Start::eager ? "TaskIn" : "LazyIn") + std::string{name_of(Row::function)};
  }
};
template <class>
struct AwaitRowsOf;
template <std::size_t... i>
struct AwaitRowsOf<std::index_sequence<i...>> {
  using type =
      testing::Types<AwaitRow<Start::eager, static_cast<In>(i)>..., AwaitRow<Start::lazy, static_cast<In>(i)>...>;
};
using AwaitRows = AwaitRowsOf<std::make_index_sequence<7>>::type;
TYPED_TEST_SUITE(AwaitError, AwaitRows, AwaitRowNames);

TYPED_TEST(AwaitError, ReachesTheAwaiterOnceAndLeavesNothingBehind) {
  test::LostErrors lost;
  test::Census census;
  {
    Runtime runtime{lost.options(2)};
    EXPECT_TRUE(sync_wait(runtime, [&] { return this->receives_once(this->awaits(test::Counted{census}, census)); }));
    if constexpr (TestFixture::function != In::operator_co_await) {
      EXPECT_TRUE(sync_wait(runtime,
                            [&] { return this->receives_once(this->awaits_directly(test::Counted{census}, census)); }));
    }
  }
  EXPECT_TRUE(lost.texts().empty());
  EXPECT_EQ(census.alive(), 0);
}

TYPED_TEST(AwaitError, MayBeCaughtWhereItIsThrownAndTheCoroutineGoesOn) {
  test::Census census;
  Runtime runtime{{.workers = 2}};
  EXPECT_EQ(sync_wait(runtime, [&] { return this->catches(test::Counted{census}, census); }), 3);
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

Lazy<int> sleep_then_throw_or_give(SteadyTime until, int number) {
  auto nap = sleep_until(until);
  co_await nap;
  if (number % 2 != 0) throw std::runtime_error{"after the timer"};
  co_return number;
}

TEST(TaskErrorAfterATimer, LeavesTheWorkerAndTheOtherTimersAlone) {
  constexpr int count = 200;
  test::LostErrors lost;
  Runtime runtime{lost.options(1)};
  // One deadline, so that the worker takes them all out of the queue before it resumes the first.
  const SteadyTime until = steady_now() + std::chrono::milliseconds{20};
  std::vector<Task<int>> tasks;
  for (int i = 0; i < count; ++i) tasks.push_back(spawn_on(runtime, sleep_then_throw_or_give, until, i));
  for (int i = 0; i < count / 2; ++i) {
    const Task<int> dropped = spawn_on(runtime, [until]() -> Lazy<int> {
      auto nap = sleep_until(until);
      try {
        co_await nap;
      } catch (const OperationCancelled&) {
        throw std::runtime_error{"after a cancelled timer"};
      }
      throw std::runtime_error{"after the timer"};
    });
  }
  int failed = 0;
  int sum = 0;
  for (Task<int>& task : tasks) {
    try {
      sum += sync_wait(runtime, task);
    } catch (const std::runtime_error&) {
      ++failed;
    }
  }
  EXPECT_EQ(failed, count / 2);
  EXPECT_EQ(sum, (count / 2 - 1) * (count / 2));
  EXPECT_EQ(sync_wait(runtime, spawn_on(runtime, sleep_then_throw_or_give, steady_now(), 8)), 8);
  EXPECT_TRUE(runtime.shutdown().clean());
  EXPECT_EQ(lost.texts().size(), std::size_t{count / 2});
  EXPECT_EQ(runtime.stats().unhandled, std::uint64_t{count / 2});
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
