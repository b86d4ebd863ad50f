#include "flowcoro/coro/task.hpp"

#include "helpers.hpp"

#include "../support/values.hpp"

#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

namespace flowcoro {
namespace {

static_assert(!std::is_copy_constructible_v<Task<int>> && !std::is_copy_assignable_v<Task<int>>);
static_assert(!std::is_copy_constructible_v<Lazy<int>> && !std::is_copy_assignable_v<Lazy<int>>);
static_assert(std::is_nothrow_move_constructible_v<Task<int>> && std::is_nothrow_move_assignable_v<Task<int>>);
static_assert(std::is_nothrow_default_constructible_v<Task<int>>);
static_assert(Awaitable<Task<int>> && Awaitable<Task<int>&> && Awaitable<Lazy<void>> && Awaitable<Lazy<void>&>);
static_assert(!std::is_same_v<Task<int>, Lazy<int>>);

template <Start start>
BasicTask<int, start> give(int value) {
  co_return value;
}
template <Start start>
BasicTask<int, start> give_kept(test::Counted kept) {
  co_return kept.value();
}

struct Threads {
  std::thread::id before;
  std::thread::id after;
};
Task<Threads> note_threads(test::Gate& gate, Threads& seen) {
  seen.before = std::this_thread::get_id();
  co_await gate;
  seen.after = std::this_thread::get_id();
  co_return seen;
}

TEST(TaskStart, IsOnTheCreatingThreadUpToTheFirstSuspensionAndThenOnAWorker) {
  test::Gate gate;
  Threads seen;
  Task<Threads> task = note_threads(gate, seen);
  EXPECT_EQ(seen.before, std::this_thread::get_id());
  EXPECT_FALSE(task.done());
  gate.open();
  ASSERT_TRUE(test::eventually([&] { return task.done(); }));
  EXPECT_NE(seen.after, std::this_thread::get_id());
  static_cast<void>(sync_wait(task));
}

TEST(TaskStart, FinishesInsideTheCallWhenItNeverSuspends) {
  Task<int> task = give<Start::eager>(5);
  EXPECT_TRUE(task.done());
  EXPECT_TRUE(task.valid());
  EXPECT_EQ(sync_wait(task), 5);
}

Lazy<Scheduler*> scheduler_of_a_task_made_here() {
  auto body = []() -> Task<Scheduler*> {
    auto turn = yield();
    co_await turn;
    co_return current_scheduler();
  };
  Task<Scheduler*> task = body();
  co_return co_await task;
}

TEST(TaskStart, OnAWorkerKeepsTheTaskOnThatRuntime) {
  Runtime runtime{{.workers = 2}};
  EXPECT_EQ(sync_wait(runtime, scheduler_of_a_task_made_here()), &runtime.scheduler());
  EXPECT_EQ(runtime.stats().submitted, 1u);
  EXPECT_EQ(runtime.stats().completed, 1u);
}

Lazy<int> note_start(bool& started) {
  started = true;
  co_return 6;
}

TEST(LazyStart, WaitsUntilItIsAwaited) {
  bool started = false;
  Lazy<int> lazy = note_start(started);
  EXPECT_FALSE(started);
  EXPECT_FALSE(lazy.done());
  EXPECT_TRUE(lazy.valid());
  EXPECT_EQ(sync_wait(lazy), 6);
  EXPECT_TRUE(started);
}

Lazy<void> note_start_with(test::Counted, bool& started) {
  started = true;
  co_return;
}

TEST(LazyStart, DestroyedBeforeItNeverRunsAndFreesItsArguments) {
  test::Census census;
  bool started = false;
  {
    const Lazy<void> lazy = note_start_with(test::Counted{census}, started);
    EXPECT_EQ(census.alive(), 1);
  }
  EXPECT_FALSE(started);
  EXPECT_EQ(census.alive(), 0);
}

/// The same for both start policies.
template <class Policy>
class TaskOwnership : public testing::Test {
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
TYPED_TEST_SUITE(TaskOwnership, BothStarts, StartNames);

TYPED_TEST(TaskOwnership, DefaultConstructedIsEmpty) {
  BasicTask<int, TestFixture::start> task;
  EXPECT_FALSE(task.valid());
  EXPECT_FALSE(task.done());
  task.request_stop();
  EXPECT_THROW(static_cast<void>(sync_wait(task)), NoResult);
}

TYPED_TEST(TaskOwnership, MovingLeavesTheSourceEmpty) {
  auto source = give<TestFixture::start>(1);
  auto target = std::move(source);
  EXPECT_FALSE(source.valid()); // NOLINT(bugprone-use-after-move): what is left is the point
  EXPECT_TRUE(target.valid());
  EXPECT_EQ(sync_wait(target), 1);
  EXPECT_THROW(static_cast<void>(sync_wait(source)), NoResult);
}

TYPED_TEST(TaskOwnership, AssigningFreesWhatWasThere) {
  test::Census first;
  test::Census second;
  auto task = give_kept<TestFixture::start>(test::Counted{first, 1});
  task = give_kept<TestFixture::start>(test::Counted{second, 2});
  EXPECT_EQ(first.alive(), 0);
  EXPECT_EQ(second.alive(), 1);
  EXPECT_EQ(sync_wait(task), 2);
}

TYPED_TEST(TaskOwnership, AssigningToItselfKeepsTheResult) {
  auto task = give<TestFixture::start>(3);
  auto& same = task;
  task = std::move(same);
  EXPECT_EQ(sync_wait(task), 3);
}

TYPED_TEST(TaskOwnership, DestroyingAnUnawaitedOneFreesItsFrame) {
  test::Census census;
  {
    const auto task = give_kept<TestFixture::start>(test::Counted{census});
  }
  EXPECT_GT(census.made(), 0);
  EXPECT_EQ(census.alive(), 0);
}

template <Start start>
Lazy<long> alive_after_await(test::Census& census) {
  auto task = give_kept<start>(test::Counted{census});
  static_cast<void>(co_await task);
  co_return census.alive();
}

TYPED_TEST(TaskOwnership, AwaitingFreesTheFrameThoughTheObjectLivesOn) {
  test::Census census;
  EXPECT_EQ(sync_wait(alive_after_await<TestFixture::start>(census)), 0);
  EXPECT_GT(census.made(), 0);
}

template <Start start>
Lazy<int> await_lvalue_and_rvalue() {
  auto lvalue = give<start>(20);
  auto rvalue = give<start>(1);
  const int sum = co_await lvalue;
  co_return sum + co_await std::move(rvalue);
}

TYPED_TEST(TaskOwnership, CanBeAwaitedAsLvalueAndAsRvalue) {
  EXPECT_EQ(sync_wait(await_lvalue_and_rvalue<TestFixture::start>()), 21);
}

template <Start start>
Lazy<void> await_twice() {
  auto task = give<start>(1);
  static_cast<void>(co_await task);
  EXPECT_FALSE(task.valid());
  static_cast<void>(co_await task);
}
template <Start start>
Lazy<void> await_moved_from() {
  auto task = give<start>(1);
  const auto owner = std::move(task);
  static_cast<void>(co_await task); // NOLINT(bugprone-use-after-move): what is left is the point
}

TYPED_TEST(TaskOwnership, AwaitingASecondTimeThrowsNoResult) {
  EXPECT_THROW(sync_wait(await_twice<TestFixture::start>()), NoResult);
}

TYPED_TEST(TaskOwnership, AwaitingAMovedFromOneThrowsNoResult) {
  EXPECT_THROW(sync_wait(await_moved_from<TestFixture::start>()), NoResult);
}

TEST(TaskAwait, OfAFinishedOneDoesNotSuspend) {
  Task<int> task = give<Start::eager>(1);
  auto awaiter = task.operator co_await();
  EXPECT_TRUE(awaiter.await_ready());
  EXPECT_EQ(awaiter.await_resume(), 1);
}

Task<int> wait_at(test::Gate& gate) {
  co_await gate;
  co_return 9;
}
Task<int> await_other(Task<int>& other) { co_return co_await other; }

TEST(TaskAwaitDeathTest, ByTwoCoroutinesAtOnceEndsTheProgramWithTheWayOut) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        test::Gate gate;
        Task<int> task = wait_at(gate);
        const Task<int> first = await_other(task);
        const Task<int> second = await_other(task);
      },
      "a task is awaited by two coroutines; use SharedTask");
}

Lazy<int> wait_lazily_at(test::Gate& gate) {
  co_await gate;
  co_return 9;
}
Task<int> await_lazy(Lazy<int>& other) { co_return co_await other; }

TEST(TaskAwaitDeathTest, OfOneLazyByTwoCoroutinesEndsTheProgramWithTheWayOut) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        test::Gate gate;
        Lazy<int> lazy = wait_lazily_at(gate);
        const Task<int> first = await_lazy(lazy);
        const Task<int> second = await_lazy(lazy);
      },
      "a Lazy is awaited by two coroutines; use SharedTask");
}

Lazy<std::pair<Scheduler*, Scheduler*>> await_task_of(Runtime& other) {
  Task<Scheduler*> task = spawn_on(other, [] { return current_scheduler(); });
  Scheduler* const there = co_await task;
  co_return std::pair{there, current_scheduler()};
}

TEST(TaskAwait, ContinuesOnTheAwaitersOwnRuntime) {
  Runtime mine{{.workers = 1}};
  Runtime other{{.workers = 1}};
  for (int i = 0; i < 100; ++i) {
    const auto [there, here] = sync_wait(mine, await_task_of(other));
    EXPECT_EQ(there, &other.scheduler());
    EXPECT_EQ(here, &mine.scheduler());
  }
}

} // namespace
} // namespace flowcoro
