#include "flowcoro/coro/scheduler.hpp"

#include "helpers.hpp"

#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/resume_on.hpp"
#include "flowcoro/sched/spawn.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace flowcoro {
namespace {

TEST(CurrentScheduler, IsNoneOnAThreadOfTheProgram) {
  EXPECT_EQ(current_scheduler(), nullptr);
  std::jthread{[] { EXPECT_EQ(current_scheduler(), nullptr); }};
}

TEST(CurrentScheduler, IsTheRuntimesOwnOnItsWorkers) {
  Runtime one{{.workers = 1}};
  Runtime two{{.workers = 1}};
  const auto here = [] { return current_scheduler(); };
  EXPECT_EQ(sync_wait(one, spawn_on(one, here)), &one.scheduler());
  EXPECT_EQ(sync_wait(one, spawn_on(two, here)), &two.scheduler());
  EXPECT_NE(&one.scheduler(), &two.scheduler());
}

/// Whether it reads the steady clock.
bool is_steady_time() {
  const SteadyTime before = steady_now();
  const SteadyTime now = current_time();
  return before <= now && now <= steady_now();
}

TEST(CurrentTime, IsSteadyTimeOnARuntimeAndWhereThereIsNone) {
  Runtime runtime{{.workers = 1}};
  EXPECT_TRUE(sync_wait(runtime, spawn_on(runtime, is_steady_time)));
  std::jthread{[] { EXPECT_TRUE(is_steady_time()); }};
}

TEST(DefaultScheduler, IsThatOfTheDefaultRuntimeAndAlwaysTheSame) {
  EXPECT_EQ(&default_scheduler(), &default_runtime().scheduler());
  EXPECT_EQ(&default_scheduler(), &default_scheduler());
}

TEST(DefaultScheduler, TakesTasksThatWaitBeforeAnybodyHasDecided) {
  test::Gate gate;
  const auto body = [](test::Gate& at) -> Task<Scheduler*> {
    co_await at;
    co_return current_scheduler();
  };
  Task<Scheduler*> task = body(gate);
  gate.open();
  ASSERT_TRUE(test::eventually([&] { return task.done(); }));
  EXPECT_EQ(sync_wait(task), &default_scheduler());
}

/// Suspends, and hands the coroutine to a scheduler of the test's choice.
struct PostTo : ReadyNode {
  explicit PostTo(Scheduler& scheduler) noexcept : target{scheduler} {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    handle = self;
    target.post(*this);
  }
  void await_resume() const noexcept {}
  Scheduler& target;
};

TEST(SchedulerPost, ResumesOnAThreadOfThatScheduler) {
  Runtime home{{.workers = 1}};
  Runtime other{{.workers = 1}};
  const auto go = [&other]() -> Lazy<Scheduler*> {
    PostTo hop{other.scheduler()};
    co_await hop;
    co_return current_scheduler();
  };
  EXPECT_EQ(sync_wait(home, go), &other.scheduler());
}

TEST(SchedulerPost, FromTheOutsideIsServedInOrderByASingleWorker) {
  Runtime runtime{{.workers = 1}};
  std::atomic<bool> occupied{false};
  std::atomic<bool> release{false};
  const Task<void> busy = spawn_on(runtime, [&] {
    occupied = true;
    while (!release.load()) std::this_thread::yield();
  });
  ASSERT_TRUE(test::eventually([&] { return occupied.load(); }));
  std::vector<int> order;
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 100; ++i) tasks.push_back(spawn_on(runtime, [&order, i] { order.push_back(i); }));
  release = true;
  ASSERT_TRUE(runtime.shutdown().clean());
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(Scheduler, KnowsHowManyThreadsItHas) {
  Runtime runtime{{.workers = 3}};
  EXPECT_EQ(runtime.scheduler().concurrency(), 3u);
}

Lazy<Scheduler*> move_to(Runtime& target) {
  auto hop = resume_on(target);
  co_await hop;
  co_return current_scheduler();
}
Lazy<std::array<Scheduler*, 2>> await_one_that_moves(Runtime& target) {
  auto child = move_to(target);
  Scheduler* const there = co_await child;
  co_return std::array{there, current_scheduler()};
}

TEST(Scheduler, OfAnAwaiterIsKeptWhenWhatItAwaitsMovesAway) {
  Runtime home{{.workers = 2}};
  Runtime other{{.workers = 2}};
  for (int i = 0; i < 200; ++i) {
    const auto [there, back] = sync_wait(home, await_one_that_moves(other));
    EXPECT_EQ(there, &other.scheduler());
    EXPECT_EQ(back, &home.scheduler());
  }
}

TEST(Scheduler, OfATaskThatMovesCountsItInAndOut) {
  Runtime home{{.workers = 1}};
  Runtime other{{.workers = 1}};
  const auto body = [&other]() -> Lazy<Scheduler*> {
    Task<Scheduler*> task = spawn(move_to(other)); // the Lazy itself becomes the task
    co_return co_await task;
  };
  EXPECT_EQ(sync_wait(home, body), &other.scheduler());
  EXPECT_EQ(home.stats().moved_out, 1u);
  EXPECT_EQ(other.stats().moved_in, 1u);
  EXPECT_EQ(other.stats().completed, 1u);
}

TEST(ReportUnhandled, GoesToTheNamedSchedulerWhileItExists) {
  test::LostErrors lost;
  Runtime runtime{lost.options(1)};
  detail::report_unhandled(&runtime.scheduler(), std::make_exception_ptr(std::runtime_error{"mine"}));
  EXPECT_EQ(lost.texts(), std::vector<std::string>{"mine"});
  EXPECT_EQ(runtime.stats().unhandled, 1u);
}

TEST(ReportUnhandled, GoesToTheDefaultRuntimeWhenTheSchedulerHasEnded) {
  const std::uint64_t before = default_runtime().stats().unhandled;
  Scheduler* gone = nullptr;
  {
    Runtime runtime{{.workers = 1}};
    gone = &runtime.scheduler();
  }
  detail::report_unhandled(gone, std::make_exception_ptr(1));
  detail::report_unhandled(nullptr, std::make_exception_ptr(1));
  EXPECT_EQ(default_runtime().stats().unhandled, before + 2);
}

} // namespace
} // namespace flowcoro
