#include "flowcoro/observe/snapshot.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/pool/coroutine_pool.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "support/build.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::Runtime;
using flowcoro::Snapshot;
using flowcoro::SnapshotSources;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::take_snapshot;
using flowcoro::Task;
using flowcoro::WorkerCounts;

TEST(Snapshot, OfAnIdleRuntimeHasItsWorkersAndNothingElse) {
  const Runtime runtime{{.workers = 3}};
  const Snapshot snapshot = take_snapshot(runtime);
  EXPECT_EQ(snapshot.workers.workers.size(), 3u);
  EXPECT_EQ(snapshot.alive(), 0u);
  EXPECT_EQ(snapshot.workers.total().submitted, 0u);
  EXPECT_EQ(snapshot.pid, getpid());
  EXPECT_EQ(snapshot.runtime_name, "");
  EXPECT_GT(snapshot.since_1970.count(), 0);
  EXPECT_LE(snapshot.at, flowcoro::steady_now());
  EXPECT_TRUE(snapshot.coroutine_pools.empty());
  EXPECT_FALSE(snapshot.registry.has_value());
}

TEST(Snapshot, IsExactWhenNothingRuns) {
  Runtime runtime{{.workers = 2}};
  const std::size_t n = flowcoro::test::rounds(3'000);
  flowcoro::test::start_together(3, [&](std::size_t) {
    std::vector<Task<void>> tasks;
    for (std::size_t i = 0; i < n; ++i)
      tasks.push_back(spawn_on(runtime, [i]() -> Lazy<void> {
        if (i % 3 == 0) co_await flowcoro::sleep_for(10us);
        if (i % 3 == 1) throw std::runtime_error{"expected"};
        if (i % 30 == 2) throw flowcoro::OperationCancelled{};
      }));
    auto settled = flowcoro::when_all_settled(std::move(tasks));
    sync_wait(runtime, settled);
  });
  const Snapshot snapshot = take_snapshot(runtime);
  const WorkerCounts all = snapshot.workers.total();
  EXPECT_EQ(all.submitted, 3 * n);
  EXPECT_EQ(all.failed, n);
  EXPECT_EQ(all.cancelled, 3 * n / 30);
  EXPECT_EQ(all.completed, 3 * n - 3 * n / 30);
  EXPECT_EQ(snapshot.alive(), 0u);
  EXPECT_EQ(snapshot.workers.inject_queued, 0u);
  EXPECT_EQ(snapshot.workers.timers().registered, snapshot.workers.timers().fired);
  EXPECT_EQ(snapshot.workers.timers().fired, all.timers_fired);
}

TEST(Snapshot, NeverSeesMoreEndsThanStartsWhileTasksRun) {
  Runtime runtime{{.workers = 2}};
  std::atomic<bool> over{false};
  auto work = spawn_on(runtime, [&over]() -> Lazy<void> {
    while (!over.load()) {
      std::vector<Task<void>> tasks;
      for (int i = 0; i < 50; ++i) tasks.push_back(flowcoro::spawn([] {}));
      auto all = flowcoro::when_all(std::move(tasks));
      co_await all;
    }
  });
  WorkerCounts before;
  for (std::size_t i = 0; i < flowcoro::test::rounds(2'000); ++i) {
    const WorkerCounts now = take_snapshot(runtime).workers.total();
    ASSERT_LE(now.completed + now.cancelled, now.submitted);
    ASSERT_GE(now.submitted, before.submitted);
    ASSERT_GE(now.completed, before.completed);
    ASSERT_GE(now.parks, before.parks);
    before = now;
  }
  over.store(true);
  sync_wait(runtime, work);
}

TEST(Snapshot, HasThePoolsAndTheRegistryThatAreNamed) {
  Runtime runtime{{.workers = 2}};
  flowcoro::BlockingPool blocking;
  flowcoro::BoundedFramePool frames;
  flowcoro::ObjectPool<std::string> strings;
  auto pool = flowcoro::pool::CoroutinePool::with_config({});
  SnapshotSources sources{"main"};
  sources.add("files", blocking).add("frames", frames).add("strings", strings).add("requests", pool);
  sources.add(flowcoro::task_registry());

  frames.deallocate(frames.allocate(96), 96);
  const auto lent = strings.acquire();
  const flowcoro::TaskScope scope{"a piece of work"};
  const Snapshot snapshot = take_snapshot(runtime, sources);
  EXPECT_EQ(snapshot.runtime_name, "main");
  ASSERT_EQ(snapshot.blocking_pools.size(), 1u);
  EXPECT_EQ(snapshot.blocking_pools[0].name, "files");
  ASSERT_EQ(snapshot.frame_pools.size(), 1u);
  EXPECT_EQ(snapshot.frame_pools[0].stats.frees, 1u);
  ASSERT_EQ(snapshot.object_pools.size(), 1u);
  EXPECT_EQ(snapshot.object_pools[0].stats.in_use, 1u);
  ASSERT_EQ(snapshot.coroutine_pools.size(), 1u);
  EXPECT_EQ(snapshot.coroutine_pools[0].name, "requests");
  EXPECT_TRUE(snapshot.registry.has_value());
  EXPECT_EQ(snapshot.tracked, 1u);
}

TEST(Snapshot, RefusesTwoPoolsOfAKindWithOneName) {
  const flowcoro::BlockingPool one;
  const flowcoro::BoundedFramePool frames;
  SnapshotSources sources;
  sources.add("a", one).add("a", frames); // not of a kind
  EXPECT_THROW(sources.add("a", one), std::invalid_argument);
  EXPECT_EQ(take_snapshot(Runtime{{.workers = 1}}, sources).blocking_pools.size(), 1u);
}

TEST(Snapshot, CanBeTakenByATaskOfTheRuntime) {
  Runtime runtime{{.workers = 1}};
  auto task = spawn_on(runtime, [&runtime] { return take_snapshot(runtime); });
  EXPECT_EQ(sync_wait(runtime, task).alive(), 1u);
}

} // namespace
