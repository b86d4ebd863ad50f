// What a task can give: every kind of T, under both start policies.
#include "helpers.hpp"

#include "../support/values.hpp"

#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/yield.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace flowcoro {
namespace {

template <class Policy>
class TaskValue : public testing::Test {
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
TYPED_TEST_SUITE(TaskValue, BothStarts, StartNames);

/// Hands `value` through a coroutine, which suspends in between.
template <Start start, class T>
BasicTask<T, start> hand_on(T value) {
  auto turn = yield();
  co_await turn;
  co_return std::move(value);
}

TYPED_TEST(TaskValue, CanBeANumber) { EXPECT_EQ(sync_wait(hand_on<TestFixture::start>(42)), 42); }

TYPED_TEST(TaskValue, CanBeAString) {
  EXPECT_EQ(sync_wait(hand_on<TestFixture::start>(std::string(1000, 'x'))), std::string(1000, 'x'));
}

TYPED_TEST(TaskValue, CanBeMoveOnly) {
  EXPECT_EQ(sync_wait(hand_on<TestFixture::start>(test::MoveOnly{7})).value(), 7);
  EXPECT_EQ(*sync_wait(hand_on<TestFixture::start>(std::make_unique<int>(8))), 8);
}

template <Start start>
BasicTask<test::Counted, start> make_counted(test::Census& census) {
  co_return test::Counted{census, 9};
}

TYPED_TEST(TaskValue, NeedsNoDefaultConstructorAndIsNeverCopied) {
  test::Census census;
  EXPECT_EQ(sync_wait(make_counted<TestFixture::start>(census)).value(), 9);
  EXPECT_EQ(census.copies(), 0);
  EXPECT_EQ(census.alive(), 0);
}

TYPED_TEST(TaskValue, IsDestroyedWithATaskThatNobodyAwaits) {
  test::Census census;
  {
    const auto task = make_counted<TestFixture::start>(census);
  }
  EXPECT_EQ(census.alive(), 0);
}

template <Start start>
BasicTask<int&, start> refer_to(int& object) {
  co_return object;
}
template <Start start>
BasicTask<const std::string&, start> refer_to_const(const std::string& object) {
  co_return object;
}

TYPED_TEST(TaskValue, CanBeAReference) {
  int object = 1;
  int& result = sync_wait(refer_to<TestFixture::start>(object));
  EXPECT_EQ(&result, &object);
}

TYPED_TEST(TaskValue, CanBeAReferenceToConst) {
  const std::string object = "x";
  const std::string& result = sync_wait(refer_to_const<TestFixture::start>(object));
  EXPECT_EQ(&result, &object);
}

template <Start start>
BasicTask<void, start> set(bool& flag) {
  flag = true;
  co_return;
}

TYPED_TEST(TaskValue, CanBeNothing) {
  bool flag = false;
  static_assert(std::is_void_v<decltype(sync_wait(set<TestFixture::start>(flag)))>);
  sync_wait(set<TestFixture::start>(flag));
  EXPECT_TRUE(flag);
}

template <Start start>
BasicTask<std::string, start> give_literal() {
  co_return "from a literal";
}
template <Start start>
BasicTask<std::pair<int, int>, start> give_braces() {
  co_return {3, 4};
}
struct Explicit {
  explicit Explicit(int v) : value{v} {}
  int value;
};
template <Start start>
BasicTask<Explicit, start> give_convertible() {
  co_return 5;
}

TYPED_TEST(TaskValue, IsConvertedFromWhatIsReturned) {
  EXPECT_EQ(sync_wait(give_literal<TestFixture::start>()), "from a literal");
  EXPECT_EQ(sync_wait(give_braces<TestFixture::start>()), (std::pair{3, 4}));
  EXPECT_EQ(sync_wait(give_convertible<TestFixture::start>()).value, 5);
}

template <Start start, class T>
BasicTask<T, start> make_with(int value) {
  co_return T{value};
}

TYPED_TEST(TaskValue, MayBeOverAligned) {
  const auto check = []<class T>(std::type_identity<T>) {
    // By hand, because an over-aligned local of a coroutine would itself be misplaced: frames are aligned to 16.
    Runtime runtime{{.workers = 1}};
    auto task = make_with<TestFixture::start, T>(6);
    const T result = sync_wait(runtime, std::move(task));
    EXPECT_TRUE(result.is_aligned());
    EXPECT_EQ(result.value, 6);
  };
  check(std::type_identity<test::AlignedTo<32>>{});
  check(std::type_identity<test::AlignedTo<64>>{});
  check(std::type_identity<test::AlignedTo<4096>>{});
}

TYPED_TEST(TaskValue, MayBeLarge) {
  using Large = std::array<unsigned, 4096>;
  Large large;
  std::iota(large.begin(), large.end(), 1u);
  EXPECT_EQ(sync_wait(hand_on<TestFixture::start>(large)), large);
}

template <Start start>
BasicTask<unsigned, start> keep_much_across_a_wait(unsigned first) {
  std::array<unsigned, 8192> kept;
  std::iota(kept.begin(), kept.end(), first);
  auto turn = yield();
  co_await turn;
  co_return std::accumulate(kept.begin(), kept.end(), 0u);
}

TYPED_TEST(TaskValue, ComesFromAFrameLargerThanThePoolsLargestBlock) {
  EXPECT_EQ(sync_wait(keep_much_across_a_wait<TestFixture::start>(1)), 8192u * 8193u / 2);
}

template <Start start>
BasicTask<test::ThrowingMove, start> give_throwing_move(int good_moves) {
  co_return test::ThrowingMove{3, good_moves};
}

TYPED_TEST(TaskValue, ThatThrowsWhenItIsStoredMakesTheTaskFail) {
  auto task = give_throwing_move<TestFixture::start>(0);
  EXPECT_THROW(static_cast<void>(sync_wait(task)), test::MoveFailed);
  EXPECT_FALSE(task.valid());
}

template <Start start>
Lazy<int> catch_failing_move(int good_moves) {
  auto task = give_throwing_move<start>(good_moves);
  try {
    const auto value = co_await task;
    co_return value.value();
  } catch (const test::MoveFailed&) {
    EXPECT_FALSE(task.valid());
    co_return -1;
  }
}

TYPED_TEST(TaskValue, ThatThrowsWhenItIsTakenThrowsIntoTheAwaiter) {
  EXPECT_EQ(sync_wait(catch_failing_move<TestFixture::start>(1)), -1);
  EXPECT_EQ(sync_wait(catch_failing_move<TestFixture::start>(2)), 3);
}

struct FailsToBeBuilt {
  explicit FailsToBeBuilt(int) { throw std::domain_error{"no such value"}; }
};
template <Start start>
BasicTask<FailsToBeBuilt, start> give_unbuildable() {
  co_return 1;
}

TYPED_TEST(TaskValue, WhoseConstructorThrowsMakesTheTaskFail) {
  EXPECT_THROW(static_cast<void>(sync_wait(give_unbuildable<TestFixture::start>())), std::domain_error);
}

#ifdef __clang__ // g++ 12 aligns frames for operator new only
template <Start start>
BasicTask<bool, start> align_in_frame(test::OverAligned parameter) {
  test::OverAligned local{parameter.value};
  auto turn = yield();
  co_await turn;
  co_return parameter.is_aligned() && local.is_aligned();
}

TYPED_TEST(TaskValue, OverAlignedInTheFrameIsAligned) {
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(sync_wait(align_in_frame<TestFixture::start>(test::OverAligned{i})));
}
#endif

} // namespace
} // namespace flowcoro
