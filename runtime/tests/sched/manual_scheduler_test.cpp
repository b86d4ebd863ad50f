#include "flowcoro/sched/manual_scheduler.hpp"

#include "flowcoro/async/channel.hpp"
#include "flowcoro/async/sleep.hpp"
#include "flowcoro/async/task_group.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/sched/resume_on.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/spawn_many.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/asleep.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seed.hpp"
#include "support/start_together.hpp"
#include "support/wait_until.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace flowcoro {
namespace {

using namespace std::chrono_literals;
using test::rounds;

/// Stands still until a test moves it.
struct VirtualClock {
  SteadyTime now{};
  [[nodiscard]] std::function<SteadyTime()> function() {
    return [this] { return now; };
  }
};

/// A coroutine that is none of the library's, suspended from its start; it counts its resumes and its end.
struct Raw {
  struct promise_type {
    Raw get_return_object() { return Raw{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { throw; }
  };
  std::coroutine_handle<promise_type> handle;
};
struct Counts {
  int resumed = 0;
  int destroyed = 0;
};
struct CountsEnd {
  Counts& counts;
  ~CountsEnd() { ++counts.destroyed; }
};
Raw count_resumes(Counts& counts) {
  const CountsEnd end{counts};
  for (;;) {
    ++counts.resumed;
    co_await std::suspend_always{};
  }
}
Task<int> compute(int x) {
  co_await sleep_for(50ms);
  co_return x* x;
}

TEST(ManualScheduler, RunsNothingUntilItIsDriven) {
  ManualScheduler scheduler;
  bool ran = false;
  auto task = spawn_on(scheduler, [&ran] { ran = true; });
  EXPECT_FALSE(ran);
  EXPECT_EQ(scheduler.next_deadline(), SteadyTime::min());
  const Driven driven = scheduler.drive();
  EXPECT_TRUE(ran);
  EXPECT_TRUE(task.done());
  EXPECT_EQ(driven.ready, 1u);
  EXPECT_EQ(driven.timers, 0u);
  EXPECT_FALSE(driven.elsewhere);
  EXPECT_FALSE(scheduler.drive().anything());
  EXPECT_EQ(scheduler.next_deadline(), no_deadline);
}

TEST(ManualScheduler, RunsEverythingOnTheThreadThatDrives) {
  ManualScheduler scheduler;
  const auto here = scheduler.as_default();
  std::vector<std::thread::id> threads;
  const auto body = [&threads]() -> Task<> {
    threads.push_back(std::this_thread::get_id());
    co_await yield();
    threads.push_back(std::this_thread::get_id());
    co_await sleep_for(1ms);
    threads.push_back(std::this_thread::get_id());
  };
  auto task = body();
  while (!task.done())
    if (!scheduler.drive().anything()) static_cast<void>(scheduler.wait());
  EXPECT_EQ(threads, std::vector(3, std::this_thread::get_id()));
}

TEST(ManualScheduler, FiresTimersByItsClockInTheOrderOfTheirDeadlines) {
  VirtualClock clock;
  ManualScheduler scheduler{{.clock = clock.function()}};
  std::vector<int> order;
  const auto after = [&order](Nanoseconds time, int number) -> Lazy<> {
    co_await sleep_for(time);
    order.push_back(number);
  };
  std::vector<Task<>> tasks;
  tasks.push_back(spawn_on(scheduler, after, 30ms, 3));
  tasks.push_back(spawn_on(scheduler, after, 10ms, 1));
  tasks.push_back(spawn_on(scheduler, after, 20ms, 2));
  EXPECT_EQ(scheduler.drive().ready, 3u);
  EXPECT_EQ(scheduler.next_deadline(), SteadyTime{10ms});
  clock.now = SteadyTime{10ms} - 1ns;
  EXPECT_FALSE(scheduler.drive().anything());
  clock.now = SteadyTime{10ms};
  EXPECT_EQ(scheduler.drive().timers, 1u);
  EXPECT_EQ(order, (std::vector{1}));
  clock.now = SteadyTime{1h};
  EXPECT_EQ(scheduler.drive().timers, 2u);
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
  EXPECT_EQ(scheduler.next_deadline(), no_deadline);
  EXPECT_EQ(scheduler.timer_stats().fired, 3u);
  EXPECT_EQ(scheduler.stats().timers_fired, 3u);
}

TEST(ManualScheduler, MeasuresTimeForItsTasksByItsClock) {
  VirtualClock clock;
  clock.now = SteadyTime{5h};
  ManualScheduler scheduler{{.clock = clock.function()}};
  auto task = spawn_on(scheduler, [] { return current_time(); });
  scheduler.drive();
  EXPECT_EQ(sync_wait(scheduler, task), SteadyTime{5h});
  const auto here = scheduler.as_default();
  EXPECT_EQ(current_time(), SteadyTime{5h});
}

TEST(ManualScheduler, DoesNoMoreInATurnThanItsLimits) {
  VirtualClock clock;
  ManualScheduler scheduler{{.clock = clock.function()}};
  int ran = 0;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 100; ++i)
    tasks.push_back(spawn_on(scheduler, [&ran]() -> Lazy<> {
      ++ran;
      co_await sleep_for(1ms);
      ++ran;
    }));
  EXPECT_EQ(scheduler.drive().ready, 64u);
  EXPECT_EQ(ran, 64);
  EXPECT_EQ(scheduler.drive().ready, 36u);
  clock.now += 1ms;
  for (const std::size_t timers : {32u, 32u, 32u, 4u, 0u}) {
    const Driven driven = scheduler.drive();
    EXPECT_EQ(driven.timers, timers);
    EXPECT_EQ(driven.ready, timers);
  }
  EXPECT_EQ(ran, 200);
}

TEST(ManualScheduler, TakesLimitsOfItsOwnAndOfACall) {
  ManualScheduler scheduler{{.limits = {.timers = 1, .ready = 3, .destructions = 1}}};
  std::vector<Task<>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(spawn_on(scheduler, [] {}));
  EXPECT_EQ(scheduler.drive().ready, 3u);
  EXPECT_EQ(scheduler.drive({.timers = 0, .ready = 0, .destructions = 0}).ready, 0u);
  EXPECT_EQ(scheduler.drive({.timers = 0, .ready = 100, .destructions = 0}).ready, 7u);
}

TEST(ManualScheduler, NamesALimitThatMakesNoSense) {
  const auto text_of = [](DriveLimits limits) -> std::string {
    try {
      const ManualScheduler scheduler{{.limits = limits}};
      return "none";
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  EXPECT_EQ(text_of({.timers = 0}).substr(0, 13), "limits.timers");
  EXPECT_EQ(text_of({.ready = 0}).substr(0, 12), "limits.ready");
  EXPECT_EQ(text_of({.destructions = 0}).substr(0, 19), "limits.destructions");
  EXPECT_EQ(text_of({}), "none");
}

TEST(ManualScheduler, KeepsYieldsFromStarvingTimersAndEachOther) {
  VirtualClock clock;
  ManualScheduler scheduler{{.clock = clock.function()}};
  bool stop = false;
  int turns = 0;
  const auto spin = [&]() -> Lazy<> {
    while (!stop) {
      ++turns;
      co_await yield();
    }
  };
  auto one = spawn_on(scheduler, spin);
  auto other = spawn_on(scheduler, spin);
  auto sleeper = spawn_on(scheduler, [&]() -> Lazy<> {
    co_await sleep_for(1ms);
    stop = true;
  });
  EXPECT_EQ(scheduler.drive().ready, 64u);
  EXPECT_EQ(turns, 63);
  clock.now += 1ms;
  EXPECT_EQ(scheduler.drive().timers, 1u);
  EXPECT_TRUE(sleeper.done());
  EXPECT_TRUE(one.done() && other.done());
}

TEST(ManualScheduler, RunsOne) {
  ManualScheduler scheduler;
  int ran = 0;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(spawn_on(scheduler, [&ran] { ++ran; }));
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(scheduler.run_one());
    EXPECT_EQ(ran, i);
  }
  EXPECT_FALSE(scheduler.run_one());
}

TEST(ManualScheduler, RunsUntilAConditionHoldsAndNoFurther) {
  ManualScheduler scheduler;
  int ran = 0;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(spawn_on(scheduler, [&ran] { ++ran; }));
  EXPECT_TRUE(scheduler.run_until([&ran] { return ran == 4; }));
  EXPECT_EQ(ran, 4);
  EXPECT_FALSE(scheduler.run_until([&ran] { return ran == 100; }, steady_now() + 1ms));
  EXPECT_EQ(ran, 10);
  auto sleeper = spawn_on(scheduler, []() -> Lazy<> { co_await sleep_for(1ms); });
  EXPECT_TRUE(scheduler.run_until([&sleeper] { return sleeper.done(); }));
}

TEST(ManualScheduler, RunsUntilADeadline) {
  ManualScheduler scheduler;
  int ran = 0;
  auto task = spawn_on(scheduler, [&ran]() -> Lazy<> {
    for (;;) {
      co_await sleep_for(100us);
      ++ran;
    }
  });
  const SteadyTime deadline = steady_now() + 5ms;
  scheduler.run_until(deadline);
  EXPECT_GE(steady_now(), deadline);
  EXPECT_GE(ran, 1);
}

TEST(ManualScheduler, DoesNotSleepPastItsDeadlines) {
  ManualScheduler scheduler;
  const SteadyTime before = steady_now();
  EXPECT_FALSE(scheduler.wait(before + 1ms));
  EXPECT_GE(steady_now(), before + 1ms);
  auto task = spawn_on(scheduler, []() -> Lazy<> { co_await sleep_for(1ms); });
  EXPECT_TRUE(scheduler.wait(no_deadline));
  scheduler.drive();
  EXPECT_TRUE(scheduler.wait(no_deadline)) << "there is a timer";
  EXPECT_EQ(scheduler.drive().timers, 1u);
}

// sync_wait:

TEST(ManualScheduler, IsWhatSyncWaitRunsOn) {
  ManualScheduler scheduler;
  const auto body = []() -> Lazy<int> {
    auto all = when_all(compute(1), compute(2), compute(3));
    auto [a, b, c] = co_await all;
    co_return a + b + c;
  };
  EXPECT_EQ(sync_wait(scheduler, body), 14);
  EXPECT_EQ(scheduler.stats().submitted, 3u);
  EXPECT_EQ(scheduler.stats().completed, 3u);
  EXPECT_EQ(scheduler.stats().failed, 0u);
  EXPECT_THROW(sync_wait(scheduler,
                         []() -> Lazy<> {
                           co_await yield();
                           throw std::runtime_error{"mine"};
                         }),
               std::runtime_error);
}

TEST(ManualScheduler, IsTheDefaultOfAThreadThatSaysSo) {
  ManualScheduler scheduler;
  {
    const auto here = scheduler.as_default();
    EXPECT_EQ(&default_scheduler(), &scheduler.scheduler());
    EXPECT_EQ(sync_wait(compute(3)), 9);
    auto spawned = spawn([] { return current_scheduler(); });
    EXPECT_EQ(sync_wait(spawned), &scheduler.scheduler());
    std::jthread{[&] { EXPECT_NE(&default_scheduler(), &scheduler.scheduler()); }};
  }
  EXPECT_NE(&default_scheduler(), &scheduler.scheduler());
}

TEST(ManualScheduler, RefusesToBlockItsOwnThread) {
  ManualScheduler scheduler;
  auto task = spawn_on(scheduler, [&scheduler] { sync_wait(scheduler, compute(1)); });
  scheduler.drive();
  EXPECT_THROW(sync_wait(scheduler, task), BlockingCallOnWorker);
}

TEST(ManualSchedulerDeathTest, AbortsWhenItIsDrivenByItsOwnCoroutine) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto drive_in_itself = [] {
    ManualScheduler scheduler;
    auto task = spawn_on(scheduler, [&scheduler] { scheduler.drive(); });
    scheduler.drive();
  };
  EXPECT_DEATH(drive_in_itself(), "driven by one of its own coroutines");
}

TEST(ManualScheduler, CanBeDrivenByACoroutineOfAnother) {
  ManualScheduler outer;
  ManualScheduler inner;
  auto in = spawn_on(inner, [] { return current_scheduler(); });
  auto out = spawn_on(outer, [&inner] {
    inner.drive();
    return current_scheduler();
  });
  outer.drive();
  ASSERT_TRUE(in.done() && out.done());
  EXPECT_EQ(sync_wait(inner, in), &inner.scheduler());
  EXPECT_EQ(sync_wait(outer, out), &outer.scheduler());
  test::CheckedRuntime runtime{1};
  auto again = spawn_on(inner, [] { return current_scheduler(); });
  auto on_worker = spawn_on(runtime, [&inner]() -> Lazy<bool> {
    Scheduler* const before = current_scheduler();
    inner.drive();
    co_await yield();
    co_return before == current_scheduler();
  });
  EXPECT_TRUE(sync_wait(runtime, on_worker));
  EXPECT_EQ(sync_wait(inner, again), &inner.scheduler());
}

TEST(ManualScheduler, TakesCoroutinesFromARuntimeAndGivesThemBack) {
  test::CheckedRuntime runtime{1};
  ManualScheduler scheduler;
  std::vector<Scheduler*> seen;
  auto task = spawn_on(scheduler, [&]() -> Lazy<> {
    seen.push_back(current_scheduler());
    co_await resume_on(runtime);
    seen.push_back(current_scheduler());
    co_await resume_on(scheduler);
    seen.push_back(current_scheduler());
  });
  EXPECT_TRUE(scheduler.run_until([&task] { return task.done(); }));
  EXPECT_EQ(seen, (std::vector{&scheduler.scheduler(), &runtime.scheduler(), &scheduler.scheduler()}));
  EXPECT_EQ(scheduler.stats().moved_out, 1u);
  EXPECT_EQ(scheduler.stats().moved_in, 1u);
}

TEST(ManualScheduler, RunsWhatIsSharedOutInALoop) {
  ManualScheduler scheduler;
  std::vector<int> out(10'000);
  const auto body = [&out]() -> Lazy<> {
    auto all = spawn_many(out.size(), [&out](std::size_t i) { out[i] = static_cast<int>(i); });
    co_await all;
  };
  sync_wait(scheduler, body);
  for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], static_cast<int>(i));
}

TEST(ManualScheduler, LetsWhatIsNoTaskThrowOutOfDrive) {
  ManualScheduler scheduler;
  const auto fail = []() -> Raw {
    throw std::runtime_error{"raw"};
    co_return;
  };
  const Raw raw = fail();
  ASSERT_TRUE(scheduler.scheduler().post_yielded(raw.handle));
  EXPECT_THROW(scheduler.drive(), std::runtime_error);
  raw.handle.destroy();
  EXPECT_FALSE(scheduler.drive().elsewhere) << "the turn has ended";
}

// Destruction:

TEST(ManualScheduler, DestroysNoMoreFramesInATurnThanItsLimit) {
  ManualScheduler scheduler;
  Counts counts;
  for (int i = 0; i < 100; ++i) {
    const Raw raw = count_resumes(counts);
    raw.handle.resume();
    scheduler.destroy_later(raw.handle);
  }
  EXPECT_EQ(counts.destroyed, 0);
  EXPECT_EQ(scheduler.pending_destructions(), 100u);
  EXPECT_EQ(scheduler.next_deadline(), SteadyTime::min());
  for (const int destroyed : {32, 64, 96, 100}) {
    EXPECT_TRUE(scheduler.drive().anything());
    EXPECT_EQ(counts.destroyed, destroyed);
  }
  EXPECT_FALSE(scheduler.drive().anything());
  EXPECT_EQ(counts.resumed, 100);
}

TEST(ManualScheduler, DestroysAFrameAfterTheResumesThatWereOnTheirWay) {
  ManualScheduler scheduler;
  Counts counts;
  const Raw raw = count_resumes(counts);
  std::vector<Task<>> before;
  for (int i = 0; i < 100; ++i) before.push_back(spawn_on(scheduler, [] {}));
  ASSERT_TRUE(scheduler.scheduler().post_yielded(raw.handle));
  scheduler.destroy_later(raw.handle);
  EXPECT_EQ(scheduler.drive().destructions, 0u);
  EXPECT_EQ(counts.resumed, 0);
  EXPECT_EQ(scheduler.drive().destructions, 1u);
  EXPECT_EQ(counts.resumed, 1);
  EXPECT_EQ(counts.destroyed, 1);
}

TEST(ManualScheduler, DestroysWhatAFrameThatIsDestroyedHandsOver) {
  ManualScheduler scheduler;
  Counts counts;
  struct HandsOver {
    ManualScheduler& scheduler;
    std::coroutine_handle<> frame;
    ~HandsOver() { scheduler.destroy_later(frame); }
  };
  const Raw inner = count_resumes(counts);
  inner.handle.resume();
  const auto hold = [](ManualScheduler& on, std::coroutine_handle<> frame) -> Raw {
    const HandsOver end{on, frame};
    co_await std::suspend_always{};
  };
  const Raw outer = hold(scheduler, inner.handle);
  outer.handle.resume();
  scheduler.destroy_later(outer.handle);
  EXPECT_EQ(scheduler.drive().destructions, 1u);
  EXPECT_EQ(counts.destroyed, 0);
  EXPECT_EQ(scheduler.drive().destructions, 1u);
  EXPECT_EQ(counts.destroyed, 1);
}

TEST(ManualScheduler, DestroysAtItsEndWhatWasLeftForLater) {
  Counts counts;
  {
    ManualScheduler scheduler;
    for (int i = 0; i < 100; ++i) {
      const Raw raw = count_resumes(counts);
      raw.handle.resume();
      scheduler.destroy_later(raw.handle);
    }
  }
  EXPECT_EQ(counts.destroyed, 100);
}

// Other threads:

TEST(ManualScheduler, WakesWhoSleepsWhenAnotherThreadPosts) {
  ManualScheduler scheduler;
  test::Watched host;
  std::atomic<bool> ran{false};
  std::jthread other{[&] {
    host.wait_until_asleep();
    auto task = spawn_on(scheduler, [&ran] { ran = true; });
    test::wait_until(ran);
  }};
  host.is_this_thread();
  EXPECT_TRUE(scheduler.wait());
  EXPECT_EQ(scheduler.drive().ready, 1u);
  EXPECT_TRUE(ran);
}

TEST(ManualScheduler, AsksAgainForAConditionWhenItIsWoken) {
  ManualScheduler scheduler;
  test::Watched host;
  std::atomic<bool> over{false};
  std::jthread other{[&] {
    host.wait_until_asleep();
    over = true;
    scheduler.wake();
  }};
  host.is_this_thread();
  EXPECT_TRUE(scheduler.run_until([&over] { return over.load(); }));
  std::jthread again{[&] {
    host.wait_until_asleep();
    scheduler.wake();
  }};
  EXPECT_FALSE(scheduler.wait()) << "there is nothing to do";
}

TEST(ManualScheduler, TellsTheHostOnceForWhatComesBetweenTwoTurns) {
  std::atomic<int> told{0};
  ManualScheduler scheduler{{.on_posted = [&told] { ++told; }}};
  std::vector<Task<>> tasks;
  for (int i = 0; i < 5; ++i) tasks.push_back(spawn_on(scheduler, [] {}));
  EXPECT_EQ(told, 1);
  scheduler.drive();
  EXPECT_EQ(told, 1) << "what a turn makes ready is no news";
  std::jthread{[&] { tasks.push_back(spawn_on(scheduler, [] {})); }}.join();
  EXPECT_EQ(told, 2);
  scheduler.drive();
}

TEST(ManualScheduler, IsDrivenByOneThreadAtATime) {
  ManualScheduler scheduler;
  std::atomic<bool> inside{false};
  std::atomic<bool> leave{false};
  auto task = spawn_on(scheduler, [&] {
    inside = true;
    test::wait_until(leave);
  });
  std::jthread other{[&] { scheduler.drive(); }};
  test::wait_until(inside);
  EXPECT_TRUE(scheduler.drive().elsewhere);
  EXPECT_FALSE(scheduler.wait(steady_now() + 1ms));
  leave = true;
  other.join();
  EXPECT_FALSE(scheduler.drive().elsewhere);
  EXPECT_TRUE(task.done());
}

TEST(ManualScheduler, ServesCallsOfSyncWaitFromManyThreads) {
  ManualScheduler scheduler;
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  test::start_together(4, [&](std::size_t thread) {
    for (std::size_t i = 0; i < rounds(2'000); ++i) {
      const int result = sync_wait(scheduler, [&]() -> Lazy<int> {
        most = std::max(most.load(), ++at_once);
        --at_once;
        co_await yield();
        if (i % 64 == 0) co_await sleep_for(10us);
        co_return static_cast<int>(thread);
      });
      ASSERT_EQ(result, static_cast<int>(thread));
    }
  });
  EXPECT_EQ(most, 1) << "coroutines ran at the same time";
}

TEST(ManualSchedulerStress, LosesNothingOfWhatManyThreadsBring) {
  constexpr std::size_t threads = 3;
  const std::size_t each = rounds(20'000);
  std::size_t ran = 0; // by the thread that drives
  std::atomic<std::size_t> finished{0};
  ManualScheduler scheduler;
  Counts counts;
  std::vector<std::jthread> others;
  for (std::size_t t = 0; t < threads; ++t)
    others.emplace_back([&, t] {
      test::Random random{t};
      std::vector<Task<>> tasks;
      for (std::size_t i = 0; i < each; ++i) {
        const std::uint64_t kind = random.below(4);
        tasks.push_back(spawn_on(scheduler, [&ran, kind]() -> Lazy<> {
          ++ran;
          if (kind == 1) co_await yield();
          if (kind == 2) co_await sleep_for(10us);
        }));
        if (kind == 3) tasks.back().request_stop();
        if (i % 16 == 0) scheduler.destroy_later(count_resumes(counts).handle);
      }
      while (!std::ranges::all_of(tasks, [](const Task<>& task) { return task.done(); })) std::this_thread::yield();
      finished.fetch_add(1);
    });
  while (finished.load() != threads) {
    scheduler.drive();
    static_cast<void>(scheduler.wait(steady_now() + 1ms));
  }
  EXPECT_EQ(ran, threads * each);
  EXPECT_TRUE(scheduler.shutdown().clean());
  const RuntimeStats stats = scheduler.stats();
  EXPECT_EQ(stats.submitted, threads * each);
  EXPECT_EQ(stats.completed + stats.cancelled, stats.submitted);
  EXPECT_EQ(scheduler.pending_destructions(), 0u);
}

TEST(ManualSchedulerStress, MeetsARuntimeInAChannel) {
  test::CheckedRuntime runtime{2};
  ManualScheduler scheduler;
  const std::size_t messages = rounds(20'000);
  Channel<std::size_t> channel{8};
  auto consumer = spawn_on(runtime, [&]() -> Lazy<std::size_t> {
    std::size_t sum = 0;
    while (auto value = co_await channel.receive()) sum += *value;
    co_return sum;
  });
  sync_wait(scheduler, [&]() -> Lazy<> {
    for (std::size_t i = 1; i <= messages; ++i) static_cast<void>(co_await channel.send(i));
    channel.close();
  });
  EXPECT_EQ(sync_wait(runtime, consumer), messages * (messages + 1) / 2);
}

TEST(ManualSchedulerStress, MayEndAsSoonAsItsLastTaskHas) {
  for (std::size_t i = 0; i < rounds(2'000); ++i) {
    std::optional<ManualScheduler> scheduler{std::in_place};
    std::atomic<bool> waiting{false};
    struct Hop : ReadyNode {
      std::atomic<bool>& waiting;
      explicit Hop(std::atomic<bool>& flag) : waiting{flag} {}
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> waiter) noexcept {
        handle = waiter;
        waiting.store(true, std::memory_order_release);
      }
      void await_resume() const noexcept {}
    } hop{waiting};
    std::jthread waker{[&waiting, &hop, &to = scheduler->scheduler()] {
      test::wait_until(waiting);
      to.post(hop);
    }};
    sync_wait(*scheduler, [&hop]() -> Lazy<> { co_await hop; });
    scheduler.reset(); // while the waker may still be on its way back
  }
}

// The end:

TEST(ManualScheduler, StopsAndJoinsItsTasksAtItsEnd) {
  int cancelled = 0;
  {
    ManualScheduler scheduler;
    for (int i = 0; i < 10; ++i)
      static_cast<void>(spawn_on(scheduler, [&cancelled]() -> Lazy<> {
        try {
          co_await sleep_for(24h);
        } catch (const OperationCancelled&) {
          ++cancelled;
          throw;
        }
      }));
    scheduler.drive();
  }
  EXPECT_EQ(cancelled, 10);
}

TEST(ManualScheduler, NamesWhatItsShutdownLeft) {
  struct Deaf : ReadyNode {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept { handle = waiter; }
    void await_resume() const noexcept {}
  } deaf;
  ManualScheduler scheduler;
  unsigned line = 0;
  auto task = spawn_on(scheduler, [&]() -> Lazy<> {
    line = __LINE__ + 1;
    co_await deaf;
  });
  scheduler.drive();
  const ShutdownReport report = scheduler.shutdown(0ns);
  ASSERT_EQ(report.left.size(), 1u);
  EXPECT_EQ(report.left.front().line(), line);
  EXPECT_EQ(scheduler.stats().abandoned, 1u);
  EXPECT_THROW(static_cast<void>(spawn_on(scheduler, [] {})), RuntimeStopped);
  EXPECT_THROW(sync_wait(scheduler, []() -> Lazy<> { co_return; }), RuntimeStopped);
  scheduler.scheduler().post(deaf);
  EXPECT_TRUE(scheduler.shutdown().clean()) << "more time was enough";
  EXPECT_EQ(scheduler.stats().abandoned, 0u);
  EXPECT_TRUE(task.done());
}

TEST(ManualScheduler, LeavesAFrameThatCanStillBeResumed) {
  struct Deaf : ReadyNode {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept { handle = waiter; }
    void await_resume() const noexcept {}
  } deaf;
  Scheduler* gone = nullptr;
  bool ran = false;
  Task<> task;
  {
    ManualScheduler scheduler;
    gone = &scheduler.scheduler();
    task = spawn_on(scheduler, [&]() -> Lazy<> {
      co_await deaf;
      ran = true;
    });
    scheduler.drive();
    EXPECT_FALSE(scheduler.shutdown(0ns).clean());
  }
  gone->post(deaf); // nobody drives, and nothing breaks
  EXPECT_FALSE(ran);
  EXPECT_FALSE(task.done());
}

TEST(ManualScheduler, CountsAndHandsOverExceptionsThatNobodyReceives) {
  std::vector<std::exception_ptr> lost;
  ManualScheduler scheduler{{.on_unhandled = [&lost](std::exception_ptr error) { lost.push_back(std::move(error)); }}};
  static_cast<void>(spawn_on(scheduler, [] { throw std::runtime_error{"lost"}; }));
  scheduler.drive();
  EXPECT_EQ(lost.size(), 1u);
  EXPECT_EQ(scheduler.stats().unhandled, 1u);
  EXPECT_EQ(scheduler.stats().completed, 1u);
  EXPECT_EQ(scheduler.stats().failed, 1u);
  EXPECT_EQ(scheduler.stats().injected, 1u);
}

} // namespace
} // namespace flowcoro
