#include "flowcoro/coro/sync_wait.hpp"

#include "helpers.hpp"

#include "../support/build.hpp"
#include "../support/start_together.hpp"
#include "../support/values.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace flowcoro {
namespace {

using namespace std::chrono_literals;

Lazy<int> seven_after_a_turn() {
  auto turn = yield();
  co_await turn;
  co_return 7;
}

TEST(SyncWait, GivesTheResultOfALazyOfATaskAndOfAnLvalue) {
  Runtime runtime{{.workers = 1}};
  EXPECT_EQ(sync_wait(runtime, seven_after_a_turn()), 7);
  EXPECT_EQ(sync_wait(runtime, spawn_on(runtime, seven_after_a_turn)), 7);
  Lazy<int> lazy = seven_after_a_turn();
  EXPECT_EQ(sync_wait(runtime, lazy), 7);
  EXPECT_FALSE(lazy.valid());
}

TEST(SyncWait, NeedsNoRuntimeOfTheCaller) { EXPECT_EQ(sync_wait(seven_after_a_turn()), 7); }

TEST(SyncWait, OnASchedulerRunsThere) {
  Runtime runtime{{.workers = 1}};
  const auto here = []() -> Lazy<Scheduler*> { co_return current_scheduler(); };
  EXPECT_EQ(sync_wait(runtime.scheduler(), here), &runtime.scheduler());
}

TEST(SyncWait, OfACallableGivesItsSchedulerToTheTasksThatTheCallMakes) {
  Runtime runtime{{.workers = 1}};
  const auto where_after_a_turn = []() -> Task<Scheduler*> {
    auto turn = yield();
    co_await turn;
    co_return current_scheduler();
  };
  EXPECT_EQ(sync_wait(runtime, where_after_a_turn), &runtime.scheduler());
  const auto of_a_child = [&]() -> Task<Scheduler*> {
    auto child = where_after_a_turn();
    co_return co_await child;
  };
  EXPECT_EQ(sync_wait(runtime, of_a_child), &runtime.scheduler());
  EXPECT_EQ(sync_wait(where_after_a_turn), &default_scheduler());
}

TEST(SyncWait, OfACallableThatThrowsLeavesTheThreadsDefaultAsItWas) {
  Runtime runtime{{.workers = 1}};
  Scheduler& before = default_scheduler();
  const auto refuse = []() -> Lazy<int> { return throw std::runtime_error{"no coroutine was made"}, Lazy<int>{}; };
  EXPECT_THROW(static_cast<void>(sync_wait(runtime, refuse)), std::runtime_error);
  EXPECT_EQ(&default_scheduler(), &before);
}

TEST(SyncWait, RethrowsWhatWasThrown) {
  const auto fail = []() -> Lazy<int> {
    auto turn = yield();
    co_await turn;
    throw std::runtime_error{"out of the coroutine"};
  };
  try {
    static_cast<void>(sync_wait(fail));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "out of the coroutine");
  }
}

struct ThrowsWhenAwaited {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) const { throw std::runtime_error{"in await_suspend"}; }
  void await_resume() const noexcept {}
};
struct ThrowsWhenAskedForAnAwaiter {
  [[nodiscard]] std::suspend_never operator co_await() const { throw std::runtime_error{"in operator co_await"}; }
};

TEST(SyncWait, RethrowsWhatAnAwaitableThrows) {
  EXPECT_THROW(sync_wait(ThrowsWhenAwaited{}), std::runtime_error);
  EXPECT_THROW(sync_wait(ThrowsWhenAskedForAnAwaiter{}), std::runtime_error);
}

TEST(SyncWait, OfAnEmptyTaskThrowsNoResult) {
  EXPECT_THROW(sync_wait(Lazy<void>{}), NoResult);
  EXPECT_THROW(sync_wait(Task<void>{}), NoResult);
}

Lazy<std::string&> refer_to(std::string& object) {
  auto turn = yield();
  co_await turn;
  co_return object;
}

TEST(SyncWait, GivesTheReferenceItself) {
  std::string object;
  static_assert(std::is_same_v<decltype(sync_wait(refer_to(object))), std::string&>);
  EXPECT_EQ(&sync_wait(refer_to(object)), &object);
}

TEST(SyncWait, OfACallableKeepsItsCapturesUntilTheEnd) {
  test::Census census;
  const int result = sync_wait([kept = test::Counted{census, 12}, &census]() -> Lazy<int> {
    auto turn = yield();
    co_await turn;
    EXPECT_GT(census.alive(), 0);
    co_return kept.value();
  });
  EXPECT_EQ(result, 12);
  EXPECT_EQ(census.alive(), 0);
}

TEST(SyncWait, OfACallableTakesMoveOnlyCapturesAndLvalues) {
  auto callable = [kept = std::make_unique<int>(13)]() -> Task<int> {
    auto turn = yield();
    co_await turn;
    co_return *kept;
  };
  EXPECT_EQ(sync_wait(callable), 13);
  EXPECT_EQ(sync_wait(std::move(callable)), 13);
}

TEST(SyncWait, PassesOnWhatTheCallableThrowsBeforeItMadeACoroutine) {
  const auto refuse = []() -> Lazy<int> { return throw std::runtime_error{"no coroutine was made"}, Lazy<int>{}; };
  EXPECT_THROW(static_cast<void>(sync_wait(refuse)), std::runtime_error);
}

TEST(SyncWait, WaitsForASleep) {
  const auto start = std::chrono::steady_clock::now();
  sync_wait([]() -> Lazy<void> {
    auto nap = sleep_for(20ms);
    co_await nap;
  });
  EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
}

TEST(SyncWait, RunsTheCoroutinesOfItsRuntimeOnTheCallingThread) {
  Runtime runtime{{.workers = 1}};
  // Once its only worker is parked, the caller takes that seat.
  ASSERT_TRUE(test::eventually([&] { return runtime.stats().parks > 0; }));
  const auto where = []() -> Lazy<std::thread::id> {
    auto turn = yield();
    co_await turn;
    co_return std::this_thread::get_id();
  };
  ASSERT_TRUE(test::eventually([&] { return sync_wait(runtime, where) == std::this_thread::get_id(); }));
}

TEST(SyncWait, WhileEveryWorkerIsBusyWaitsForOne) {
  Runtime runtime{{.workers = 1}};
  std::atomic<bool> occupied{false};
  std::atomic<bool> release{false};
  const Task<void> busy = spawn_on(runtime, [&] {
    occupied = true;
    while (!release.load()) std::this_thread::yield();
  });
  ASSERT_TRUE(test::eventually([&] { return occupied.load(); }));
  std::atomic<bool> answered{false};
  std::jthread waiter{[&] {
    EXPECT_EQ(sync_wait(runtime, seven_after_a_turn()), 7);
    answered = true;
  }};
  EXPECT_FALSE(answered.load());
  release = true;
  waiter.join();
  EXPECT_TRUE(answered.load());
}

Lazy<void> block_here(Runtime& runtime, bool& called) {
  sync_wait(runtime, [&called]() -> Lazy<void> {
    called = true;
    co_return;
  });
  co_return;
}

TEST(SyncWait, OnAWorkerIsRefusedBeforeAnythingHasRun) {
  Runtime runtime{{.workers = 2}};
  Runtime other{{.workers = 1}};
  bool called = false;
  EXPECT_THROW(sync_wait(runtime, spawn_on(runtime, block_here, std::ref(runtime), std::ref(called))),
               BlockingCallOnWorker);
  EXPECT_THROW(sync_wait(runtime, spawn_on(runtime, block_here, std::ref(other), std::ref(called))),
               BlockingCallOnWorker);
  EXPECT_FALSE(called);
}

TEST(SyncWait, OnAWorkerRefusesATaskThatCallsIt) {
  Runtime runtime{{.workers = 2}};
  bool called = false;
  const auto eager = [&called]() -> Task<void> {
    called = true;
    co_return;
  };
  const auto body = [&]() -> Lazy<void> {
    sync_wait(runtime, eager);
    co_return;
  };
  EXPECT_THROW(sync_wait(runtime, body), BlockingCallOnWorker);
  EXPECT_FALSE(called);
}

TEST(SyncWait, LeavesTheThreadOutsideOfEveryRuntime) {
  Runtime runtime{{.workers = 1}};
  EXPECT_EQ(sync_wait(runtime, seven_after_a_turn()), 7);
  EXPECT_EQ(current_scheduler(), nullptr);
  EXPECT_EQ(sync_wait(runtime, seven_after_a_turn()), 7);
}

TEST(SyncWait, IsCalledByManyThreadsAtOnce) {
  const std::size_t times = test::rounds(2'000);
  Runtime runtime{{.workers = 2}};
  std::atomic<int> sum{0};
  test::start_together(6, [&](std::size_t) {
    for (std::size_t i = 0; i < times; ++i) sum += sync_wait(runtime, seven_after_a_turn());
  });
  EXPECT_EQ(sum.load(), static_cast<int>(6 * 7 * times));
}

TEST(SyncWaitStress, TheTaskMayBeDestroyedTheMomentItReturns) {
  const std::size_t times = test::rounds(20'000);
  Runtime runtime{{.workers = 2}};
  test::Census census;
  for (std::size_t i = 0; i < times; ++i) {
    const test::Counted result =
        sync_wait(runtime, spawn_on(runtime, [&census, i] { return test::Counted{census, static_cast<int>(i)}; }));
    ASSERT_EQ(result.value(), static_cast<int>(i));
  }
  EXPECT_EQ(census.alive(), 0);
}

Lazy<void> end_elsewhere(test::ForeignThreads& threads) {
  auto hop = threads.hop();
  co_await hop;
}

TEST(SyncWaitStress, TheRuntimeMayBeDestroyedTheMomentItReturns) {
  const std::size_t times = test::rounds(1'000);
  for (std::size_t i = 0; i < times; ++i) {
    test::ForeignThreads threads;
    Runtime runtime{{.workers = 1}};
    sync_wait(runtime, end_elsewhere(threads));
  }
}

} // namespace
} // namespace flowcoro
