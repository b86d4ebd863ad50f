#include "flowcoro/compat/enhanced_scheduling.hpp"

#include "flowcoro/compat/coroutine_manager.hpp"
#include "flowcoro/compat/coroutine_scheduler.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "support/wait_until.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <coroutine>
#include <cstdlib>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>

namespace flowcoro {
namespace {

struct Once {
  struct promise_type {
    Once get_return_object() { return Once{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { throw; }
  };
  std::coroutine_handle<> handle;
};
Once set(std::atomic<bool>& flag) {
  flag = true;
  co_return;
}

TEST(ScheduleEnhanced, RunsCoroutinesAndFunctionsOnThePool) {
  std::atomic<bool> resumed{false};
  std::atomic<bool> called{false};
  std::thread::id where;
  schedule_coroutine_enhanced(set(resumed).handle);
  schedule_coroutine_enhanced({});
  schedule_task_enhanced([&] {
    where = std::this_thread::get_id();
    called = true;
  });
  test::wait_until(resumed);
  test::wait_until(called);
  static_cast<void>(drive_coroutine_pool());
  std::ostringstream out;
  print_pool_stats(out);
  EXPECT_EQ(out.str().substr(0, 15), "coroutine pool:");
  EXPECT_NE(out.str().find(" scheduled"), std::string::npos);
}

/// In a process of its own: it ends the pool of the process.
TEST(ScheduleEnhancedDeathTest, EndsThePoolAndSaysSoAfterwards) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [] {
    std::ostringstream before;
    print_pool_stats(before);
    shutdown_coroutine_pool(); // of none
    std::atomic<int> ran{0};
    for (int i = 0; i < 100; ++i) schedule_task_enhanced([&ran] { ran.fetch_add(1); });
    shutdown_coroutine_pool();
    const bool drained = ran == 100;
    bool refused = false;
    try {
      schedule_task_enhanced([&ran] { ran.fetch_add(1); });
    } catch (const RuntimeStopped&) {
      refused = true;
    }
    shutdown_coroutine_pool();
    std::exit(before.str() == "coroutine pool: none\n" && drained && refused && ran == 100 ? 0 : 1);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST(RunCoroutineManager, DrivesUntilItIsStopped) {
  std::jthread host = start_coroutine_manager();
  auto where = spawn_on(CoroutineManager::get_instance().scheduler(), [] { return std::this_thread::get_id(); });
  while (!where.done()) std::this_thread::yield();
  const std::thread::id host_id = host.get_id();
  host.request_stop();
  host.join();
  EXPECT_EQ(run_until_complete(where), host_id);

  std::stop_source stopped;
  stopped.request_stop();
  run_coroutine_manager(stopped.get_token());
}

} // namespace
} // namespace flowcoro
