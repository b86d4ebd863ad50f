#include "flowcoro/coro/this_task.hpp"

#include "helpers.hpp"

#include "flowcoro/coro/errors.hpp"
#include "flowcoro/sched/spawn.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <coroutine>
#include <exception>
#include <functional>

namespace flowcoro {
namespace {

Lazy<bool> stop_is_requested() {
  auto own = this_task::stop_token();
  const StopToken token = co_await own;
  co_return token.stop_requested();
}

Lazy<bool> child_sees_what_the_task_sees(test::Gate& gate) {
  co_await gate;
  auto child = stop_is_requested();
  co_return co_await child;
}

TEST(ThisTask, TokenSaysThatNobodyAskedToStop) { EXPECT_FALSE(sync_wait(stop_is_requested())); }

TEST(ThisTask, TokenOfATaskCanBeStopped) {
  const auto stop_possible = []() -> Lazy<bool> {
    auto own = this_task::stop_token();
    const StopToken token = co_await own;
    co_return token.stop_possible();
  };
  EXPECT_TRUE(sync_wait(stop_possible));
}

TEST(ThisTask, ALazyChildSeesTheRequestMadeForTheTask) {
  Runtime runtime{{.workers = 2}};
  test::Gate gate;
  Task<bool> task = spawn_on(runtime, child_sees_what_the_task_sees, std::ref(gate));
  task.request_stop();
  gate.open();
  EXPECT_TRUE(sync_wait(runtime, task));
}

Lazy<int> throws_once_asked(test::Gate& gate) {
  auto before = this_task::throw_if_stop_requested();
  co_await before;
  co_await gate;
  auto after = this_task::throw_if_stop_requested();
  co_await after;
  co_return 1;
}

TEST(ThisTask, ThrowsWhereItLooksOnceItWasAskedToStop) {
  Runtime runtime{{.workers = 2}};
  for (const bool asked : {false, true}) {
    test::Gate gate;
    Task<int> task = spawn_on(runtime, throws_once_asked, std::ref(gate));
    if (asked) task.request_stop();
    gate.open();
    if (asked) {
      EXPECT_THROW(sync_wait(runtime, task), OperationCancelled);
    } else {
      EXPECT_EQ(sync_wait(runtime, task), 1);
    }
  }
}

Lazy<void> wait_with_a_callback(test::Gate& gate, std::atomic<int>& calls) {
  auto own = this_task::stop_token();
  const StopToken token = co_await own;
  const auto count = [&calls]() noexcept { ++calls; };
  const StopCallback callback{token, count};
  co_await gate;
}

TEST(ThisTask, TokenTakesCallbacks) {
  Runtime runtime{{.workers = 2}};
  test::Gate gate;
  std::atomic<int> calls{0};
  Task<void> task = spawn_on(runtime, wait_with_a_callback, std::ref(gate), std::ref(calls));
  ASSERT_TRUE(test::eventually([&] { return gate.occupied(); }));
  EXPECT_EQ(calls.load(), 0);
  task.request_stop();
  EXPECT_EQ(calls.load(), 1);
  gate.open();
  sync_wait(runtime, task);
  EXPECT_EQ(calls.load(), 1);
}

struct ForeignToken {
  struct promise_type {
    ForeignToken get_return_object() noexcept { return {}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

ForeignToken ask_from_elsewhere(bool& stop_possible) {
  auto own = this_task::stop_token();
  const StopToken token = co_await own;
  stop_possible = token.stop_possible();
}

TEST(ThisTask, ACoroutineOfAnotherLibraryGetsATokenThatNobodyStops) {
  bool stop_possible = true;
  ask_from_elsewhere(stop_possible);
  EXPECT_FALSE(stop_possible);
}

} // namespace
} // namespace flowcoro
