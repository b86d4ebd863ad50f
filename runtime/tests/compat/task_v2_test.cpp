#include "flowcoro/compat/task_v2.hpp"

#include "flowcoro/mem/bounded_frame_pool.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/checked_runtime.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <type_traits>

namespace {

using flowcoro::Lazy;
using flowcoro::pooled_task;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::task_mode;
using flowcoro::task_registry;
using flowcoro::TaskKind;
using flowcoro::TaskMode;
using flowcoro::TaskV2;
using flowcoro::yield;
using flowcoro::test::CheckedRuntime;

// What Task can do is tested with these policies, in tests/coro/task_policy_test.cpp.
static_assert(std::is_same_v<TaskV2<int>::policy_type, flowcoro::CountedPolicy>);
static_assert(std::is_same_v<TaskV2<int, TaskMode::enhanced>::policy_type, flowcoro::TrackedPolicy>);
static_assert(std::is_same_v<TaskV2<int, TaskMode::pooled>::policy_type, flowcoro::PooledPolicy>);
static_assert(std::is_same_v<TaskV2<int, TaskMode::automatic>::policy_type, flowcoro::AutomaticPolicy>);
static_assert(std::is_same_v<pooled_task<int>, TaskV2<int, TaskMode::pooled>>);

static_assert(task_mode<TaskV2<>> == TaskMode::compatible && flowcoro::is_compatible<TaskV2<>> &&
              !flowcoro::is_pooled<TaskV2<>> && !flowcoro::is_enhanced<TaskV2<>>);
static_assert(task_mode<TaskV2<int, TaskMode::enhanced>> == TaskMode::enhanced &&
              flowcoro::is_enhanced<TaskV2<int, TaskMode::enhanced>>);
static_assert(task_mode<pooled_task<>> == TaskMode::pooled && flowcoro::is_pooled<pooled_task<>>);
static_assert(task_mode<TaskV2<int, TaskMode::automatic>> == TaskMode::automatic);
static_assert(task_mode<Task<int>> == TaskMode::compatible);

TaskV2<int> square(int x) {
  co_await yield();
  co_return x* x;
}
pooled_task<int> pooled_square(int x) {
  co_await yield();
  co_return x* x;
}

TEST(TaskV2, IsUsedAsATask) {
  CheckedRuntime runtime{2};
  const auto body = [&]() -> Lazy<int> {
    auto one = square(3);
    auto two = pooled_square(4);
    Task<int> three = square(5);
    co_return co_await one + co_await two + co_await three;
  };
  EXPECT_EQ(sync_wait(runtime, body()), 50);
}

TEST(TaskV2, IsMadeByFactoriesFromFunctionsAndCoroutines) {
  CheckedRuntime runtime{1};
  const auto created = [](TaskKind kind) { return task_registry().snapshot().of(kind).created; };
  const auto plain = created(TaskKind::plain), tracked = created(TaskKind::tracked), pooled = created(TaskKind::pooled);
  const auto body = [&]() -> Lazy<std::string> {
    auto one = flowcoro::make_compatible_task([](std::string text) { return text + "b"; }, "a");
    auto two = flowcoro::make_enhanced_task([](int x) -> Lazy<int> { co_return x; }, 2);
    auto three = flowcoro::make_pooled_task([] {});
    auto four = flowcoro::make_smart_task([]() -> Task<int> { co_return 4; });
    std::string text = co_await one;
    text += std::to_string(co_await two);
    co_await three;
    co_return text + std::to_string(co_await four);
  };
  EXPECT_EQ(sync_wait(runtime, body()), "ab24");
  EXPECT_EQ(created(TaskKind::plain), plain + 2); // the smart one too, as nobody has asked for more
  EXPECT_EQ(created(TaskKind::tracked), tracked + 1);
  EXPECT_EQ(created(TaskKind::pooled), pooled + 1);
}

TEST(TaskV2, AFactorysTaskThrowsWhatTheFunctionThrew) {
  CheckedRuntime runtime{1};
  const auto body = []() -> Lazy<> {
    auto failing = flowcoro::make_enhanced_task([]() -> int { throw std::runtime_error{"no"}; });
    co_await failing;
  };
  EXPECT_THROW(sync_wait(runtime, body()), std::runtime_error);
}

TEST(PooledTask, TakesItsFrameFromThePoolThatCounts) {
  CheckedRuntime runtime{1};
  auto& pool = flowcoro::default_frame_pool();
  const auto body = []() -> Lazy<int> {
    int sum = 0;
    for (int i = 0; i < 1000; ++i) {
      auto task = pooled_square(1);
      sum += co_await task;
    }
    co_return sum;
  };
  EXPECT_EQ(sync_wait(runtime, body()), 1000);
  const auto before = pool.stats();
  EXPECT_EQ(sync_wait(runtime, body()), 1000);
  const auto after = pool.stats();
  EXPECT_EQ(after.misses, before.misses); // warm: none asks the heap
  EXPECT_EQ(after.hits, before.hits + 1000);
  EXPECT_EQ(after.live(), 0u);
}

} // namespace
