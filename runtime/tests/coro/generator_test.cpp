#include "flowcoro/coro/generator.hpp"

#include "support/build.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using flowcoro::elements_of;
using flowcoro::Generator;
using flowcoro::test::Census;
using flowcoro::test::Counted;
using flowcoro::test::MoveOnly;
using flowcoro::test::OverAligned;
using flowcoro::test::rounds;

static_assert(std::same_as<std::ranges::range_reference_t<Generator<int>>, int&&>);
static_assert(std::same_as<std::ranges::range_reference_t<Generator<const std::string&>>, const std::string&>);
static_assert(std::same_as<std::ranges::range_value_t<Generator<int&>>, int>);
static_assert(!std::copy_constructible<Generator<int>> && std::movable<Generator<int>>);
static_assert(std::ranges::view<Generator<MoveOnly>>);

Generator<int> count_to(int n) {
  for (int i = 0; i < n; ++i) co_yield i;
}
template <class T>
std::vector<T> list(Generator<T> generator) {
  std::vector<T> all;
  for (auto&& element : generator) all.push_back(element);
  return all;
}

TEST(Generator, GivesTheElementsOneByOneAndRunsNoFurtherThanItIsAsked) {
  int made = 0;
  const auto make = [](int& counter) -> Generator<int> {
    for (;;) co_yield ++counter;
  };
  auto generator = make(made);
  EXPECT_EQ(made, 0);
  auto next = generator.begin();
  EXPECT_EQ(*next, 1);
  ++next;
  EXPECT_EQ(*next, 2);
  EXPECT_EQ(made, 2);
}

TEST(Generator, IsAnInputRangeForViewsAndAlgorithms) {
  EXPECT_EQ(list(count_to(0)), std::vector<int>{});
  EXPECT_EQ(list(count_to(3)), (std::vector{0, 1, 2}));
  std::vector<int> odd;
  for (int n : count_to(100) | std::views::filter([](int i) { return i % 2 == 1; }) | std::views::take(3))
    odd.push_back(n);
  EXPECT_EQ(odd, (std::vector{1, 3, 5}));
  auto numbers = count_to(10);
  EXPECT_NE(std::ranges::find(numbers, 4), numbers.end());
}

TEST(Generator, GivesReferencesWithoutCopies) {
  Census census;
  Counted object{census, 3};
  const auto refer = [](Counted& to) -> Generator<Counted&> {
    co_yield to;
    co_yield to;
  };
  for (Counted& same : refer(object)) EXPECT_EQ(&same, &object);
  EXPECT_EQ(census.made(), 1);
}

TEST(Generator, MovesWhatIsYieldedAsAnRvalueAndCopiesALvalue) {
  Census census;
  const auto make = [](Census& in) -> Generator<Counted> {
    co_yield Counted{in, 1};
    Counted kept{in, 2};
    co_yield kept;
    EXPECT_EQ(kept.value(), 2);
    co_yield std::move(kept);
  };
  std::vector<int> values;
  // NOLINTNEXTLINE(performance-for-range-copy): it is moved
  for (Counted element : make(census)) values.push_back(element.value());
  EXPECT_EQ(values, (std::vector{1, 2, 2}));
  EXPECT_EQ(census.copies(), 1);
  EXPECT_EQ(census.alive(), 0);
}

TEST(Generator, MayBeOfMoveOnlyValues) {
  const auto make = []() -> Generator<std::unique_ptr<int>> {
    for (int i = 0; i < 3; ++i) co_yield std::make_unique<int>(i);
  };
  int expected = 0;
  for (std::unique_ptr<int> element : make()) EXPECT_EQ(*element, expected++);
  EXPECT_EQ(expected, 3);
}

TEST(Generator, LetsAnExceptionOutAndHasEndedThen) {
  const auto fail = []() -> Generator<int> {
    co_yield 1;
    throw std::runtime_error{"no more"};
  };
  auto generator = fail();
  auto next = generator.begin();
  EXPECT_EQ(*next, 1);
  EXPECT_THROW(++next, std::runtime_error);
  EXPECT_EQ(next, generator.end());
  auto at_once = []() -> Generator<int> {
    throw std::runtime_error{"nothing"};
    co_return;
  };
  auto none = at_once();
  EXPECT_THROW(static_cast<void>(none.begin()), std::runtime_error);
}

TEST(Generator, DestroysItsLocalsWhereverItIsLeft) {
  Census census;
  const auto make = [](Census& in) -> Generator<int> {
    const Counted local{in};
    for (int i = 0;; ++i) co_yield i;
  };
  {
    auto never_started = make(census);
    auto left = make(census);
    for (int i : left)
      if (i == 3) break;
    auto moved = std::move(left);
    moved = make(census);
    EXPECT_EQ(*moved.begin(), 0);
  }
  EXPECT_GT(census.made(), 0);
  EXPECT_EQ(census.alive(), 0);
}

struct Tree {
  int value;
  std::vector<Tree> children;
};
Generator<int> walk(const Tree& tree) {
  co_yield tree.value;
  for (const Tree& child : tree.children) {
    auto below = walk(child);
    co_yield elements_of(std::move(below));
  }
}

TEST(Generator, GivesTheElementsOfOthersInTheirPlace) {
  const Tree tree{1, {{2, {{3, {}}, {4, {}}}}, {5, {}}}};
  EXPECT_EQ(list(walk(tree)), (std::vector{1, 2, 3, 4, 5}));
  const auto mixed = []() -> Generator<int> {
    const std::vector<int> range{7, 8};
    auto none = count_to(0);
    auto some = count_to(2);
    co_yield elements_of(range);
    co_yield elements_of(none);
    co_yield elements_of(some);
    co_yield elements_of(some); // has ended
    co_yield 9;
  };
  EXPECT_EQ(list(mixed()), (std::vector{7, 8, 0, 1, 9}));
}

TEST(Generator, LetsTheExceptionOfANestedOneOutWhereItStands) {
  const auto fail = []() -> Generator<int> {
    co_yield 1;
    throw std::runtime_error{"inside"};
  };
  const auto around = [](Generator<int> inner) -> Generator<int> {
    bool failed = false;
    try {
      co_yield elements_of(inner);
    } catch (const std::runtime_error&) {
      failed = true;
    }
    if (failed) co_yield 2;
    throw std::logic_error{"outside"};
  };
  auto generator = around(fail());
  auto next = generator.begin();
  EXPECT_EQ(*next, 1);
  ++next;
  EXPECT_EQ(*next, 2);
  EXPECT_THROW(++next, std::logic_error);
}

TEST(Generator, ReachesADeepElementAtTheSameCostAndGivesItInBoundedStack) {
  constexpr int depth = static_cast<int>(rounds(100'000));
  struct Chain {
    static Generator<int> from(int level, int last) {
      if (level < last) {
        auto below = from(level + 1, last);
        co_yield elements_of(std::move(below));
      } else {
        for (int i = 0; i < 10; ++i) co_yield level;
      }
    }
  };
  int elements = 0;
  for (int level : Chain::from(0, depth)) {
    EXPECT_EQ(level, depth);
    ++elements;
  }
  EXPECT_EQ(elements, 10);
}

TEST(GeneratorDeathTest, SaysThatItIsEmpty) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(static_cast<void>(Generator<int>{}.begin()), "empty, moved from or at its end");
}

} // namespace
