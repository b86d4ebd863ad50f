#include "flowcoro/compat/advanced_timeout_manager.hpp"

#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"
#include "support/start_together.hpp"
#include "support/wait_until.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::advanced_timeout_manager;
using flowcoro::steady_now;
using flowcoro::SteadyTime;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

void expect_accounts(const advanced_timeout_manager& timeouts) {
  const auto now = timeouts.get_statistics();
  EXPECT_EQ(now.total_registered, now.timed_out + now.cancelled + now.active);
  EXPECT_EQ(now.lateness.count(), now.timed_out);
}

class TimeoutManager : public testing::Test {
 protected:
  Choices choices_{flowcoro::test::seed()};
  CheckedScheduler scheduler_{choices_};
};

TEST_F(TimeoutManager, CallsBackAtTheTimeAndCountsIt) {
  advanced_timeout_manager timeouts;
  std::vector<int> calls;
  timeouts.register_timeout(20ms, [&calls] { calls.push_back(20); });
  timeouts.register_timeout(10ms, [&calls] { calls.push_back(10); });
  EXPECT_EQ(timeouts.active_count(), 2u);
  scheduler_.advance(10ms - 1ns);
  EXPECT_TRUE(calls.empty());
  scheduler_.advance(1ns);
  EXPECT_EQ(calls, (std::vector{10}));
  EXPECT_EQ(timeouts.active_count(), 1u);
  scheduler_.advance(10ms);
  EXPECT_EQ(calls, (std::vector{10, 20}));
  const auto all = timeouts.get_statistics();
  EXPECT_EQ(all.total_registered, 2u);
  EXPECT_EQ(all.timed_out, 2u);
  EXPECT_EQ(all.cancelled, 0u);
  EXPECT_EQ(all.lateness.percentile(1), 0u);
}

TEST_F(TimeoutManager, CancelsWhatIsStillToComeAndSaysWhenItIsTooLate) {
  advanced_timeout_manager timeouts;
  int calls = 0;
  const auto cancelled = timeouts.register_timeout(10ms, [&calls] { ++calls; });
  const auto fired = timeouts.register_timeout(5ms, [&calls] { ++calls; });
  scheduler_.advance(5ms);
  EXPECT_FALSE(timeouts.cancel_timeout(fired));
  EXPECT_TRUE(timeouts.cancel_timeout(cancelled));
  EXPECT_FALSE(timeouts.cancel_timeout(cancelled));
  EXPECT_FALSE(timeouts.cancel_timeout(4711)) << "there is no such timeout";
  EXPECT_EQ(scheduler_.timer_stats().active, 0u);
  scheduler_.advance(1h);
  EXPECT_EQ(calls, 1);
  expect_accounts(timeouts);
  EXPECT_EQ(timeouts.active_count(), 0u);
}

TEST_F(TimeoutManager, WithoutTimeCallsBackAtOnce) {
  advanced_timeout_manager timeouts;
  int calls = 0;
  const auto id = timeouts.register_timeout(0ms, [&calls] { ++calls; });
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(timeouts.cancel_timeout(id));
  expect_accounts(timeouts);
}

TEST_F(TimeoutManager, LetsACallbackCancelItselfAndOthersAndRegisterMore) {
  advanced_timeout_manager timeouts;
  std::vector<int> calls;
  const auto other = timeouts.register_timeout(20ms, [&calls] { calls.push_back(20); });
  advanced_timeout_manager::timeout_id self = 0;
  self = timeouts.register_timeout(10ms, [&] {
    calls.push_back(10);
    EXPECT_FALSE(timeouts.cancel_timeout(self));
    EXPECT_TRUE(timeouts.cancel_timeout(other));
    timeouts.register_timeout(5ms, [&calls] { calls.push_back(15); });
  });
  scheduler_.advance(1h);
  EXPECT_EQ(calls, (std::vector{10, 15}));
  expect_accounts(timeouts);
}

TEST_F(TimeoutManager, CancelsAllThatIsLeftAtItsEnd) {
  int calls = 0;
  {
    advanced_timeout_manager timeouts;
    for (int i = 0; i < 100; ++i) timeouts.register_timeout(1h, [&calls] { ++calls; });
    scheduler_.run_until_idle();
    EXPECT_EQ(scheduler_.timer_stats().active, 100u);
  }
  EXPECT_EQ(scheduler_.timer_stats().active, 0u);
  scheduler_.advance(2h);
  EXPECT_EQ(calls, 0);
}

TEST(TimeoutManagerOverSeeds, CallsBackOnceOrWasCancelled) {
  over_seeds(1'000, [](Choices& choices) {
    CheckedScheduler scheduler{choices};
    advanced_timeout_manager timeouts{scheduler};
    constexpr std::size_t n = 8;
    std::vector<int> calls(n);
    std::vector<advanced_timeout_manager::timeout_id> ids;
    for (std::size_t i = 0; i < n; ++i)
      ids.push_back(
          timeouts.register_timeout(std::chrono::milliseconds{choices.from_to(0, 4)}, [&calls, i] { ++calls[i]; }));
    std::vector<bool> cancelled(n);
    for (int step = 0; step < 5; ++step) {
      const std::size_t which = choices.below(n);
      if (timeouts.cancel_timeout(ids[which])) cancelled[which] = true;
      scheduler.advance(1ms);
    }
    for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(calls[i], cancelled[i] ? 0 : 1);
    expect_accounts(timeouts);
    EXPECT_EQ(timeouts.active_count(), 0u);
  });
}

TEST(TimeoutManagerRace, BetweenFiringAndCancellingIsOneOfThem) {
  CheckedRuntime runtime{2};
  advanced_timeout_manager timeouts{runtime};
  const std::size_t n = rounds(2'000);
  std::atomic<std::uint64_t> called{0};
  std::uint64_t cancelled = 0;
  for (std::size_t i = 0; i < n; ++i) {
    std::optional<int> alive{0};
    const SteadyTime due = steady_now() + 50us;
    const auto id = timeouts.register_timeout(50us, [&called, &alive] {
      ++*alive;
      called.fetch_add(1);
    });
    while (steady_now() < due) {
    }
    if (timeouts.cancel_timeout(id)) {
      ++cancelled;
      alive.reset(); // nobody looks at it any more
    } else {
      while (called + cancelled <= i) std::this_thread::yield();
    }
  }
  EXPECT_EQ(called + cancelled, n);
  const auto all = timeouts.get_statistics();
  EXPECT_EQ(all.timed_out, called);
  EXPECT_EQ(all.cancelled, cancelled);
  EXPECT_EQ(all.active, 0u);
}

TEST(TimeoutManagerRace, ItsEndWaitsForACallbackThatRuns) {
  CheckedRuntime runtime{1};
  std::atomic<bool> inside{false};
  std::atomic<bool> leave{false};
  std::atomic<bool> left{false};
  std::atomic<bool> was_here{false};
  std::optional<advanced_timeout_manager> timeouts{std::in_place, runtime};
  const auto here = std::this_thread::get_id();
  const auto call = [&] {
    // On a busy machine the time may be over before there is a timer; then it is this thread that calls, and another try is needed.
    was_here = std::this_thread::get_id() == here;
    inside = true;
    if (was_here) return;
    flowcoro::test::wait_until(leave);
    left = true;
  };
  do {
    inside = false;
    was_here = false;
    timeouts->register_timeout(1ms, call);
    flowcoro::test::wait_until(inside);
  } while (was_here);
  const std::jthread releaser{[&] { leave = true; }};
  timeouts.reset();
  EXPECT_TRUE(left);
}

TEST(TimeoutManagerStorm, KeepsItsAccountsWithManyThreads) {
  CheckedRuntime runtime{2};
  advanced_timeout_manager timeouts{runtime};
  std::atomic<std::uint64_t> called{0};
  std::atomic<std::uint64_t> cancelled{0};
  const std::size_t n = rounds(5'000);
  flowcoro::test::start_together(2, [&](std::size_t thread) {
    flowcoro::test::Random random{thread};
    for (std::size_t i = 0; i < n; ++i) {
      const auto id = timeouts.register_timeout(std::chrono::microseconds{random.below(200)}, [&] { ++called; });
      if (random.one_in(2) && timeouts.cancel_timeout(id)) ++cancelled;
    }
  });
  while (called + cancelled < 2 * n) std::this_thread::yield();
  const auto all = timeouts.get_statistics();
  EXPECT_EQ(all.total_registered, 2 * n);
  EXPECT_EQ(all.timed_out, called);
  EXPECT_EQ(all.cancelled, cancelled);
  EXPECT_EQ(all.active, 0u);
}

} // namespace
