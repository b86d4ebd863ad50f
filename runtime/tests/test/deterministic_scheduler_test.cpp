#include "flowcoro/test/deterministic_scheduler.hpp"

#include "flowcoro/async/channel.hpp"
#include "flowcoro/async/mutex.hpp"
#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/sched/resume_on.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/spawn_many.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <set>
#include <source_location>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::AsyncMutex;
using flowcoro::Channel;
using flowcoro::current_scheduler;
using flowcoro::current_time;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::sleep_for;
using flowcoro::spawn;
using flowcoro::spawn_on;
using flowcoro::SteadyTime;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::yield;
using flowcoro::test::DeterministicOptions;
using flowcoro::test::DeterministicScheduler;
using flowcoro::test::MoveOnly;
using flowcoro::test::NoProgress;
using testing::AllOf;
using testing::HasSubstr;

constexpr SteadyTime at(flowcoro::Nanoseconds since_start) { return SteadyTime{since_start}; }

/// Never goes on by itself, and heeds no stop request. The test resumes it through `post`.
struct Deaf : flowcoro::ReadyNode {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) noexcept { handle = self; }
  void await_resume() const noexcept {}
};

// What run() takes:

Lazy<int> lazy_seven() {
  co_await yield();
  co_return 7;
}
Task<int> task_seven() {
  co_await yield();
  co_return 7;
}

TEST(DeterministicScheduler, RunGivesTheResultOfAnAwaitable) {
  DeterministicScheduler scheduler{1};
  EXPECT_EQ(scheduler.run(lazy_seven()), 7);
  EXPECT_EQ(scheduler.run(task_seven()), 7);
  Lazy<int> lazy = lazy_seven();
  EXPECT_EQ(scheduler.run(lazy), 7);
  Task<int> task = task_seven();
  EXPECT_EQ(scheduler.run(task), 7);
  EXPECT_EQ(scheduler.run(flowcoro::when_all(lazy_seven(), task_seven())), (std::tuple{7, 7}));
  EXPECT_THROW(scheduler.run(lazy), flowcoro::NoResult);
  EXPECT_THROW(scheduler.run(Lazy<int>{}), flowcoro::NoResult);
}

TEST(DeterministicScheduler, RunGivesTheResultOfACallable) {
  DeterministicScheduler scheduler{1};
  int local = 5;
  EXPECT_EQ(scheduler.run(lazy_seven), 7);
  EXPECT_EQ(scheduler.run([&]() -> Lazy<int> { co_return local + co_await task_seven(); }), 12);
  EXPECT_EQ(scheduler.run([&]() -> Task<int> { co_return local + co_await lazy_seven(); }), 12);
  EXPECT_EQ(scheduler.run([&] { return local; }), 5);
  EXPECT_EQ(&scheduler.run([&]() -> int& { return local; }), &local);
  EXPECT_EQ(&scheduler.run([&]() -> Lazy<int&> { co_return local; }), &local);
  EXPECT_EQ(scheduler.run([]() -> Lazy<MoveOnly> { co_return MoveOnly{3}; }).value(), 3);
  EXPECT_EQ(scheduler.run([] { return flowcoro::when_all(lazy_seven(), lazy_seven()); }), (std::tuple{7, 7}));
  auto counter = [n = 0]() mutable { return ++n; };
  EXPECT_EQ(scheduler.run(counter), 1);
  EXPECT_EQ(scheduler.run(counter), 2) << "it is called where it is, not copied";
  scheduler.run([&] { local = 6; });
  EXPECT_EQ(local, 6);
}

TEST(DeterministicScheduler, RunRethrows) {
  DeterministicScheduler scheduler{1};
  const auto fail = []() -> Lazy<int> {
    co_await yield();
    throw std::runtime_error{"mine"};
  };
  EXPECT_THROW(scheduler.run(fail), std::runtime_error);
  EXPECT_THROW(scheduler.run(fail()), std::runtime_error);
  EXPECT_THROW(scheduler.run([]() -> int { throw std::logic_error{"at once"}; }), std::logic_error);
  EXPECT_EQ(scheduler.stats().unhandled, 0u);
}

TEST(DeterministicScheduler, IsASchedulerForSyncWait) {
  DeterministicScheduler scheduler{1};
  EXPECT_EQ(sync_wait(scheduler, lazy_seven()), 7);
  EXPECT_EQ(sync_wait(scheduler, lazy_seven), 7);
  Task<int> task = spawn_on(scheduler, task_seven);
  EXPECT_EQ(sync_wait(scheduler, task), 7);
}

TEST(DeterministicScheduler, RunsEverythingOnTheCallingThread) {
  DeterministicScheduler scheduler{1};
  EXPECT_EQ(current_scheduler(), nullptr);
  const auto look = [](flowcoro::Scheduler* expected, std::thread::id thread) -> Lazy<bool> {
    co_await sleep_for(1s);
    co_return current_scheduler() == expected&& std::this_thread::get_id() == thread;
  };
  scheduler.run([&]() -> Lazy<void> {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(co_await spawn(look, current_scheduler(), std::this_thread::get_id()));
  });
  EXPECT_EQ(current_scheduler(), nullptr);
}

TEST(DeterministicScheduler, IsTheDefaultOneOfItsThreadWhileItLives) {
  flowcoro::Scheduler& before = flowcoro::default_scheduler();
  {
    DeterministicScheduler scheduler{1};
    EXPECT_EQ(&flowcoro::default_scheduler(), &scheduler);
    std::jthread{[&] { EXPECT_EQ(&flowcoro::default_scheduler(), &before); }};
    Task<int> started_outside = task_seven();
    Task<int> spawned_outside = spawn(task_seven);
    EXPECT_EQ(scheduler.run(started_outside), 7);
    EXPECT_EQ(sync_wait(spawned_outside), 7);
    EXPECT_EQ(sync_wait(lazy_seven()), 7);
    EXPECT_GT(scheduler.resumes(), 0u);
  }
  EXPECT_EQ(&flowcoro::default_scheduler(), &before);
}

TEST(DeterministicScheduler, StaysTheDefaultOneWhenTheThreadWorksForARuntime) {
  DeterministicScheduler scheduler{1};
  flowcoro::Runtime runtime{{.workers = 1}};
  for (int i = 0; i < 20; ++i) EXPECT_EQ(sync_wait(runtime, lazy_seven()), 7);
  EXPECT_EQ(&flowcoro::default_scheduler(), &scheduler);
}

// Order:

/// Each of `coroutines` writes its letter `steps` times and lets the others have a turn.
std::string trace_of(DeterministicScheduler& scheduler, int coroutines, int steps) {
  std::string trace;
  const auto write = [](std::string& to, char letter, int times) -> Lazy<void> {
    for (int i = 0; i < times; ++i) {
      to += letter;
      if (i + 1 < times) co_await yield();
    }
  };
  std::vector<Task<void>> tasks;
  for (int i = 0; i < coroutines; ++i)
    tasks.push_back(spawn_on(scheduler, write, std::ref(trace), static_cast<char>('a' + i), steps));
  scheduler.run_until_idle();
  return trace;
}

TEST(DeterministicScheduler, DoesTheSameForTheSameSeed) {
  std::set<std::string> different;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    DeterministicScheduler first{seed};
    const std::string trace = trace_of(first, 5, 4);
    const std::uint64_t resumes = first.resumes();
    static_cast<void>(first.shutdown());
    different.insert(trace);
    std::jthread{[&] {
      DeterministicScheduler second{seed};
      EXPECT_EQ(trace_of(second, 5, 4), trace);
      EXPECT_EQ(second.resumes(), resumes);
    }};
  }
  EXPECT_EQ(different.size(), 100u) << "of some 10^10 orders";
}

/// A seed that somebody was told must mean the same with another compiler, library or machine.
TEST(DeterministicScheduler, KeepsTheMeaningOfASeed) {
  DeterministicScheduler scheduler{42};
  EXPECT_EQ(trace_of(scheduler, 4, 4), "cabaccaabdcdddbb");
}

TEST(DeterministicScheduler, ReachesEveryInterleavingOfASmallProgram) {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
    DeterministicScheduler scheduler{seed};
    ++seen[trace_of(scheduler, 3, 2)];
  }
  EXPECT_EQ(seen.size(), 90u) << "6! / (2! 2! 2!)";
  for (const auto& [trace, count] : seen) EXPECT_EQ(std::count(trace.begin(), trace.end(), 'b'), 2) << trace;
}

TEST(DeterministicScheduler, ChoosesEachOfTheReadyOnesAboutEquallyOften) {
  std::map<char, int> first;
  for (std::uint64_t seed = 0; seed < 6'000; ++seed) {
    DeterministicScheduler scheduler{seed};
    ++first[trace_of(scheduler, 6, 1).front()];
  }
  // Six standard deviations of a binomial distribution with 6,000 trials and p = 1/6 are 173.
  for (const auto& [letter, count] : first) EXPECT_NEAR(count, 1'000, 173) << letter;
}

TEST(DeterministicScheduler, MayLetAYieldingCoroutineGoOnAtOnce) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    DeterministicScheduler scheduler{seed};
    seen.insert(trace_of(scheduler, 2, 3));
  }
  EXPECT_TRUE(seen.contains("aaabbb")) << "as when another worker is busy with the other";
  EXPECT_TRUE(seen.contains("ababab"));
}

// Time:

TEST(DeterministicScheduler, LetsTheClockStandWhileAnythingCanRun) {
  DeterministicScheduler scheduler{1};
  EXPECT_EQ(scheduler.now(), SteadyTime{});
  auto sleeper = spawn_on(scheduler, []() -> Lazy<SteadyTime> {
    co_await sleep_for(1ns);
    co_return current_time();
  });
  scheduler.run([]() -> Lazy<void> {
    for (int i = 0; i < 1'000; ++i) {
      EXPECT_EQ(current_time(), SteadyTime{});
      co_await yield();
    }
  });
  EXPECT_FALSE(sleeper.done());
  EXPECT_EQ(scheduler.run(sleeper), at(1ns));
}

TEST(DeterministicScheduler, EndsEachSleepExactlyWhenItIsDue) {
  DeterministicScheduler scheduler{1};
  const auto sleep = [](std::chrono::hours duration) -> Lazy<flowcoro::Nanoseconds> {
    const SteadyTime before = current_time();
    co_await sleep_for(duration);
    co_return current_time() - before;
  };
  EXPECT_EQ(scheduler.run(sleep(24h)), 24h);
  EXPECT_EQ(scheduler.run(sleep(-1h)), 0h);
  EXPECT_EQ(scheduler.run(sleep(365 * 24h)), 365 * 24h);
  EXPECT_EQ(scheduler.now(), at(366 * 24h));
}

TEST(DeterministicScheduler, WakesByDeadlineWhateverTheSeed) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    DeterministicScheduler scheduler{seed};
    std::vector<int> order;
    std::vector<Task<void>> tasks;
    for (const int ms : {50, 10, 40, 20, 30}) {
      tasks.push_back(spawn_on(scheduler, [&order, ms]() -> Lazy<void> {
        co_await flowcoro::sleep_until(at(std::chrono::milliseconds{ms}));
        order.push_back(ms);
      }));
    }
    scheduler.run(flowcoro::when_all(std::move(tasks)));
    EXPECT_EQ(order, (std::vector{10, 20, 30, 40, 50}));
    EXPECT_EQ(scheduler.stats().timers_fired, 5u);
  }
}

TEST(DeterministicScheduler, CountsTimersExactlyAndNoneIsLate) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    DeterministicScheduler scheduler{seed};
    std::vector<Task<void>> sleepers;
    for (int i = 0; i < 10; ++i)
      sleepers.push_back(spawn_on(
          scheduler, [](std::chrono::hours duration) -> Lazy<void> { co_await sleep_for(duration); },
          std::chrono::hours{i + 1}));
    scheduler.advance(4h);
    flowcoro::TimerStats timers = scheduler.timer_stats();
    EXPECT_EQ(timers.registered, 10u);
    EXPECT_EQ(timers.fired, 4u);
    EXPECT_EQ(timers.active, 6u);
    for (std::size_t i = 7; i < 10; ++i) sleepers[i].request_stop();
    scheduler.advance(10h);
    timers = scheduler.timer_stats();
    EXPECT_EQ(timers.registered, 10u);
    EXPECT_EQ(timers.fired, 7u);
    EXPECT_EQ(timers.fired, scheduler.stats().timers_fired);
    EXPECT_EQ(timers.cancelled, 3u);
    EXPECT_EQ(timers.active, 0u);
    EXPECT_EQ(timers.lateness.count(), 7u);
    EXPECT_EQ(timers.lateness.percentile(1), 0u);
  }
}

TEST(DeterministicScheduler, WakesThoseOfOneDeadlineInAnyOrder) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    DeterministicScheduler scheduler{seed};
    std::string order;
    const auto sleep = [](std::string& to, char letter) -> Lazy<void> {
      co_await flowcoro::sleep_until(at(1s));
      to += letter;
    };
    scheduler.run(flowcoro::when_all(sleep(order, 'a'), sleep(order, 'b'), sleep(order, 'c')));
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 6u);
}

TEST(DeterministicScheduler, FiresMoreTimersOfOneDeadlineThanItTakesAtOnce) {
  DeterministicScheduler scheduler{1};
  int woken = 0;
  auto all = [&woken]() -> Lazy<void> {
    auto many = flowcoro::spawn_many(1'000, [&woken](std::size_t) -> Lazy<void> {
      co_await sleep_for(1s);
      ++woken;
    });
    co_await many;
  };
  scheduler.run(all);
  EXPECT_EQ(woken, 1'000);
  EXPECT_EQ(scheduler.now(), at(1s));
}

TEST(DeterministicScheduler, RunUntilIdleRunsWhatIsReadyAndNoTimer) {
  int steps = 0;
  DeterministicScheduler scheduler{1};
  auto task = spawn_on(scheduler, [&steps]() -> Lazy<void> {
    ++steps;
    co_await yield();
    ++steps;
    co_await sleep_for(1ns);
    ++steps;
  });
  EXPECT_EQ(scheduler.run_until_idle(), 2u);
  EXPECT_EQ(steps, 2);
  EXPECT_EQ(scheduler.now(), SteadyTime{});
  EXPECT_EQ(scheduler.run_until_idle(), 0u);
}

TEST(DeterministicScheduler, AdvanceRunsWhatBecomesDueAtItsTime) {
  std::vector<SteadyTime> ticks;
  DeterministicScheduler scheduler{1};
  auto ticking = spawn_on(scheduler, [&ticks]() -> Lazy<void> {
    for (;;) {
      co_await sleep_for(10ms);
      ticks.push_back(current_time());
    }
  });
  scheduler.advance(9ms);
  EXPECT_TRUE(ticks.empty());
  EXPECT_EQ(scheduler.now(), at(9ms));
  scheduler.advance(1ms);
  EXPECT_EQ(ticks, std::vector{at(10ms)});
  scheduler.advance(25ms);
  EXPECT_EQ(ticks, (std::vector{at(10ms), at(20ms), at(30ms)}));
  EXPECT_EQ(scheduler.now(), at(35ms));
  scheduler.advance(-1h);
  EXPECT_EQ(scheduler.now(), at(35ms));
}

TEST(DeterministicScheduler, AdvanceToTheEndOfTimeFiresNoTimerThatNeverFires) {
  DeterministicScheduler scheduler{1};
  auto for_ever = spawn_on(scheduler, []() -> Lazy<void> { co_await sleep_for(std::chrono::hours::max()); });
  scheduler.advance(std::chrono::hours::max());
  EXPECT_FALSE(for_ever.done());
  EXPECT_LT(scheduler.now(), flowcoro::no_deadline);
}

TEST(DeterministicScheduler, TellsCodeOutsideACoroutineItsTimeToo) {
  const SteadyTime real = current_time();
  EXPECT_LE(real, flowcoro::steady_now());
  DeterministicScheduler scheduler{1};
  scheduler.advance(5s);
  EXPECT_EQ(current_time(), at(5s));
}

TEST(DeterministicScheduler, MeasuresWorkByAClockThatIsNotTheTimers) {
  DeterministicScheduler scheduler{1};
  std::set<std::size_t> magnitudes;
  for (int i = 0; i < 1'000; ++i) {
    const SteadyTime before = scheduler.work_clock();
    const auto step = (scheduler.work_clock() - before).count();
    ASSERT_GT(step, 0);
    magnitudes.insert(std::to_string(step).size());
  }
  EXPECT_GE(magnitudes.size(), 7u) << "from 1 ns to more than 1 ms";
  EXPECT_EQ(scheduler.now(), SteadyTime{});
}

TEST(DeterministicScheduler, SaysHowManyWorkersItPretendsToHave) {
  EXPECT_EQ((DeterministicScheduler{1}.concurrency()), 4u);
  EXPECT_EQ((DeterministicScheduler{1, {.concurrency = 9}}.concurrency()), 9u);
}

// Deadlocks:

TEST(DeterministicScheduler, ReportsADeadlockWithSeedTimeAndPlaces) {
  Channel<int> channel{1};
  AsyncMutex mutex;
  bool ended = false;
  std::uint_least32_t line_of_receive = 0;
  std::uint_least32_t line_of_lock = 0;
  DeterministicScheduler scheduler{17};
  auto other = spawn_on(scheduler, [&]() -> Lazy<void> {
    auto held = co_await mutex.lock();
    co_await sleep_for(1500ms);
    line_of_lock = std::source_location::current().line() + 1;
    auto never = co_await mutex.lock();
  });
  try {
    scheduler.run([&]() -> Lazy<void> {
      struct AtEnd {
        bool& flag;
        ~AtEnd() { flag = true; }
      } at_end{ended};
      co_await yield();
      line_of_receive = std::source_location::current().line() + 1;
      static_cast<void>(co_await channel.receive());
    });
    ADD_FAILURE() << "nobody ever sends";
  } catch (const NoProgress& deadlock) {
    EXPECT_THAT(deadlock.what(), AllOf(HasSubstr("deadlock"), HasSubstr("seed 17,"), HasSubstr("time 1.500000000 s"),
                                       HasSubstr("3 wait"), HasSubstr("deterministic_scheduler_test.cpp:")));
    EXPECT_EQ(deadlock.seed(), 17u);
    std::set<std::uint_least32_t> lines;
    for (const std::source_location& place : deadlock.waiting()) lines.insert(place.line());
    EXPECT_EQ(lines.size(), 3u) << "and the call of run()";
    EXPECT_TRUE(lines.contains(line_of_receive));
    EXPECT_TRUE(lines.contains(line_of_lock));
  }
  EXPECT_TRUE(ended) << "the frame was left in good order";
  EXPECT_FALSE(other.done()) << "only what was waited for is stopped";
}

TEST(DeterministicScheduler, CanGoOnAfterADeadlock) {
  Channel<int> channel{0};
  DeterministicScheduler scheduler{1};
  auto receiver = spawn_on(scheduler, [&]() -> Lazy<int> { co_return (co_await channel.receive()).value(); });
  EXPECT_THROW(scheduler.run(receiver), NoProgress);
  auto another = spawn_on(scheduler, [&]() -> Lazy<int> { co_return (co_await channel.receive()).value(); });
  scheduler.run([&]() -> Lazy<void> { EXPECT_TRUE(co_await channel.send(3)); });
  EXPECT_EQ(scheduler.run(another), 3);
}

TEST(DeterministicScheduler, ReportsADeadlockOfSyncWaitAndOfAnythingAwaited) {
  AsyncMutex mutex;
  DeterministicScheduler scheduler{1};
  ASSERT_TRUE(mutex.try_lock());
  EXPECT_THROW(static_cast<void>(sync_wait(scheduler, mutex.lock())), NoProgress);
  EXPECT_THROW(static_cast<void>(scheduler.run(mutex.lock())), NoProgress);
  mutex.unlock();
  EXPECT_THROW(scheduler.run(sleep_for(std::chrono::hours::max())), NoProgress) << "a timer that never fires is none";
}

/// The mistake that one order of events in many brings to light.
TEST(DeterministicScheduler, FindsTheOrderInWhichTwoLocksMeet) {
  int deadlocks = 0;
  const auto lock_both = [](AsyncMutex& first, AsyncMutex& second) -> Lazy<void> {
    auto one = co_await first.lock();
    co_await yield();
    auto other = co_await second.lock();
  };
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    AsyncMutex a;
    AsyncMutex b;
    DeterministicScheduler scheduler{seed};
    try {
      scheduler.run([&]() -> Lazy<void> {
        auto one = spawn(lock_both, std::ref(a), std::ref(b));
        auto other = spawn(lock_both, std::ref(b), std::ref(a));
        co_await one;
        co_await other;
      });
    } catch (const NoProgress&) {
      ++deadlocks;
    }
  }
  EXPECT_GT(deadlocks, 0);
  EXPECT_LT(deadlocks, 100);
}

TEST(DeterministicScheduler, StopsAllOthersWhenThatIsTheOnlyWayOutOfADeadlock) {
  Deaf deaf;
  Channel<int> channel{0};
  DeterministicScheduler scheduler{1};
  auto opener = spawn_on(scheduler, [&]() -> Lazy<void> {
    try {
      static_cast<void>(co_await channel.receive());
    } catch (const OperationCancelled&) {
      current_scheduler()->post(deaf);
      throw;
    }
  });
  EXPECT_THROW(scheduler.run([&]() -> Lazy<void> { co_await deaf; }), NoProgress);
  EXPECT_THROW(scheduler.run(opener), OperationCancelled);
}

TEST(DeterministicSchedulerDeathTest, AbortsWithTheReportWhenADeadlockHeedsNoStopRequest) {
  DeterministicScheduler scheduler{17};
  Deaf deaf;
  EXPECT_DEATH(scheduler.run([&]() -> Lazy<void> { co_await deaf; }),
               "deadlock: .*seed 17(.|\n)*stop requests do not end it");
}

TEST(DeterministicScheduler, TakesTooManyResumesForAnEndlessLoop) {
  bool done = false;
  DeterministicScheduler scheduler{1, {.resumes_in_one_call = 1'000}};
  const auto poll = [&]() -> Lazy<void> {
    const flowcoro::StopToken stop = co_await flowcoro::this_task::stop_token();
    while (!done && !stop.stop_requested()) co_await yield();
  };
  try {
    scheduler.run([&]() -> Lazy<void> {
      auto late = spawn([&]() -> Lazy<void> {
        co_await sleep_for(1ms); // which does not come while somebody polls
        done = true;
      });
      co_await poll();
      co_await late;
    });
    ADD_FAILURE() << "the clock moved while something was ready";
  } catch (const NoProgress& endless) {
    EXPECT_THAT(endless.what(), HasSubstr("no end after 1000 resumes"));
  }
  auto polling = spawn_on(scheduler, poll);
  EXPECT_THROW(scheduler.run_until_idle(), NoProgress);
  EXPECT_THROW(scheduler.advance(1s), NoProgress);
}

TEST(DeterministicScheduler, SeesNoProgressInATickerThatNobodyWaitsFor) {
  Channel<int> channel{0};
  DeterministicScheduler scheduler{1, {.resumes_in_one_call = 1'000}};
  auto ticker = spawn_on(scheduler, []() -> Lazy<void> {
    for (;;) co_await sleep_for(1s);
  });
  EXPECT_THROW(scheduler.run([&]() -> Lazy<void> { static_cast<void>(co_await channel.receive()); }), NoProgress);
  EXPECT_GE(scheduler.now(), at(900s));
}

// Exceptions that nobody received:

TEST(DeterministicScheduler, CollectsExceptionsThatNobodyReceived) {
  DeterministicScheduler scheduler{1};
  const auto fail = [](std::string text) -> Lazy<void> {
    co_await yield();
    throw std::runtime_error{text};
  };
  static_cast<void>(spawn_on(scheduler, fail, "one"));
  scheduler.run_until_idle();
  EXPECT_EQ(scheduler.stats().unhandled, 1u);
  const auto lost = scheduler.take_unhandled();
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_THROW(std::rethrow_exception(lost.front()), std::runtime_error);
  EXPECT_TRUE(scheduler.take_unhandled().empty());
}

TEST(DeterministicSchedulerDeathTest, ReportsALostExceptionThatNobodyTookAtItsEnd) {
  const auto lose = [] {
    DeterministicScheduler scheduler{17};
    static_cast<void>(spawn_on(scheduler, [] { throw std::runtime_error{"lost words"}; }));
  };
  EXPECT_DEATH(lose(), "seed 17 .*lost words");
}

TEST(DeterministicScheduler, LetsAnExceptionOfTheTestGoFirst) {
  const auto fail = [] {
    DeterministicScheduler scheduler{1};
    static_cast<void>(spawn_on(scheduler, [] { throw std::runtime_error{"lost"}; }));
    scheduler.run_until_idle();
    throw std::logic_error{"the test's own"};
  };
  EXPECT_THROW(fail(), std::logic_error);
}

// The end:

TEST(DeterministicScheduler, StopsAndJoinsItsTasksAtItsEnd) {
  int ended = 0;
  {
    DeterministicScheduler scheduler{1};
    for (int i = 0; i < 10; ++i) {
      static_cast<void>(spawn_on(scheduler, [&ended]() -> Lazy<void> {
        struct AtEnd {
          int& count;
          ~AtEnd() { ++count; }
        } at_end{ended};
        try {
          co_await sleep_for(1h);
        } catch (const OperationCancelled&) { // it may take its time
        }
        co_await yield();
      }));
      if (i % 2 == 0) scheduler.run_until_idle();
    }
  }
  EXPECT_EQ(ended, 10);
}

TEST(DeterministicScheduler, ShutdownCountsStopsAndRefuses) {
  DeterministicScheduler scheduler{1};
  auto sleeper = spawn_on(scheduler, []() -> Lazy<void> { co_await sleep_for(1h); });
  auto worker = spawn_on(scheduler, [] { return 5; });
  scheduler.run_until_idle();
  auto not_begun = spawn_on(scheduler, []() -> Lazy<void> { co_await sleep_for(1h); });
  EXPECT_TRUE(scheduler.shutdown().clean());
  EXPECT_EQ(scheduler.now(), SteadyTime{});
  const flowcoro::RuntimeStats stats = scheduler.stats();
  EXPECT_EQ(stats.submitted, 3u);
  EXPECT_EQ(stats.completed, 1u);
  EXPECT_EQ(stats.cancelled, 2u);
  EXPECT_EQ(stats.abandoned, 0u);
  EXPECT_THROW(static_cast<void>(spawn_on(scheduler, [] {})), flowcoro::RuntimeStopped);
  EXPECT_THROW(scheduler.run([] {}), flowcoro::RuntimeStopped);
  EXPECT_THROW(sync_wait(scheduler, yield()), flowcoro::RuntimeStopped);
  EXPECT_TRUE(scheduler.shutdown().clean());
}

TEST(DeterministicScheduler, ShutdownNamesWhatHeedsNoStopRequest) {
  Deaf deaf;
  DeterministicScheduler scheduler{1};
  auto task = spawn_on(scheduler, [&]() -> Lazy<void> { co_await deaf; });
  const flowcoro::ShutdownReport report = scheduler.shutdown();
  ASSERT_EQ(report.left.size(), 1u);
  EXPECT_GT(report.left.front().line(), 0u);
  EXPECT_EQ(scheduler.stats().abandoned, 1u);
  scheduler.post(deaf);
  EXPECT_TRUE(scheduler.shutdown().clean());
  EXPECT_EQ(scheduler.stats().abandoned, 0u);
}

TEST(DeterministicSchedulerDeathTest, EndsWithNoTaskLeft) {
  const auto leave = [] {
    static Deaf deaf;
    DeterministicScheduler scheduler{17};
    static_cast<void>(spawn_on(scheduler, []() -> Lazy<void> { co_await deaf; }));
  };
  EXPECT_DEATH(leave(), "seed 17 ends with tasks that heed no stop request:\n.*deterministic_scheduler_test.cpp");
}

TEST(DeterministicScheduler, KnowsWhereEachTaskWaitsNow) {
  std::vector<std::uint_least32_t> lines;
  DeterministicScheduler scheduler{1};
  auto task = spawn_on(scheduler, [&]() -> Lazy<void> {
    lines.push_back(std::source_location::current().line() + 1);
    co_await sleep_for(1s);
    lines.push_back(std::source_location::current().line() + 1);
    co_await sleep_for(1s);
  });
  EXPECT_TRUE(scheduler.unfinished().empty());
  for (std::size_t i = 0; i < 2; ++i) {
    scheduler.advance(i == 0 ? 0s : 1s);
    ASSERT_EQ(scheduler.unfinished().size(), 1u);
    EXPECT_EQ(scheduler.unfinished().front().line(), lines.at(i));
  }
  scheduler.advance(1s);
  EXPECT_TRUE(scheduler.unfinished().empty());
}

// Other threads and schedulers:

TEST(DeterministicSchedulerDeathTest, RefusesOtherThreads) {
  DeterministicScheduler scheduler{1};
  Deaf node;
  EXPECT_DEATH((std::jthread{[&] { scheduler.post(node); }}), "used from another thread");
  EXPECT_DEATH((std::jthread{[&] { static_cast<void>(spawn_on(scheduler, [] {})); }}), "used from another thread");
  EXPECT_DEATH((std::jthread{[&] { scheduler.run_until_idle(); }}), "used from another thread");
}

TEST(DeterministicSchedulerDeathTest, IsTheOnlyOneOnItsThread) {
  const DeterministicScheduler scheduler{1};
  EXPECT_DEATH(DeterministicScheduler{2}, "another DeterministicScheduler on this thread");
}

TEST(DeterministicScheduler, IsNotRunFromInsideACoroutine) {
  DeterministicScheduler scheduler{1};
  scheduler.run([&]() -> Lazy<void> {
    EXPECT_THROW(scheduler.run(lazy_seven()), flowcoro::BlockingCallOnWorker);
    co_return;
  });
}

TEST(DeterministicSchedulerDeathTest, IsNotDrivenFromInsideACoroutine) {
  DeterministicScheduler scheduler{1};
  EXPECT_DEATH(scheduler.run([&] { scheduler.run_until_idle(); }), "driven from inside a coroutine");
  EXPECT_DEATH(scheduler.run([&] { scheduler.advance(1s); }), "driven from inside a coroutine");
  EXPECT_DEATH(scheduler.run([&] { static_cast<void>(scheduler.shutdown()); }), "driven from inside a coroutine");
}

TEST(DeterministicScheduler, CountsATaskOutThatLeavesForARuntime) {
  flowcoro::Runtime runtime{{.workers = 1}};
  DeterministicScheduler scheduler{1};
  auto task = spawn_on(scheduler, [&]() -> Lazy<flowcoro::Scheduler*> {
    co_await yield();
    co_await flowcoro::resume_on(runtime);
    co_return current_scheduler();
  });
  scheduler.run_until_idle();
  EXPECT_EQ(sync_wait(runtime, task), &runtime.scheduler());
  EXPECT_EQ(scheduler.stats().moved_out, 1u);
  EXPECT_EQ(scheduler.stats().alive(), 0u);
  EXPECT_TRUE(scheduler.unfinished().empty());
  EXPECT_EQ(runtime.stats().moved_in, 1u);
  EXPECT_EQ(runtime.stats().completed, 1u);
}

TEST(DeterministicScheduler, CountsInWhatEntersIt) {
  DeterministicScheduler scheduler{1};
  Lazy<int> lazy = lazy_seven();
  flowcoro::detail::TaskAccess::promise(lazy)->move_to(scheduler, std::source_location::current());
  EXPECT_EQ(scheduler.unfinished().size(), 1u);
  EXPECT_EQ(scheduler.run(lazy), 7);
  EXPECT_EQ(scheduler.stats().moved_in, 1u);
  EXPECT_EQ(scheduler.stats().completed, 1u);
  EXPECT_EQ(scheduler.stats().alive(), 0u);
}

} // namespace
