#include "flowbench_kit/answers.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace flowbench {
namespace {

TEST(WrappingSum, WrapsAtTwoToThe64) {
  const std::array<std::uint64_t, 3> results{~std::uint64_t{0}, 1, 5};
  EXPECT_EQ(wrapping_sum(results), 5U);
  EXPECT_EQ(wrapping_sum({}), 0U);
}

// Values from the authors' test suite (isthe.com/chongo/src/fnv/test_fnv.c).
TEST(Fnv1a, GivesThePublishedValues) {
  const auto hash = [](std::string_view text) {
    Fnv1a fnv;
    fnv.add(text);
    return fnv.value();
  };
  EXPECT_EQ(hash(""), 0xcbf29ce484222325U);
  EXPECT_EQ(hash("a"), 0xaf63dc4c8601ec8cU);
  EXPECT_EQ(hash("foobar"), 0x85944171f73967e8U);
}

TEST(HashStrings, IsTheHashOfTheConcatenation) {
  Fnv1a whole;
  whole.add("foobar");
  EXPECT_EQ(hash_strings(std::vector<std::string>{"foo", "bar"}), whole.value());
}

TEST(FoldMessage, DependsOnTheOrder) {
  EXPECT_NE(fold_message(fold_message(7, 1), 2), fold_message(fold_message(7, 2), 1));
}

TEST(RequestText, HasTwentyBytesAndSixteenLowerCaseDigits) {
  EXPECT_EQ(request_text(0), "req-0000000000000000");
  EXPECT_EQ(request_text(0x0123456789abcdefU), "req-0123456789abcdef");
  EXPECT_EQ(request_text(~std::uint64_t{0}), "req-ffffffffffffffff");
}

} // namespace
} // namespace flowbench
