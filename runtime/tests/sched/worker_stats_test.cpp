#include "flowcoro/sched/worker_stats.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/start_together.hpp"
#include "support/wait_until.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::Runtime;
using flowcoro::RuntimeStats;
using flowcoro::spawn_on;
using flowcoro::StatsByWorker;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::WorkerCounts;
using flowcoro::test::rounds;
using flowcoro::test::wait_until;

/// Keeps the worker of a runtime that has one, while it lives.
class Blocker {
 public:
  explicit Blocker(Runtime& runtime)
      : task_{spawn_on(runtime, [this] {
          runs_.store(true);
          while (!free_.load()) std::this_thread::yield();
        })} {
    wait_until([this] { return runs_.load(); });
  }
  ~Blocker() {
    free_.store(true);
    wait_until([this] { return task_.done(); });
  }
  Blocker(const Blocker&) = delete;
  Blocker& operator=(const Blocker&) = delete;

 private:
  std::atomic<bool> runs_{false};
  std::atomic<bool> free_{false};
  Task<void> task_;
};

void expect_same(const WorkerCounts& by_worker, const RuntimeStats& all) {
  EXPECT_EQ(by_worker.submitted, all.submitted);
  EXPECT_EQ(by_worker.completed, all.completed);
  EXPECT_EQ(by_worker.failed, all.failed);
  EXPECT_EQ(by_worker.cancelled, all.cancelled);
  EXPECT_EQ(by_worker.moved_in, all.moved_in);
  EXPECT_EQ(by_worker.moved_out, all.moved_out);
  EXPECT_EQ(by_worker.steals, all.steals);
  EXPECT_EQ(by_worker.stolen, all.stolen);
  EXPECT_EQ(by_worker.parks, all.parks);
  EXPECT_EQ(by_worker.wakes, all.wakes);
  EXPECT_EQ(by_worker.injected, all.injected);
  EXPECT_EQ(by_worker.timers_fired, all.timers_fired);
}

TEST(WorkerStats, AddUpToTheStatsOfTheRuntime) {
  Runtime runtime{{.workers = 3}};
  const std::size_t n = rounds(20'000);
  flowcoro::test::start_together(2, [&](std::size_t thread) {
    const auto all = [thread]() -> Lazy<void> {
      std::vector<Task<void>> tasks;
      for (std::size_t i = 0; i < n; ++i)
        tasks.push_back(flowcoro::spawn([i, thread]() -> Lazy<void> {
          co_await flowcoro::yield();
          if (i % 10 == thread) throw std::runtime_error{"expected"};
          if (i % 10 == 5) throw flowcoro::OperationCancelled{};
        }));
      auto settled = flowcoro::when_all_settled(std::move(tasks));
      co_await settled;
    };
    sync_wait(runtime, all());
  });
  runtime.shutdown(); // nobody parks or wakes any more
  const StatsByWorker stats = runtime.stats_by_worker();
  expect_same(stats.total(), runtime.stats());
  EXPECT_EQ(stats.total().submitted, 2 * n);
  EXPECT_EQ(stats.total().completed, 2 * n - 2 * n / 10);
  EXPECT_EQ(stats.total().failed, 2 * n / 10);
  EXPECT_EQ(stats.total().cancelled, 2 * n / 10);
  EXPECT_EQ(stats.inject_queued, 0u);
  for (const auto& worker : stats.workers) EXPECT_EQ(worker.queued, 0u);
}

TEST(WorkerStats, CountWhatWaitsToBeTakenAndWhatWasTaken) {
  Runtime runtime{{.workers = 1}};
  std::vector<Task<void>> tasks;
  {
    const Blocker blocker{runtime};
    const std::uint64_t before = runtime.stats_by_worker().total().injected;
    EXPECT_EQ(runtime.stats_by_worker().inject_queued, 0u);
    for (int i = 0; i < 5; ++i) tasks.push_back(spawn_on(runtime, [] {}));
    EXPECT_EQ(runtime.stats_by_worker().inject_queued, 5u);
    EXPECT_EQ(runtime.stats_by_worker().total().injected, before);
  }
  for (auto& task : tasks) sync_wait(runtime, task);
  const StatsByWorker after = runtime.stats_by_worker();
  EXPECT_EQ(after.inject_queued, 0u);
  EXPECT_GE(after.workers[0].counts.injected, 6u) << "the blocker came from outside, too";
  EXPECT_EQ(after.outside.submitted, 6u);
  EXPECT_EQ(after.outside.injected, 0u);
}

TEST(WorkerStats, KeepCountOfWhatIsInjectedFromManyThreads) {
  for (const bool stealing : {true, false}) {
    Runtime runtime{{.workers = 2, .work_stealing = stealing}};
    const std::size_t n = rounds(2'000);
    flowcoro::test::start_together(4, [&](std::size_t) {
      std::vector<Task<void>> tasks;
      for (std::size_t i = 0; i < n; ++i) tasks.push_back(spawn_on(runtime, [] {}));
      for (auto& task : tasks) sync_wait(runtime, task);
    });
    const StatsByWorker stats = runtime.stats_by_worker();
    EXPECT_EQ(stats.inject_queued, 0u) << stealing;
    EXPECT_GE(stats.total().injected, 4 * n) << stealing;
  }
}

TEST(WorkerStats, SayHowMuchIsQueuedAtAWorker) {
  Runtime runtime{{.workers = 1}};
  auto looks = spawn_on(runtime, [&runtime]() -> Lazy<StatsByWorker> {
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 7; ++i) tasks.push_back(flowcoro::spawn([] {}));
    StatsByWorker stats = runtime.stats_by_worker();
    auto all = flowcoro::when_all(std::move(tasks));
    co_await all;
    co_return stats;
  });
  const StatsByWorker stats = sync_wait(runtime, looks);
  EXPECT_EQ(stats.workers.at(0).queued, 7u);
  EXPECT_FALSE(stats.workers.at(0).parked);
  EXPECT_EQ(stats.total().submitted, 8u);
}

TEST(WorkerStats, SayWhoSleepsAndWhoseSeatIsTaken) {
  Runtime runtime{{.workers = 1}};
  wait_until([&] { return runtime.stats_by_worker().workers[0].parked; });
  EXPECT_FALSE(runtime.stats_by_worker().workers[0].guest);
  const auto look = [&runtime]() -> Lazy<StatsByWorker> { co_return runtime.stats_by_worker(); };
  const StatsByWorker inside = sync_wait(runtime, look());
  EXPECT_TRUE(inside.workers[0].guest) << "sync_wait took the seat of the parked worker";
  EXPECT_FALSE(inside.workers[0].parked);
}

TEST(WorkerStats, KnowTheCpuTimeOfAWorkerAlsoAfterItsEnd) {
  Runtime runtime{{.workers = 1}};
  {
    const Blocker busy{runtime};
    wait_until([&] { return runtime.stats_by_worker().workers[0].cpu >= 2ms; });
  }
  runtime.shutdown();
  EXPECT_GE(runtime.stats_by_worker().workers[0].cpu, 2ms);
  EXPECT_EQ(runtime.stats_by_worker().workers[0].cpu, runtime.stats_by_worker().workers[0].cpu);
}

TEST(WorkerStats, CountTimersAndHowLateTheyFired) {
  Runtime runtime{{.workers = 2}};
  const auto nap = []() -> Lazy<void> { co_await flowcoro::sleep_for(1ms); };
  std::vector<Task<void>> naps;
  for (int i = 0; i < 20; ++i) naps.push_back(spawn_on(runtime, nap));
  for (auto& one : naps) sync_wait(runtime, one);
  const StatsByWorker stats = runtime.stats_by_worker();
  EXPECT_EQ(stats.timers().registered, 20u);
  EXPECT_EQ(stats.timers().fired, 20u);
  EXPECT_EQ(stats.total().timers_fired, 20u);
  EXPECT_EQ(stats.timers().lateness.count(), 20u);
  EXPECT_GT(stats.timers().lateness.sum(), 0u);
}

} // namespace
