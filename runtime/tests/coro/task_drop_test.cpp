// Dropping a task that has not ended: it is asked to stop, it is joined, and its frame lives as long as it can be resumed.
#include "helpers.hpp"

#include "../support/build.hpp"
#include "../support/seed.hpp"
#include "../support/values.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace flowcoro {
namespace {

using namespace std::chrono_literals;

Lazy<void> sleep_long(test::Counted, std::atomic<bool>& asleep) {
  asleep = true;
  auto nap = sleep_for(1h);
  co_await nap;
}

TEST(DroppedTask, ThatSleepsIsWokenAndEndsAsCancelled) {
  test::Census census;
  std::atomic<bool> asleep{false};
  Runtime runtime{{.workers = 2}};
  {
    const Task<void> task = spawn_on(runtime, sleep_long, test::Counted{census}, std::ref(asleep));
    ASSERT_TRUE(test::eventually([&] { return asleep.load(); }));
  }
  EXPECT_TRUE(test::eventually([&] { return runtime.stats().cancelled == 1; }));
  EXPECT_TRUE(test::eventually([&] { return census.alive() == 0; }));
}

Lazy<void> wait_deaf(test::Counted kept, test::Gate& gate, std::atomic<int>& seen) {
  co_await gate;
  seen = kept.value();
}

TEST(DroppedTask, KeepsItsFrameUntilWhatItWaitsForHasHappened) {
  test::Census census;
  test::Gate gate;
  std::atomic<int> seen{0};
  Runtime runtime{{.workers = 2}};
  {
    const Task<void> task = spawn_on(runtime, wait_deaf, test::Counted{census, 5}, std::ref(gate), std::ref(seen));
    ASSERT_TRUE(test::eventually([&] { return gate.occupied(); }));
  }
  EXPECT_GT(census.alive(), 0);
  gate.open();
  ASSERT_TRUE(runtime.shutdown().clean());
  EXPECT_EQ(seen.load(), 5);
  EXPECT_EQ(census.alive(), 0);
}

Lazy<void> run_until(test::Counted kept, std::atomic<bool>& running, std::atomic<bool>& release,
                     std::atomic<int>& seen) {
  running = true;
  while (!release.load()) std::this_thread::yield();
  auto own = this_task::stop_token();
  const StopToken token = co_await own;
  seen = token.stop_requested() ? kept.value() : -1;
}

TEST(DroppedTask, ThatRunsSeesTheRequestAndKeepsItsFrameToItsEnd) {
  test::Census census;
  std::atomic<bool> running{false};
  std::atomic<bool> release{false};
  std::atomic<int> seen{0};
  Runtime runtime{{.workers = 1}};
  {
    const Task<void> task =
        spawn_on(runtime, run_until, test::Counted{census, 6}, std::ref(running), std::ref(release), std::ref(seen));
    ASSERT_TRUE(test::eventually([&] { return running.load(); }));
  }
  EXPECT_GT(census.alive(), 0);
  release = true;
  ASSERT_TRUE(runtime.shutdown().clean());
  EXPECT_EQ(seen.load(), 6);
  EXPECT_EQ(census.alive(), 0);
}

Lazy<void> note_request(test::Counted, std::atomic<int>& stopped) {
  auto own = this_task::stop_token();
  const StopToken token = co_await own;
  if (token.stop_requested()) ++stopped;
}

TEST(DroppedTask, ThatIsStillQueuedRunsAndSeesTheRequest) {
  constexpr int count = 1000;
  test::Census blockers;
  test::Census census;
  std::atomic<bool> running{false};
  std::atomic<bool> release{false};
  std::atomic<int> ignored{0};
  std::atomic<int> stopped{0};
  Runtime runtime{{.workers = 1}};
  const Task<void> blocker =
      spawn_on(runtime, run_until, test::Counted{blockers}, std::ref(running), std::ref(release), std::ref(ignored));
  ASSERT_TRUE(test::eventually([&] { return running.load(); }));
  for (int i = 0; i < count; ++i) {
    const Task<void> queued = spawn_on(runtime, note_request, test::Counted{census}, std::ref(stopped));
  }
  EXPECT_EQ(stopped.load(), 0);
  release = true;
  ASSERT_TRUE(runtime.shutdown().clean());
  EXPECT_EQ(stopped.load(), count);
  EXPECT_EQ(census.alive(), 0);
  EXPECT_EQ(runtime.stats().submitted, count + 1u);
  EXPECT_EQ(runtime.stats().completed, count + 1u);
}

TEST(DroppedTask, IsJoinedByTheEndOfItsRuntime) {
  test::Census census;
  std::atomic<bool> asleep{false};
  {
    Runtime runtime{{.workers = 2}};
    const Task<void> task = spawn_on(runtime, sleep_long, test::Counted{census}, std::ref(asleep));
  }
  EXPECT_GT(census.made(), 0);
  EXPECT_EQ(census.alive(), 0);
}

TEST(DroppedTask, ByAssignmentIsStoppedToo) {
  test::Census census;
  std::atomic<bool> asleep{false};
  Runtime runtime{{.workers = 1}};
  Task<void> task = spawn_on(runtime, sleep_long, test::Counted{census}, std::ref(asleep));
  task = Task<void>{};
  EXPECT_TRUE(test::eventually([&] { return census.alive() == 0; }));
  EXPECT_EQ(runtime.stats().cancelled, 1u);
}

Task<int> await_inner(Task<int> inner) { co_return co_await inner; }
Lazy<int> sleep_then_give(std::atomic<bool>& asleep) {
  asleep = true;
  auto nap = sleep_for(1h);
  co_await nap;
  co_return 1;
}

TEST(DroppedTask, PassesTheRequestOnToTheTaskThatItAwaits) {
  std::atomic<bool> asleep{false};
  Runtime runtime{{.workers = 2}};
  {
    const Task<int> outer = await_inner(spawn_on(runtime, sleep_then_give, std::ref(asleep)));
    ASSERT_TRUE(test::eventually([&] { return asleep.load(); }));
  }
  EXPECT_TRUE(test::eventually([&] { return runtime.stats().cancelled == 1; }));
}

TEST(StopRequest, ReachesATaskAndItsLazyChildAndEndsTheWait) {
  std::atomic<bool> asleep{false};
  Runtime runtime{{.workers = 2}};
  const auto outer = [&asleep]() -> Lazy<int> {
    auto child = sleep_then_give(asleep);
    co_return co_await child;
  };
  Task<int> task = spawn_on(runtime, outer);
  ASSERT_TRUE(test::eventually([&] { return asleep.load(); }));
  task.request_stop();
  EXPECT_THROW(static_cast<void>(sync_wait(runtime, task)), OperationCancelled);
}

TEST(StopRequest, MadeBeforeAWaitEndsThatWait) {
  test::Gate gate;
  Runtime runtime{{.workers = 1}};
  const auto body = [&gate]() -> Lazy<void> {
    co_await gate;
    auto nap = sleep_for(1h);
    co_await nap;
  };
  Task<void> task = spawn_on(runtime, body);
  task.request_stop();
  task.request_stop();
  gate.open();
  EXPECT_THROW(sync_wait(runtime, task), OperationCancelled);
}

TEST(StopRequest, ForAFinishedTaskChangesNothing) {
  Runtime runtime{{.workers = 1}};
  Task<int> task = spawn_on(runtime, [] { return 4; });
  ASSERT_TRUE(test::eventually([&] { return task.done(); }));
  task.request_stop();
  EXPECT_EQ(sync_wait(runtime, task), 4);
}

Lazy<void> a_few_steps(test::Counted, int naps) {
  for (int i = 0; i < naps; ++i) {
    auto turn = yield();
    co_await turn;
  }
  auto nap = sleep_for(1h);
  co_await nap;
}

TEST(DropStress, AtAnyMomentLeavesNoFrameBehind) {
  const std::size_t count = test::rounds(50'000);
  test::Random random;
  test::Census census;
  Runtime runtime{{.workers = 3}};
  std::vector<Task<void>> held(64);
  for (std::size_t i = 0; i < count; ++i) {
    // Overwriting a random one drops tasks of every age.
    held[random.below(held.size())] =
        spawn_on(runtime, a_few_steps, test::Counted{census}, static_cast<int>(random.below(4)));
    test::dawdle(random.below(200));
  }
  held.clear();
  ASSERT_TRUE(runtime.shutdown().clean());
  EXPECT_EQ(census.alive(), 0);
  EXPECT_EQ(runtime.stats().submitted, count);
  EXPECT_EQ(runtime.stats().cancelled, count);
}

} // namespace
} // namespace flowcoro
