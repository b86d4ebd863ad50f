#include "flowcoro/sched/trace_buffer.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/wait_until.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::Runtime;
using flowcoro::Task;
using flowcoro::TraceBuffer;
using flowcoro::TraceEvent;
using flowcoro::TraceKind;
using flowcoro::TraceLane;
using flowcoro::TraceSnapshot;
using flowcoro::detail::TraceRing;
using flowcoro::detail::TraceWords;

TraceWords words(std::uint64_t i) { return {i, i, i}; }

std::vector<std::uint64_t> numbers(const TraceRing::Events& read) {
  std::vector<std::uint64_t> list;
  for (const TraceWords& event : read.events) list.push_back(event[0]);
  return list;
}

using Numbers = std::vector<std::uint64_t>;

TEST(TraceRing, KeepsTheNewestEvents) {
  TraceRing ring{3}; // rounded up to 4
  EXPECT_TRUE(ring.read(0).events.empty());
  for (std::uint64_t i = 0; i < 3; ++i) ring.push(words(i));
  EXPECT_EQ(numbers(ring.read(0)), (Numbers{0, 1, 2}));
  for (std::uint64_t i = 3; i < 10; ++i) ring.push(words(i));
  const TraceRing::Events read = ring.read(0);
  EXPECT_EQ(read.first, 6u);
  EXPECT_EQ(numbers(read), (Numbers{6, 7, 8, 9}));
}

TEST(TraceRing, ReadsFromANumberOn) {
  TraceRing ring{8};
  for (std::uint64_t i = 0; i < 5; ++i) ring.push(words(i));
  EXPECT_EQ(numbers(ring.read(3)), (Numbers{3, 4}));
  EXPECT_TRUE(ring.read(5).events.empty());
  EXPECT_EQ(ring.read(99).first, 5u);
}

TEST(TraceRing, GivesWholeEventsInOrderWhileTheyAreOverwritten) {
  TraceRing ring{8};
  std::atomic<bool> over{false};
  std::thread writer{[&] {
    for (std::uint64_t i = 0; !over.load(std::memory_order_relaxed); ++i) ring.push(words(i));
  }};
  std::uint64_t seen = 0;
  for (int look = 0; look < 2'000 || seen == 0; ++look) {
    const TraceRing::Events read = ring.read(0);
    for (std::size_t i = 0; i < read.events.size(); ++i) ASSERT_EQ(read.events[i], words(read.first + i));
    seen += read.events.size();
  }
  over.store(true, std::memory_order_relaxed);
  writer.join();
}

Task<int> answer(int value) { co_return value; }

Lazy<int> spawn_and_join(int tasks) {
  std::vector<Task<int>> all;
  for (int i = 0; i < tasks; ++i) all.push_back(flowcoro::spawn(answer, 1));
  int sum = 0;
  for (Task<int>& task : all) sum += co_await task;
  co_return sum;
}

/// Begins and ends take turns in each lane, whichever is the first, and no time goes backwards.
void expect_in_turn(const TraceSnapshot& trace) {
  for (const TraceLane& lane : trace.lanes) {
    bool running = false;
    bool first = true;
    flowcoro::SteadyTime last{};
    for (const TraceEvent& event : lane.events) {
      EXPECT_GE(event.at, last);
      last = event.at;
      if (event.kind != TraceKind::run_begin && event.kind != TraceKind::run_end) continue;
      const bool begins = event.kind == TraceKind::run_begin;
      EXPECT_TRUE(first || running != begins);
      running = begins;
      first = false;
    }
  }
}

TEST(TraceBuffer, RecordsNothingBeforeItIsStarted) {
  TraceBuffer trace;
  {
    Runtime runtime{{.workers = 2, .trace = &trace}};
    EXPECT_EQ(flowcoro::sync_wait(runtime, spawn_and_join(10)), 10);
  }
  const TraceSnapshot snapshot = trace.snapshot();
  ASSERT_EQ(snapshot.lanes.size(), 3u); // two workers, and the threads that are none
  for (const TraceLane& lane : snapshot.lanes) EXPECT_TRUE(lane.events.empty());
  EXPECT_EQ(snapshot.lost(), 0u);
}

TEST(TraceBuffer, RecordsEachSpawnAndItsRun) {
  TraceBuffer trace;
  trace.start();
  {
    Runtime runtime{{.workers = 2, .trace = &trace}};
    EXPECT_EQ(flowcoro::sync_wait(runtime, spawn_and_join(100)), 100);
  }
  trace.stop();
  const TraceSnapshot snapshot = trace.snapshot();
  EXPECT_EQ(snapshot.count(TraceKind::spawn), 100u);
  EXPECT_GE(snapshot.count(TraceKind::run_begin), 101u); // and the root
  EXPECT_EQ(snapshot.count(TraceKind::run_begin), snapshot.count(TraceKind::run_end));
  EXPECT_EQ(snapshot.lost(), 0u);
  expect_in_turn(snapshot);
  std::map<std::uint64_t, int> runs;
  for (const TraceLane& lane : snapshot.lanes)
    for (const TraceEvent& event : lane.events)
      if (event.kind == TraceKind::run_begin) ++runs[event.coroutine];
  for (const TraceLane& lane : snapshot.lanes)
    for (const TraceEvent& event : lane.events)
      if (event.kind == TraceKind::spawn) EXPECT_GE(runs[event.coroutine], 1);
}

TEST(TraceBuffer, RecordsSpawnsOfThreadsThatAreNoWorkers) {
  TraceBuffer trace;
  trace.start();
  {
    Runtime runtime{{.workers = 1, .trace = &trace}};
    for (int i = 0; i < 5; ++i) {
      Task<int> task = flowcoro::spawn_on(runtime, answer, i);
      EXPECT_EQ(flowcoro::sync_wait(runtime, std::move(task)), i);
    }
  }
  const TraceSnapshot snapshot = trace.snapshot();
  const TraceLane& outside = snapshot.lanes.back();
  EXPECT_FALSE(outside.worker.has_value());
  EXPECT_EQ(outside.events.size(), 5u);
  for (const TraceEvent& event : outside.events) EXPECT_EQ(event.kind, TraceKind::spawn);
}

Lazy<void> yield_often(int turns) {
  for (int i = 0; i < turns; ++i) co_await flowcoro::yield();
}

TEST(TraceBuffer, CountsWhatNewerEventsTookThePlaceOf) {
  TraceBuffer trace{16};
  trace.start();
  {
    Runtime runtime{{.workers = 1, .trace = &trace}};
    flowcoro::sync_wait(runtime, yield_often(1'000));
  }
  trace.stop();
  const TraceSnapshot snapshot = trace.snapshot();
  const TraceLane& worker = snapshot.lanes.front();
  EXPECT_EQ(worker.events.size(), 16u);
  EXPECT_GE(worker.lost, 2'000u - 16);
  EXPECT_EQ(snapshot.lost(), worker.lost);
  expect_in_turn(snapshot);
}

TEST(TraceBuffer, EachStartBeginsANewTrace) {
  TraceBuffer trace{16};
  Runtime runtime{{.workers = 1, .trace = &trace}};
  trace.start();
  flowcoro::sync_wait(runtime, yield_often(1'000));
  trace.stop();
  EXPECT_GT(trace.snapshot().lost(), 0u);
  trace.start();
  trace.stop();
  const TraceSnapshot second = trace.snapshot();
  EXPECT_EQ(second.lost(), 0u);
  EXPECT_EQ(second.count(TraceKind::run_begin), 0u);
  EXPECT_LE(second.since, second.until);
}

TEST(TraceBuffer, RecordsTimersWithHowLateTheyWere) {
  TraceBuffer trace;
  trace.start();
  {
    Runtime runtime{{.workers = 1, .trace = &trace}};
    flowcoro::sync_wait(runtime, []() -> Lazy<void> {
      for (int i = 0; i < 3; ++i) co_await flowcoro::sleep_for(1ms);
    });
  }
  const TraceSnapshot snapshot = trace.snapshot();
  EXPECT_EQ(snapshot.count(TraceKind::timer), 3u);
  EXPECT_GE(snapshot.count(TraceKind::park), 1u);
  const auto elapsed = static_cast<std::uint64_t>((snapshot.until - snapshot.since).count());
  for (const TraceEvent& event : snapshot.lanes.front().events) {
    if (event.kind != TraceKind::timer) continue;
    EXPECT_NE(event.coroutine, 0u);
    EXPECT_LT(event.amount, elapsed);
  }
}

TEST(TraceBuffer, RecordsAsManyStealsAsTheRuntimeCounts) {
  TraceBuffer trace;
  trace.start();
  flowcoro::RuntimeStats stats;
  {
    Runtime runtime{{.workers = 2, .trace = &trace}};
    // The spawner keeps its worker until another one has run what it spawned.
    flowcoro::sync_wait(runtime, []() -> Lazy<void> {
      std::atomic<bool> ran{false};
      Task<void> other = flowcoro::spawn([&ran] { ran.store(true, std::memory_order_release); });
      flowcoro::test::wait_until(ran);
      co_await other;
    });
    static_cast<void>(runtime.shutdown());
    stats = runtime.stats();
  }
  const TraceSnapshot snapshot = trace.snapshot();
  EXPECT_GE(stats.steals, 1u);
  EXPECT_EQ(snapshot.count(TraceKind::steal), stats.steals);
  std::uint64_t stolen = 0;
  for (const TraceLane& lane : snapshot.lanes)
    for (const TraceEvent& event : lane.events) {
      if (event.kind != TraceKind::steal) continue;
      stolen += event.amount;
      EXPECT_NE(lane.worker, std::optional<unsigned>{event.other});
    }
  EXPECT_EQ(stolen, stats.stolen);
}

TEST(TraceBuffer, IsStartedStoppedAndLookedAtWhileTasksRun) {
  TraceBuffer trace{64};
  Runtime runtime{{.workers = 2, .trace = &trace}};
  std::atomic<bool> over{false};
  std::thread client{[&] {
    while (!over.load(std::memory_order_acquire)) flowcoro::sync_wait(runtime, spawn_and_join(50));
  }};
  std::uint64_t seen = 0;
  for (int look = 0; look < 100 || seen == 0; ++look) {
    trace.start();
    std::this_thread::yield();
    const TraceSnapshot snapshot = trace.snapshot();
    trace.stop();
    expect_in_turn(snapshot);
    for (const TraceLane& lane : snapshot.lanes) seen += lane.events.size();
  }
  over.store(true, std::memory_order_release);
  client.join();
}

TEST(TraceBuffer, ServesSeveralRuntimes) {
  TraceBuffer trace;
  trace.start();
  for (unsigned runtime = 0; runtime < 2; ++runtime) {
    Runtime one{{.workers = 1, .trace = &trace}};
    EXPECT_EQ(flowcoro::sync_wait(one, spawn_and_join(3)), 3);
  }
  const TraceSnapshot snapshot = trace.snapshot();
  ASSERT_EQ(snapshot.lanes.size(), 4u);
  EXPECT_EQ(snapshot.lanes[0].runtime, 0u);
  EXPECT_EQ(snapshot.lanes[2].runtime, 1u);
  EXPECT_EQ(snapshot.count(TraceKind::spawn), 6u);
}

TEST(TraceBuffer, NamesEachKind) {
  std::map<std::string, int> names;
  for (std::size_t kind = 0; kind < flowcoro::trace_kinds; ++kind) ++names[name(static_cast<TraceKind>(kind))];
  EXPECT_EQ(names.size(), flowcoro::trace_kinds);
  EXPECT_EQ(names.count("unknown"), 0u);
}

} // namespace
