#include "flowcoro/base/result.hpp"

#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace {

using flowcoro::Err;
using flowcoro::Lazy;
using flowcoro::Ok;
using flowcoro::Result;
using flowcoro::Task;
using flowcoro::test::MoveOnly;

template <class T, class E>
inline constexpr bool trivial =
    std::is_trivially_copyable_v<Result<T, E>> && std::is_trivially_move_constructible_v<Result<T, E>> &&
    std::is_trivially_copy_assignable_v<Result<T, E>> && std::is_trivially_destructible_v<Result<T, E>>;
static_assert(trivial<int, int> && trivial<void, int> && trivial<int, void> && trivial<void, void>);
static_assert(trivial<int*, std::reference_wrapper<int>> && !trivial<std::string, int>);
static_assert(sizeof(Result<int, int>) == 2 * sizeof(int));
static_assert(!std::is_default_constructible_v<Result<int, int>>);
static_assert(std::is_move_constructible_v<Result<MoveOnly, int>> &&
              !std::is_copy_constructible_v<Result<MoveOnly, int>>);
static_assert(std::is_nothrow_move_constructible_v<Result<std::string, std::string>>);
static_assert(!std::is_constructible_v<Result<int, int>, int>, "which side would it be?");

enum class Error { none, odd, negative };

constexpr Result<int, Error> half(int n) {
  if (n < 0) return Err(Error::negative);
  if (n % 2 != 0) return Err(Error::odd);
  return Ok(n / 2);
}
constexpr Result<int, Error> quarter(int n) {
  FLOWCORO_TRY(const int first, half(n));
  FLOWCORO_TRY(const int second, half(first));
  return Ok(second);
}
constexpr Result<void, Error> must_be_even(int n) {
  FLOWCORO_TRY_VOID(half(n));
  return Ok();
}

static_assert(half(8).is_ok() && half(8).unwrap() == 4 && half(7).is_err() && half(7).unwrap_err() == Error::odd);
static_assert(quarter(8).unwrap() == 2 && quarter(6).unwrap_err() == Error::odd && quarter(-1).is_err());
static_assert(must_be_even(2).is_ok() && must_be_even(3).unwrap_err() == Error::odd);
static_assert(half(7).unwrap_or(5) == 5 && half(8).unwrap_or(5) == 4);
static_assert(half(8).map([](int n) { return n + 1; }).unwrap() == 5);
static_assert(half(8).and_then(half).and_then(half).unwrap() == 1);
static_assert(half(7).map_err([](Error error) { return static_cast<int>(error); }).unwrap_err() == 1);
static_assert(half(8) == half(8) && !(half(8) == half(7)) && half(7) == half(9));

TEST(Result, MayHaveOneTypeOnBothSides) {
  Result<std::string, std::string> value = Ok("fine");
  Result<std::string, std::string> error = Err("wrong");
  EXPECT_TRUE(value.is_ok());
  EXPECT_FALSE(value.is_err());
  EXPECT_TRUE(value);
  EXPECT_EQ(value.unwrap(), "fine");
  EXPECT_TRUE(error.is_err());
  EXPECT_FALSE(error);
  EXPECT_EQ(error.unwrap_err(), "wrong");
  EXPECT_FALSE((value == error));
  const auto swapped = Result<std::string, std::string>{Err("fine")};
  EXPECT_FALSE((value == swapped)) << "the side counts, not only the text";
}

TEST(Result, MayHaveNoValueAndNoError) {
  const Result<void, int> done = Ok();
  EXPECT_TRUE(done.is_ok());
  done.unwrap();
  const Result<void, int> failed = Err(3);
  EXPECT_EQ(failed.unwrap_err(), 3);
  const Result<int, void> none = Err();
  EXPECT_TRUE(none.is_err());
  none.unwrap_err();
  const Result<int, void> some = Ok(4);
  EXPECT_EQ(some.unwrap(), 4);
  const Result<void, void> neither = Err();
  EXPECT_TRUE(neither.is_err());
}

TEST(Result, MovesAMoveOnlyValueOut) {
  Result<MoveOnly, std::unique_ptr<int>> value = Ok(MoveOnly{4});
  Result<MoveOnly, std::unique_ptr<int>> moved = std::move(value);
  const MoveOnly out = std::move(moved).unwrap();
  EXPECT_EQ(out.value(), 4);
  Result<MoveOnly, std::unique_ptr<int>> error = Err(std::make_unique<int>(5));
  EXPECT_EQ(*std::move(error).unwrap_err(), 5);
  Result<MoveOnly, int> late = Err(1);
  EXPECT_EQ(std::move(late).unwrap_or(MoveOnly{6}).value(), 6);
}

TEST(Result, GivesAccessInPlace) {
  Result<std::string, int> value = Ok("abc");
  value.unwrap() += 'd';
  EXPECT_EQ(std::as_const(value).unwrap(), "abcd");
  Result<int, std::string> error = Err("abc");
  error.unwrap_err() += 'd';
  EXPECT_EQ(std::as_const(error).unwrap_err(), "abcd");
  value = Err(3);
  EXPECT_EQ(value.unwrap_err(), 3);
}

TEST(Result, MapsTheValueAndKeepsTheError) {
  const Result<int, std::string> value = Ok(20);
  const Result<int, std::string> error = Err("wrong");
  const auto to_text = [](int n) { return std::to_string(n); };
  EXPECT_EQ(value.map(to_text).unwrap(), "20");
  EXPECT_EQ(error.map(to_text).unwrap_err(), "wrong");
  int seen = 0;
  const auto look = [&seen](int n) { seen = n; };
  static_assert(std::is_same_v<decltype(value.map(look)), Result<void, std::string>>);
  EXPECT_TRUE(value.map(look).is_ok());
  EXPECT_EQ(seen, 20);
  const Result<void, int> nothing = Ok();
  EXPECT_EQ(nothing.map([] { return 3; }).unwrap(), 3);
}

TEST(Result, MapsTheErrorAndKeepsTheValue) {
  const Result<int, std::string> value = Ok(20);
  const Result<int, std::string> error = Err("wrong");
  const auto length = [](std::string_view text) { return text.size(); };
  EXPECT_EQ(value.map_err(length).unwrap(), 20);
  EXPECT_EQ(error.map_err(length).unwrap_err(), 5u);
  const Result<int, void> nothing = Err();
  EXPECT_EQ(nothing.map_err([] { return 7; }).unwrap_err(), 7);
}

TEST(Result, MovesThroughItsFunctions) {
  Result<MoveOnly, int> value = Ok(MoveOnly{1});
  auto more = std::move(value)
                  .map([](MoveOnly n) { return MoveOnly{n.value() + 1}; })
                  .and_then([](MoveOnly n) -> Result<MoveOnly, int> { return Ok(MoveOnly{n.value() + 1}); })
                  .map_err([](int n) { return n + 1; });
  EXPECT_EQ(more.unwrap().value(), 3);
}

TEST(Result, GoesOnWithTheFirstErrorOnly) {
  int calls = 0;
  const auto count = [&calls](int n) -> Result<int, Error> {
    ++calls;
    return half(n);
  };
  EXPECT_EQ(half(6).and_then(count).and_then(count).unwrap_err(), Error::odd);
  EXPECT_EQ(calls, 1);
}

TEST(Result, ThrowsItsErrorWhereTheValueIsDemanded) {
  EXPECT_EQ(half(4).value_or_throw(), 2);
  EXPECT_THROW(half(3).value_or_throw(), flowcoro::ResultIsError);
  const Result<int, std::runtime_error> typed = Err(std::runtime_error{"typed"});
  EXPECT_THROW(typed.value_or_throw(), std::runtime_error);
  const Result<void> caught = Err(std::make_exception_ptr(std::out_of_range{"kept"}));
  EXPECT_THROW(caught.value_or_throw(), std::out_of_range);
  const Result<void> fine = Ok();
  EXPECT_NO_THROW(fine.value_or_throw());
}

TEST(ResultDeathTest, OfTheOtherSideIsACheckedError) {
  EXPECT_DEATH(static_cast<void>(half(3).unwrap()), "unwrap\\(\\) of a result that is an error");
  EXPECT_DEATH(static_cast<void>(half(4).unwrap_err()), "unwrap_err\\(\\) of a result that is a value");
  const Result<void, int> failed = Err(1);
  EXPECT_DEATH(failed.unwrap(), "unwrap\\(\\) of a result that is an error");
}

Lazy<Result<int, std::string>> parse(int n) {
  if (n < 0) co_return Err("negative");
  co_return Ok(n);
}
Lazy<Result<void, std::string>> check(int n) {
  if (n > 100) co_return Err("too large");
  co_return Ok();
}
Lazy<Result<std::string, std::string>> sum(int a, int b) {
  auto first = parse(a);
  FLOWCORO_CO_TRY(const int x, co_await first);
  auto second = parse(b);
  FLOWCORO_CO_TRY(const int y, co_await second);
  auto checking = check(x + y);
  FLOWCORO_CO_TRY_VOID(co_await checking);
  co_return Ok(std::to_string(x + y));
}

TEST(Result, LeavesACoroutineEarly) {
  EXPECT_EQ(flowcoro::sync_wait(sum(2, 3)).unwrap(), "5");
  EXPECT_EQ(flowcoro::sync_wait(sum(-2, 3)).unwrap_err(), "negative");
  EXPECT_EQ(flowcoro::sync_wait(sum(2, -3)).unwrap_err(), "negative");
  EXPECT_EQ(flowcoro::sync_wait(sum(99, 3)).unwrap_err(), "too large");
}

/// Throws what `number` asks for.
int parse_or_throw(int number) {
  if (number == 0)
    throw std::out_of_range{"zero, of which there is nothing to be made; a text that no small buffer holds"};
  if (number < 0) throw number;
  return number;
}

Task<Result<int, std::string>> as_text(int number) {
  co_await flowcoro::yield();
  try {
    co_return Ok(parse_or_throw(number));
  } catch (const std::exception& e) {
    co_return Err(e.what()); // a const char* that ends with the exception
  } catch (...) {
    co_return Err(std::string_view{"something else"}); // as std::string is made of it: explicitly
  }
}

TEST(ResultOfATask, KeepsTheTextOfAnExceptionThatIsGone) {
  static_assert(!std::is_convertible_v<std::string_view, std::string> &&
                std::is_constructible_v<std::string, std::string_view>);
  auto task = as_text(0);
  const auto zero = flowcoro::sync_wait(task);
  EXPECT_EQ(zero.unwrap_err(), "zero, of which there is nothing to be made; a text that no small buffer holds");
  EXPECT_EQ(flowcoro::sync_wait(as_text(-1)).unwrap_err(), "something else");
  EXPECT_EQ(flowcoro::sync_wait(as_text(5)).unwrap(), 5);
}

/// The error type that is not named is std::exception_ptr.
static_assert(std::is_same_v<Result<int>, Result<int, std::exception_ptr>>);
static_assert(std::is_same_v<Result<void>::error_type, std::exception_ptr>);

Task<Result<int>> as_exception(int number) {
  co_await flowcoro::yield();
  try {
    co_return Ok(parse_or_throw(number));
  } catch (...) {
    co_return Err(std::current_exception());
  }
}
Task<Result<void>> first_of(int a, int b) {
  auto one = as_exception(a);
  auto two = as_exception(b);
  FLOWCORO_CO_TRY_VOID(co_await one);
  FLOWCORO_CO_TRY_VOID(co_await two);
  co_return Ok();
}

TEST(ResultOfATask, KeepsTheExceptionItselfWhereNoErrorTypeIsNamed) {
  EXPECT_EQ(flowcoro::sync_wait(as_exception(5)).value_or_throw(), 5);
  auto zero = flowcoro::sync_wait(as_exception(0));
  EXPECT_TRUE(zero.is_err());
  EXPECT_THROW(std::move(zero).value_or_throw(), std::out_of_range);
  EXPECT_TRUE(flowcoro::sync_wait(first_of(1, 2)).is_ok());
  EXPECT_THROW(flowcoro::sync_wait(first_of(0, -7)).value_or_throw(), std::out_of_range);
  try {
    flowcoro::sync_wait(first_of(1, -7)).value_or_throw();
    ADD_FAILURE() << "nothing was thrown";
  } catch (int number) {
    EXPECT_EQ(number, -7);
  }
}

Task<Result<std::unique_ptr<int>, std::string>> make_unique_or_not(int number) {
  co_await flowcoro::yield();
  if (number == 0) co_return Err("none");
  co_return Ok(std::make_unique<int>(number));
}
Task<Result<void, std::string>> add_up(std::vector<int> numbers, int& sum) {
  for (const int number : numbers) {
    auto making = make_unique_or_not(number);
    FLOWCORO_CO_TRY(const auto made, co_await making);
    sum += *made;
  }
  co_return Ok();
}

TEST(ResultOfATask, MayBeMoveOnlyAndEndsALoopEarly) {
  int sum = 0;
  EXPECT_TRUE(flowcoro::sync_wait(add_up({1, 2, 3}, sum)).is_ok());
  EXPECT_EQ(sum, 6);
  EXPECT_EQ(flowcoro::sync_wait(add_up({4, 0, 5}, sum)).unwrap_err(), "none");
  EXPECT_EQ(sum, 10);
}

TEST(ResultOfATask, ThatFailsIsNoFailureOfTheTask) {
  flowcoro::Runtime runtime{{.workers = 1}};
  {
    const auto dropped = flowcoro::spawn_on(runtime, [] { return as_text(0); });
    while (!dropped.done()) std::this_thread::yield();
  }
  EXPECT_TRUE(runtime.shutdown().clean());
  EXPECT_EQ(runtime.stats().unhandled, 0u);
}

} // namespace
