#include "flowcoro/compat/coroutine_scheduler.hpp"

#include "flowcoro/coro/errors.hpp"
#include "support/build.hpp"
#include "support/start_together.hpp"
#include "support/wait_until.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using flowcoro::CoroutinePool;
using flowcoro::CoroutineScheduler;
using flowcoro::RuntimeStopped;
using flowcoro::test::rounds;
using flowcoro::test::start_together;
using flowcoro::test::wait_until;

/// Suspended from its start; its owner destroys it.
class Coroutine {
 public:
  struct promise_type {
    Coroutine get_return_object() { return Coroutine{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { throw; }
  };
  explicit Coroutine(std::coroutine_handle<> handle) noexcept : handle_{handle} {}
  Coroutine(Coroutine&& other) noexcept : handle_{std::exchange(other.handle_, {})} {}
  Coroutine& operator=(Coroutine&&) = delete;
  ~Coroutine() {
    if (handle_) handle_.destroy();
  }
  [[nodiscard]] std::coroutine_handle<> handle() const noexcept { return handle_; }

 private:
  std::coroutine_handle<> handle_;
};

Coroutine note_thread(std::vector<std::thread::id>& threads) {
  for (;;) {
    threads.push_back(std::this_thread::get_id());
    co_await std::suspend_always{};
  }
}

TEST(CoroutineScheduler, ResumesOnItsThreadInOrder) {
  std::vector<std::thread::id> threads;
  const Coroutine coroutine = note_thread(threads);
  std::vector<int> order;
  {
    CoroutineScheduler scheduler;
    for (int i = 0; i < 10; ++i) {
      scheduler.schedule_coroutine(coroutine.handle());
      scheduler.schedule_task([&order, i] { order.push_back(i); });
    }
    scheduler.schedule_coroutine({});
    scheduler.stop();
    EXPECT_EQ(scheduler.stats().scheduled, 20u);
    EXPECT_EQ(scheduler.stats().completed, 20u);
    EXPECT_EQ(scheduler.load(), 0u);
  }
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  ASSERT_EQ(threads.size(), 10u);
  EXPECT_EQ(std::set<std::thread::id>(threads.begin(), threads.end()).size(), 1u);
  EXPECT_NE(threads.front(), std::this_thread::get_id());
}

TEST(CoroutineScheduler, RefusesWhatComesAfterItsEnd) {
  CoroutineScheduler scheduler;
  scheduler.stop();
  scheduler.stop();
  bool ran = false;
  EXPECT_THROW(scheduler.schedule_task([&ran] { ran = true; }), RuntimeStopped);
  std::vector<std::thread::id> threads;
  const Coroutine coroutine = note_thread(threads);
  EXPECT_THROW(scheduler.schedule_coroutine(coroutine.handle()), RuntimeStopped);
  EXPECT_FALSE(ran);
  EXPECT_TRUE(threads.empty());
  EXPECT_EQ(scheduler.load(), 0u);
}

TEST(CoroutineScheduler, SurvivesWhatThrowsAndTakesWhatCanOnlyBeMoved) {
  CoroutineScheduler scheduler;
  int sum = 0;
  scheduler.schedule_task([] { throw std::runtime_error{"no"}; });
  scheduler.schedule_task([&sum, five = std::make_unique<int>(5)] { sum += *five; });
  scheduler.stop();
  EXPECT_EQ(sum, 5);
  EXPECT_EQ(scheduler.stats().unhandled, 1u);
  EXPECT_EQ(scheduler.stats().completed, 2u);
}

TEST(CoroutineScheduler, CountsWhatIsQueuedAndRunning) {
  CoroutineScheduler scheduler;
  std::atomic<bool> inside{false};
  std::atomic<bool> leave{false};
  scheduler.schedule_task([&] {
    inside = true;
    wait_until(leave);
  });
  wait_until(inside);
  for (int i = 0; i < 5; ++i) scheduler.schedule_task([] {});
  EXPECT_EQ(scheduler.load(), 6u);
  EXPECT_TRUE(scheduler.drive().elsewhere);
  leave = true;
  scheduler.stop();
  EXPECT_EQ(scheduler.load(), 0u);
}

TEST(CoroutinePool, HasBetweenFourAndSixteenSchedulers) {
  EXPECT_GE(CoroutinePool::preset_schedulers(), 4u);
  EXPECT_LE(CoroutinePool::preset_schedulers(), 16u);
  const CoroutinePool pool;
  EXPECT_EQ(pool.scheduler_count(), CoroutinePool::preset_schedulers());
  EXPECT_THROW(CoroutinePool{0}, std::invalid_argument);
}

TEST(CoroutinePool, GivesNothingToASchedulerThatIsBusyWhileOthersAreIdle) {
  CoroutinePool pool{4};
  std::atomic<bool> leave{false};
  std::atomic<int> busy{0};
  for (int i = 0; i < 3; ++i)
    pool.schedule_task([&] {
      busy.fetch_add(1);
      wait_until(leave);
    });
  while (busy.load() != 3) std::this_thread::yield(); // so each of them is on a scheduler of its own
  // One is free, and has them all.
  std::mutex mutex;
  std::set<std::thread::id> threads;
  for (int i = 0; i < 50; ++i) {
    std::atomic<bool> done{false};
    pool.schedule_task([&] {
      const std::lock_guard lock{mutex};
      threads.insert(std::this_thread::get_id());
      done = true;
    });
    wait_until(done);
    while (pool.stats().total.load != 3) std::this_thread::yield();
  }
  EXPECT_EQ(threads.size(), 1u);
  leave = true;
  pool.stop();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(pool.load_balancer().get_load(i), 0u);
  EXPECT_EQ(pool.stats().total.completed, 53u);
}

TEST(CoroutinePool, PrintsWhatItHasDone) {
  CoroutinePool pool{2};
  for (int i = 0; i < 3; ++i) pool.schedule_task([] {});
  pool.stop();
  std::ostringstream out;
  pool.print_stats(out);
  EXPECT_EQ(out.str().substr(0, out.str().find('\n')),
            "coroutine pool: 2 schedulers, 3 scheduled, 3 completed, 0 unhandled, load 0");
  EXPECT_NE(out.str().find("scheduler 1: "), std::string::npos);
}

TEST(CoroutinePoolStress, RunsAllThatManyThreadsScheduleWhileOthersTakeTurns) {
  CoroutinePool pool{3};
  const std::size_t each = rounds(20'000);
  std::atomic<std::size_t> ran{0};
  std::atomic<bool> over{false};
  std::jthread driver{[&] {
    while (!over.load()) {
      pool.drive();
      std::this_thread::yield();
    }
  }};
  start_together(3, [&](std::size_t) {
    for (std::size_t i = 0; i < each; ++i) pool.schedule_task([&ran] { ran.fetch_add(1); });
  });
  pool.stop();
  over = true;
  driver.join();
  EXPECT_EQ(ran, 3 * each);
  EXPECT_EQ(pool.stats().total.completed, 3 * each);
}

} // namespace
