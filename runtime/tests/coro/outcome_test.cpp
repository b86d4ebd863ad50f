#include "flowcoro/coro/outcome.hpp"

#include "../support/values.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace flowcoro {
namespace {

std::exception_ptr an_error() { return std::make_exception_ptr(std::runtime_error{"broken"}); }

TEST(Outcome, KeepsAValue) {
  Outcome<int> outcome{7};
  EXPECT_TRUE(outcome.has_value());
  EXPECT_TRUE(static_cast<bool>(outcome));
  EXPECT_EQ(outcome.value(), 7);
  EXPECT_EQ(outcome.error(), nullptr);
}

TEST(Outcome, RethrowsItsErrorEachTimeTheValueIsAskedFor) {
  auto outcome = Outcome<int>::failed(an_error());
  EXPECT_FALSE(outcome.has_value());
  EXPECT_FALSE(static_cast<bool>(outcome));
  EXPECT_THROW(static_cast<void>(outcome.value()), std::runtime_error);
  EXPECT_THROW(static_cast<void>(outcome.value()), std::runtime_error);
  EXPECT_THROW(static_cast<void>(std::move(outcome).value()), std::runtime_error);
}

TEST(Outcome, GivesItsErrorWithoutThrowing) {
  const std::exception_ptr error = an_error();
  const auto outcome = Outcome<void>::failed(error);
  EXPECT_EQ(outcome.error(), error);
}

TEST(Outcome, OfVoidHasAnEmptyValue) {
  Outcome<void> outcome{std::monostate{}};
  EXPECT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome.value(), std::monostate{});
}

TEST(Outcome, OfAReferenceRefersToTheSameObject) {
  int object = 1;
  Outcome<int&> outcome{object};
  outcome.value().get() = 5;
  EXPECT_EQ(object, 5);
}

TEST(Outcome, LetsItsValueBeChangedInPlace) {
  Outcome<std::string> outcome{"a"};
  outcome.value() += "b";
  EXPECT_EQ(outcome.value(), "ab");
}

TEST(Outcome, ReadsAConstValue) {
  const Outcome<std::string> outcome{"a"};
  static_assert(std::is_same_v<decltype(outcome.value()), const std::string&>);
  EXPECT_EQ(outcome.value(), "a");
}

TEST(Outcome, MovesAMoveOnlyValueOut) {
  Outcome<test::MoveOnly> outcome{test::MoveOnly{3}};
  const test::MoveOnly taken = std::move(outcome).value();
  EXPECT_EQ(taken.value(), 3);
  EXPECT_EQ(outcome.value().value(), test::MoveOnly::moved_from);
}

TEST(Outcome, NeedsNoDefaultConstructor) {
  test::Census census;
  {
    Outcome<test::Counted> outcome{test::Counted{census, 4}};
    EXPECT_EQ(outcome.value().value(), 4);
  }
  EXPECT_EQ(census.alive(), 0);
}

TEST(Outcome, TellsAnExceptionThatIsTheValueFromAnError) {
  const std::exception_ptr payload = an_error();
  Outcome<std::exception_ptr> value{payload};
  EXPECT_TRUE(value.has_value());
  EXPECT_EQ(value.value(), payload);
  EXPECT_EQ(value.error(), nullptr);

  auto failed = Outcome<std::exception_ptr>::failed(payload);
  EXPECT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error(), payload);
}

} // namespace
} // namespace flowcoro
