#include "flowcoro/compat/coroutine_manager.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/checked_runtime.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace flowcoro {
namespace {

using namespace std::chrono_literals;

/// A coroutine that counts its resumes, and its end.
struct Counts {
  int resumed = 0;
  int destroyed = 0;
};
struct Raw {
  struct promise_type {
    Raw get_return_object() { return Raw{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { throw; }
  };
  std::coroutine_handle<> handle;
};
Raw count(Counts& counts) {
  struct End {
    Counts& counts;
    ~End() { ++counts.destroyed; }
  } const end{counts};
  for (;;) {
    ++counts.resumed;
    co_await std::suspend_always{};
  }
}

CoroutineManager& manager() { return CoroutineManager::get_instance(); }

/// Runs what other tests may have left.
void drain() {
  while (manager().drive().anything()) {
  }
}

TEST(CoroutineManager, ResumesWhatWasScheduledInDrive) {
  drain();
  Counts counts;
  const Raw raw = count(counts);
  manager().schedule_resume(raw.handle);
  EXPECT_EQ(counts.resumed, 0);
  EXPECT_EQ(manager().drive().ready, 1u);
  EXPECT_EQ(counts.resumed, 1);
  EXPECT_FALSE(manager().drive().anything());
  manager().schedule_resume({});
  EXPECT_FALSE(manager().drive().anything());
  raw.handle.destroy();
}

TEST(CoroutineManager, IgnoresACoroutineThatHasEnded) {
  drain();
  const auto end = []() -> Raw { co_return; };
  const Raw raw = end();
  raw.handle.resume();
  ASSERT_TRUE(raw.handle.done());
  manager().schedule_resume(raw.handle);
  EXPECT_FALSE(manager().drive().anything());
  raw.handle.destroy();
}

TEST(CoroutineManager, HasTheLimitsOfTheDocuments) {
  drain();
  Counts counts;
  std::vector<Raw> raws;
  for (int i = 0; i < 100; ++i) raws.push_back(count(counts));
  for (const Raw& raw : raws) manager().schedule_resume(raw.handle);
  EXPECT_EQ(manager().drive().ready, 64u);
  EXPECT_EQ(counts.resumed, 64);
  EXPECT_EQ(manager().drive().ready, 36u);
  const auto now = std::chrono::steady_clock::now();
  for (const Raw& raw : raws) manager().add_timer(now, raw.handle);
  for (const std::size_t timers : {32u, 32u, 32u, 4u, 0u}) EXPECT_EQ(manager().drive().timers, timers);
  EXPECT_EQ(counts.resumed, 200);
  for (const Raw& raw : raws) manager().schedule_destroy(raw.handle);
  for (const std::size_t destroyed : {32u, 32u, 32u, 4u, 0u}) EXPECT_EQ(manager().drive().destructions, destroyed);
  EXPECT_EQ(counts.destroyed, 100);
}

TEST(CoroutineManager, DoesThePartsOfATurnByThemselves) {
  drain();
  Counts counts;
  const Raw raw = count(counts);
  const Raw other = count(counts);
  manager().add_timer(std::chrono::steady_clock::now(), raw.handle);
  manager().schedule_destroy(other.handle);
  manager().schedule_destroy({});
  EXPECT_EQ(manager().process_timer_queue(), 1u);
  EXPECT_EQ(counts.resumed, 0);
  EXPECT_EQ(manager().process_ready_queue(), 1u);
  EXPECT_EQ(counts.resumed, 1);
  EXPECT_EQ(manager().process_delayed_destruction(), 1u);
  manager().schedule_destroy(raw.handle);
  EXPECT_EQ(manager().process_pending_tasks(), 1u);
  EXPECT_EQ(counts.destroyed, 1) << "the other one had not begun";
}

TEST(CoroutineManager, FiresNoTimerEarly) {
  drain();
  Counts counts;
  const Raw raw = count(counts);
  const auto when = std::chrono::steady_clock::now() + 2ms;
  manager().add_timer(when, raw.handle);
  manager().add_timer(when, {});
  EXPECT_TRUE(manager().scheduler().run_until([&counts] { return counts.resumed == 1; }));
  EXPECT_GE(std::chrono::steady_clock::now(), when);
  raw.handle.destroy();
}

Task<int> square(int x) {
  co_await sleep_for(1ms);
  co_return x* x;
}

TEST(CoroutineManager, IsWhereTheTasksOfAThreadRunThatSaysSo) {
  const auto here = manager().as_default();
  const auto body = []() -> Task<int> {
    auto all = when_all(square(1), square(2), square(3));
    auto [a, b, c] = co_await all;
    EXPECT_EQ(current_scheduler(), &manager().scheduler().scheduler());
    co_return a + b + c;
  };
  auto task = body();
  while (!task.done())
    if (!manager().drive().anything()) static_cast<void>(manager().scheduler().wait());
  EXPECT_EQ(run_until_complete(task), 14);
  EXPECT_EQ(run_until_complete([] { return square(5); }), 25);
}

/// The awaiter of the documents.
struct Reschedule {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) const { CoroutineManager::get_instance().schedule_resume(handle); }
  void await_resume() const noexcept {}
};
struct Threads {
  std::mutex mutex;
  std::vector<std::jthread> all;
};
struct RescheduleFromAThread {
  Threads& threads;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) const {
    Threads& to = threads; // this awaiter may be gone when the thread has begun
    const std::lock_guard lock{to.mutex};
    to.all.emplace_back([handle] { CoroutineManager::get_instance().schedule_resume(handle); });
  }
  void await_resume() const noexcept {}
};

TEST(CoroutineManager, StaysByHandOnceItWasDriven) {
  drain();
  test::CheckedRuntime runtime{1};
  std::atomic<bool> ran{false};
  const auto set = [&ran]() -> Raw {
    ran = true;
    co_return;
  };
  const Raw raw = set();
  sync_wait(runtime, spawn_on(runtime, [&raw] { manager().schedule_resume(raw.handle); }));
  EXPECT_FALSE(ran) << "on a worker, although the program drives";
  EXPECT_EQ(manager().drive().ready, 1u);
  EXPECT_TRUE(ran);
  raw.handle.destroy();
}

// In processes of their own, where nobody drives:

TEST(CoroutineManagerDeathTest, LetsCoroutinesGoOnOnTheirRuntimeWhereNobodyDrives) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [] {
    Threads threads;
    const auto body = [&threads]() -> Task<int> {
      co_await Reschedule{}; // on the thread of the program
      co_await yield();
      co_await Reschedule{}; // on a worker
      co_await RescheduleFromAThread{threads};
      co_await sleep_for(1ms);
      co_return 1;
    };
    int sum = 0;
    for (int i = 0; i < 10; ++i) sum += sync_wait(body());
    threads.all.clear(); // joins them
    std::exit(sum == 10 ? 0 : 1);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST(CoroutineManagerDeathTest, LeavesWhatWasScheduledForTheFirstDrive) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [] {
    static_cast<void>(default_runtime());
    Counts counts;
    std::vector<Raw> raws;
    for (int i = 0; i < 100; ++i) raws.push_back(count(counts));
    for (const Raw& raw : raws) manager().schedule_resume(raw.handle);
    const bool all_left = counts.resumed == 0;
    const std::size_t first = manager().drive().ready;
    for (const Raw& raw : raws) raw.handle.destroy();
    std::exit(all_left && first == 64 && counts.resumed == 64 ? 0 : 1);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST(CoroutineManagerDeathTest, GivesTimersAndFramesToTheDefaultRuntimeWhereNobodyDrives) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [] {
    static_cast<void>(default_runtime());
    struct Life {
      std::atomic<int> resumed{0};
      std::atomic<int> ended{0};
    } life;
    struct End {
      Life& life;
      ~End() { life.ended.fetch_add(1); }
    };
    const auto wait = [](Life& of) -> Raw {
      const End end{of};
      of.resumed.fetch_add(1);
      co_await std::suspend_always{};
    };
    for (int i = 1; i <= 3; ++i) {
      const Raw raw = wait(life);
      manager().add_timer(std::chrono::steady_clock::now() + 1ms, raw.handle);
      while (life.resumed.load() != i) std::this_thread::yield();
      manager().schedule_destroy(raw.handle);
      while (life.ended.load() != i) std::this_thread::yield();
    }
    std::exit(0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

} // namespace
} // namespace flowcoro
