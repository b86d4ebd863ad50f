#include "flowcoro/sched/runtime.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/base/cpu.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/sched/resume_on.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/start_together.hpp"
#include "support/wait_until.hpp"
#include "support/worker_counts.hpp"

#include <gtest/gtest.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <exception>
#include <filesystem>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::Runtime;
using flowcoro::RuntimeStats;
using flowcoro::RuntimeStopped;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::rounds;
using flowcoro::test::wait_until;

std::size_t threads_of_this_process() {
  const std::filesystem::directory_iterator tasks{"/proc/self/task"};
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

class RuntimeOfSize : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Workers, RuntimeOfSize, testing::ValuesIn(flowcoro::test::worker_counts({64})),
                         testing::PrintToStringParamName());

/// A sanitizer starts a thread of its own with the first one of the program; after this it is there to be counted.
void start_and_end_a_thread() {
  pid_t id = 0;
  std::thread{[&id] { id = gettid(); }}.join();
  // The kernel lists a joined thread for a moment longer.
  while (std::filesystem::exists("/proc/self/task/" + std::to_string(id))) std::this_thread::yield();
}

TEST_P(RuntimeOfSize, HasThatManyThreadsAndJoinsThemAll) {
  start_and_end_a_thread();
  const std::size_t before = threads_of_this_process();
  {
    const Runtime runtime{{.workers = GetParam()}};
    EXPECT_EQ(runtime.workers(), GetParam());
    EXPECT_EQ(threads_of_this_process(), before + GetParam());
  }
  // The kernel lists a joined thread for a moment longer.
  while (threads_of_this_process() != before) std::this_thread::yield();
}

TEST_P(RuntimeOfSize, RunsWhatIsSpawnedFromOutside) {
  CheckedRuntime runtime{GetParam()};
  constexpr std::uint64_t n = rounds(10'000);
  std::vector<Task<std::uint64_t>> tasks;
  for (std::uint64_t i = 0; i < n; ++i) tasks.push_back(spawn_on(runtime, [i] { return i; }));
  std::uint64_t sum = 0;
  for (auto& task : tasks) sum += sync_wait(runtime, task);
  EXPECT_EQ(sum, n * (n - 1) / 2);
  EXPECT_EQ(runtime.stats().completed, n);
}

TEST_P(RuntimeOfSize, RunsWhatIsSpawnedFromInside) {
  CheckedRuntime runtime{GetParam()};
  constexpr std::uint64_t n = rounds(10'000);
  const std::uint64_t sum = sync_wait(runtime, []() -> Lazy<std::uint64_t> {
    std::vector<Task<std::uint64_t>> tasks;
    for (std::uint64_t i = 0; i < n; ++i) tasks.push_back(flowcoro::spawn([i] { return i; }));
    std::uint64_t total = 0;
    for (auto& task : tasks) total += co_await task;
    co_return total;
  });
  EXPECT_EQ(sum, n * (n - 1) / 2);
}

class StealingRuntime : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Workers, StealingRuntime, testing::Values(2, 3, 8, 64), testing::PrintToStringParamName());

/// Every worker but one is kept busy until the tasks that they had queued before have run, which somebody else must do.
TEST_P(StealingRuntime, RunsOnTheLastFreeWorkerWhatBlockedOnesHadQueued) {
  CheckedRuntime runtime{GetParam()};
  const unsigned blocked_workers = GetParam() - 1;
  constexpr std::size_t queued_by_each = 10;
  std::atomic<std::size_t> ran{0};
  std::atomic<unsigned> blocked{0};
  std::vector<Task<>> blockers;
  for (unsigned i = 0; i < blocked_workers; ++i) {
    blockers.push_back(spawn_on(runtime, [&] {
      for (std::size_t k = 0; k < queued_by_each; ++k) {
        auto task = flowcoro::spawn([&ran] { ran.fetch_add(1); });
        static_cast<void>(task); // dropping it requests stop, which a plain function does not look at
      }
      blocked.fetch_add(1);
      while (blocked.load() != blocked_workers || ran.load() != blocked_workers * queued_by_each)
        std::this_thread::yield();
    }));
  }
  for (auto& blocker : blockers) {
    while (!blocker.done()) std::this_thread::yield();
  }
  EXPECT_GT(runtime.stats().stolen, 0u);
}

TEST_P(RuntimeOfSize, LosesNoWakeWhenWorkComesOneByOneFromOutside) {
  CheckedRuntime runtime{GetParam()};
  // Each task is spawned when the one before has ended, so that the workers are on their way to sleep.
  for (std::size_t i = 0; i < rounds(5'000); ++i) {
    std::atomic<bool> ran{false};
    const auto task = spawn_on(runtime, [&ran] { ran.store(true, std::memory_order_release); });
    wait_until(ran);
    while (!task.done()) std::this_thread::yield();
  }
}

TEST_P(RuntimeOfSize, LosesNoWakeBetweenTwoRuntimes) {
  CheckedRuntime ping{GetParam()};
  CheckedRuntime pong{GetParam()};
  const std::size_t hops = rounds(5'000);
  const std::size_t done = sync_wait(ping, [&]() -> Lazy<std::size_t> {
    std::size_t hopped = 0;
    while (hopped < hops) {
      co_await flowcoro::resume_on(pong);
      co_await flowcoro::resume_on(ping);
      ++hopped;
    }
    co_return hopped;
  });
  EXPECT_EQ(done, hops);
}

TEST_P(RuntimeOfSize, LetsAnyNumberOfThreadsWaitAtOnce) {
  CheckedRuntime runtime{GetParam()};
  flowcoro::test::start_together(6, [&runtime](std::size_t thread) {
    for (std::size_t i = 0; i < rounds(100); ++i) {
      sync_wait(runtime, [thread, i]() -> Lazy<void> {
        co_await flowcoro::sleep_for(std::chrono::microseconds{(thread + i) % 7 * 50});
        auto task = flowcoro::spawn([] {});
        co_await task;
      });
    }
  });
}

/// The thread that waited leaves while one more coroutine is queued where it sat.
TEST_P(RuntimeOfSize, RunsWhatAWaitingThreadLeavesBehind) {
  CheckedRuntime runtime{GetParam()};
  for (std::size_t i = 0; i < rounds(1'000); ++i) {
    Task<> left;
    sync_wait(runtime, [&left]() -> Lazy<void> {
      left = flowcoro::spawn([] {});
      co_return;
    });
    while (!left.done()) std::this_thread::yield();
  }
}

Lazy<std::uint64_t> many_waiting(std::uint64_t count) {
  std::vector<Task<std::uint64_t>> tasks;
  for (std::uint64_t i = 0; i < count; ++i) {
    tasks.push_back(flowcoro::spawn([i]() -> Lazy<std::uint64_t> {
      co_await flowcoro::yield();
      co_return i;
    }));
  }
  std::uint64_t sum = 0;
  for (auto& task : tasks) sum += co_await task;
  co_return sum;
}

TEST_P(RuntimeOfSize, TrimsItsMemoryBetweenBurstsFromOutsideAndFromInside) {
  CheckedRuntime runtime{GetParam()};
  constexpr std::uint64_t n = rounds(5'000);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(sync_wait(runtime, many_waiting(n)), n * (n - 1) / 2);
    while (!runtime.trim_memory().complete) std::this_thread::yield();
    const bool complete_from_inside = sync_wait(runtime, [&]() -> Lazy<bool> {
      const std::uint64_t sum = co_await many_waiting(n);
      EXPECT_EQ(sum, n * (n - 1) / 2);
      bool complete = false;
      while (!complete) {
        complete = runtime.trim_memory().complete;
        co_await flowcoro::yield();
      }
      co_return complete;
    });
    EXPECT_TRUE(complete_from_inside);
  }
}

TEST(RuntimeTrim, SaysWhenAWorkerWasBusy) {
  CheckedRuntime runtime{2};
  std::atomic<bool> running{false};
  std::atomic<bool> release{false};
  auto busy = spawn_on(runtime, [&] {
    running = true;
    wait_until(release);
  });
  wait_until(running);
  EXPECT_FALSE(runtime.trim_memory().complete);
  release = true;
  while (!busy.done()) std::this_thread::yield();
  while (!runtime.trim_memory().complete) std::this_thread::yield();
  static_cast<void>(runtime.shutdown());
  EXPECT_FALSE(runtime.trim_memory().complete) << "there are no workers any more";
}

TEST(RuntimeTrim, LeavesTasksThatWaitInTheirPlace) {
  CheckedRuntime runtime{2};
  std::vector<Task<>> sleepers;
  for (int i = 0; i < 1'000; ++i)
    sleepers.push_back(spawn_on(runtime, []() -> Lazy<void> { co_await flowcoro::sleep_for(1h); }));
  for (int i = 0; i < 1'000; ++i) {
    if (i % 100 != 0) sleepers[static_cast<std::size_t>(i)] = {};
  }
  while (runtime.stats().cancelled != 990) std::this_thread::yield();
  while (!runtime.trim_memory().complete) std::this_thread::yield();
  // What a shutdown finds in the table is all that is left, and each of it is stopped.
  EXPECT_TRUE(runtime.shutdown().clean());
  EXPECT_EQ(runtime.stats().cancelled, 1'000u);
}

/// From a task, from outside, and from two sides at once, while work comes and goes and timers fire.
TEST_P(RuntimeOfSize, LosesNoTaskInAStormOfTrims) {
  CheckedRuntime runtime{GetParam()};
  std::atomic<int> working{2};
  flowcoro::test::start_together(4, [&](std::size_t thread) {
    if (thread < 2) {
      for (std::size_t i = 0; i < rounds(100); ++i) {
        sync_wait(runtime, [&runtime, i]() -> Lazy<void> {
          std::vector<Task<>> tasks;
          for (std::size_t k = 0; k < 50; ++k) {
            tasks.push_back(flowcoro::spawn([k]() -> Lazy<void> {
              co_await flowcoro::yield();
              co_await flowcoro::sleep_for(std::chrono::microseconds{k * 3});
            }));
          }
          if (i % 7 == 0) static_cast<void>(runtime.trim_memory());
          for (auto& task : tasks) co_await task;
        });
      }
      working.fetch_sub(1);
      return;
    }
    while (working.load() != 0) {
      static_cast<void>(runtime.trim_memory());
      std::this_thread::yield();
    }
  });
}

/// A thread in sync_wait takes the only free seat, and leaves it while one coroutine waits behind a task that keeps its worker. The
/// seat's own thread, which would have looked after that worker, has long been told to wait for the thread to leave.
TEST(Runtime, WatchesABusyWorkerAlsoAfterAWaitingThreadHasLeft) {
  CheckedRuntime runtime{2};
  std::atomic<bool> blocking{false};
  std::atomic<bool> seated{false};
  std::atomic<bool> queued{false};
  std::atomic<bool> ran{false};
  auto blocker = spawn_on(runtime, [&] {
    blocking = true;
    wait_until(seated);
    auto task = flowcoro::spawn([&ran] { ran.store(true, std::memory_order_release); });
    queued = true;
    wait_until(ran);
  });
  wait_until(blocking);
  sync_wait(runtime, [&]() -> Lazy<void> {
    seated = true;
    wait_until(queued);
    const auto longer_than_a_watch = flowcoro::steady_now() + 20ms;
    while (flowcoro::steady_now() < longer_than_a_watch) std::this_thread::yield();
    co_return;
  });
  while (!blocker.done()) std::this_thread::yield();
}

TEST(Runtime, UsesTheAllowedCpusByDefault) {
  const Runtime runtime;
  EXPECT_EQ(runtime.workers(), flowcoro::allowed_cpus());
}

TEST(Runtime, StartsWithNothingCounted) {
  const Runtime runtime{{.workers = 2}};
  const RuntimeStats s = runtime.stats();
  EXPECT_EQ(s.submitted + s.completed + s.cancelled + s.moved_in + s.moved_out + s.abandoned + s.unhandled, 0u);
}

TEST(Runtime, CountsCompletedAndCancelledTasksApart) {
  CheckedRuntime runtime;
  auto value = spawn_on(runtime, [] {});
  auto error = spawn_on(runtime, [] { throw std::runtime_error{"expected"}; });
  auto stopped = spawn_on(runtime, []() -> Lazy<void> { co_await flowcoro::sleep_for(1h); });
  stopped.request_stop();
  sync_wait(runtime, value);
  EXPECT_THROW(sync_wait(runtime, error), std::runtime_error);
  EXPECT_THROW(sync_wait(runtime, stopped), flowcoro::OperationCancelled);
  const RuntimeStats s = runtime.stats();
  EXPECT_EQ(s.submitted, 3u);
  EXPECT_EQ(s.completed, 2u);
  EXPECT_EQ(s.cancelled, 1u);
}

TEST(Runtime, WorkersTakeNoSignals) {
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, nullptr, &before);
  CheckedRuntime runtime{3};
  std::vector<Task<bool>> tasks;
  for (int i = 0; i < 30; ++i) {
    tasks.push_back(spawn_on(runtime, [] {
      sigset_t mask;
      pthread_sigmask(SIG_BLOCK, nullptr, &mask);
      bool blocked = true;
      for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGALRM, SIGPIPE, SIGRTMIN})
        blocked = blocked && sigismember(&mask, signal) == 1;
      return blocked;
    }));
  }
  for (auto& task : tasks) {
    while (!task.done()) std::this_thread::yield(); // not sync_wait: this thread would run some of them
    EXPECT_TRUE(sync_wait(runtime, task));
  }
  sigset_t after;
  pthread_sigmask(SIG_BLOCK, nullptr, &after);
  for (int signal = 1; signal < NSIG; ++signal)
    EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal)) << "the creating thread's mask changed";
}

/// For the moment of a wake it is narrowed: see Placement.
TEST(Runtime, RunsTasksOnThreadsWithTheirWholeAffinity) {
  const auto cpus_of_this_thread = [] {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    return sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : -1;
  };
  CheckedRuntime runtime{3};
  for (std::size_t i = 0; i < rounds(100); ++i) {
    // Each is worth a wake, so the workers wake each other.
    const auto root = [&]() -> Lazy<void> {
      std::vector<Task<int>> tasks;
      for (int k = 0; k < 100; ++k) tasks.push_back(flowcoro::spawn(cpus_of_this_thread));
      for (auto& task : tasks) EXPECT_EQ(co_await task, cpus_of_this_thread());
    };
    sync_wait(runtime, root);
  }
}

TEST(Runtime, GivesLostExceptionsOfEveryTypeToTheHandler) {
  std::atomic<int> strings{0};
  std::atomic<int> numbers{0};
  CheckedRuntime runtime{2, [&](std::exception_ptr error) {
                           try {
                             std::rethrow_exception(std::move(error));
                           } catch (const std::runtime_error&) {
                             ++strings;
                           } catch (int) {
                             ++numbers;
                           }
                         }};
  runtime.expect_unhandled(2);
  for (int kind = 0; kind < 2; ++kind) {
    auto task = spawn_on(runtime, [kind] {
      if (kind == 0) throw std::runtime_error{"nobody awaits this"};
      throw 7;
    });
    static_cast<void>(task);
  }
  while (runtime.stats().unhandled != 2) std::this_thread::yield();
  static_cast<void>(runtime.shutdown());
  EXPECT_EQ(strings, 1);
  EXPECT_EQ(numbers, 1);
}

TEST(Runtime, CountsLostExceptionsWithoutAHandler) {
  CheckedRuntime runtime;
  runtime.expect_unhandled(1);
  auto task = spawn_on(runtime, [] { throw std::runtime_error{"nobody awaits this"}; });
  while (!task.done()) std::this_thread::yield();
  EXPECT_EQ(runtime.stats().unhandled, 0u) << "it can still be awaited";
  task = {};
  EXPECT_EQ(runtime.stats().unhandled, 1u);
}

TEST(Runtime, DoesNotReportAnExceptionThatWasReceivedNorACancellation) {
  CheckedRuntime runtime;
  EXPECT_THROW(sync_wait(runtime, spawn_on(runtime, [] { throw 1; })), int);
  auto sleeper = spawn_on(runtime, []() -> Lazy<void> { co_await flowcoro::sleep_for(1h); });
  sleeper = {};
}

TEST(DefaultRuntime, IsOneAndServesCodeThatNamesNone) {
  EXPECT_EQ(&flowcoro::default_runtime(), &flowcoro::default_runtime());
  const RuntimeStats before = flowcoro::default_runtime().stats();
  EXPECT_EQ(sync_wait(flowcoro::spawn([] { return 5; })), 5);
  EXPECT_EQ(flowcoro::default_runtime().stats().completed, before.completed + 1);
}

TEST(DefaultRuntime, TakesOverATaskThatWaitsOnAThreadOfTheProgram) {
  const auto here = std::this_thread::get_id();
  auto make = [](std::thread::id creator) -> Task<bool> {
    const bool started_here = std::this_thread::get_id() == creator;
    co_await flowcoro::yield();
    co_return started_here&& flowcoro::current_scheduler() == &flowcoro::default_scheduler();
  };
  EXPECT_TRUE(sync_wait(make(here)));
}

TEST(TwoRuntimes, AreIndependent) {
  CheckedRuntime first{1};
  CheckedRuntime second{1};
  std::atomic<bool> release{false};
  auto blocker = spawn_on(first, [&release] { wait_until(release); });
  auto task = spawn_on(second, [] { return 3; });
  EXPECT_EQ(sync_wait(second, task), 3);
  release = true;
  while (!blocker.done()) std::this_thread::yield();
  EXPECT_EQ(first.stats().submitted, 1u);
  EXPECT_EQ(second.stats().submitted, 1u);
}

TEST(TwoRuntimes, AwaitEachOthersTasksAndStayWhereTheyAre) {
  CheckedRuntime first{2};
  CheckedRuntime second{2};
  std::vector<Task<bool>> tasks;
  for (std::size_t i = 0; i < rounds(2'000); ++i) {
    tasks.push_back(spawn_on(first, [&]() -> Lazy<bool> {
      auto there = spawn_on(second, [] { return flowcoro::current_scheduler(); });
      const flowcoro::Scheduler* ran_on = co_await there;
      co_return ran_on == &second.scheduler() && flowcoro::current_scheduler() == &first.scheduler();
    }));
  }
  for (auto& task : tasks) EXPECT_TRUE(sync_wait(second, task));
}

} // namespace
