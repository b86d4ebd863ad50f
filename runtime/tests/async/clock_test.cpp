// What waits make of a steady clock that stands, or that jumps: in virtual time.
#include "flowcoro/async/channel.hpp"
#include "flowcoro/async/select.hpp"
#include "flowcoro/async/sleep.hpp"
#include "flowcoro/async/with_timeout.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/seeds.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::current_time;
using flowcoro::Lazy;
using flowcoro::Nanoseconds;
using flowcoro::sleep_for;
using flowcoro::spawn_on;
using flowcoro::SteadyTime;
using flowcoro::Task;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;

class SteadyClock : public testing::Test {
 protected:
  Choices choices_{flowcoro::test::seed()};
  CheckedScheduler scheduler_{choices_};
};

TEST_F(SteadyClock, ThatStandsEndsNoWaitAndNobodySpins) {
  std::vector<Task<>> waiting;
  waiting.push_back(spawn_on(scheduler_, []() -> Lazy<void> { co_await sleep_for(1ns); }));
  waiting.push_back(spawn_on(scheduler_, []() -> Lazy<void> {
    auto sleeping = sleep_for(1h);
    auto limited = flowcoro::with_timeout(sleeping, 1ns);
    co_await limited;
  }));
  scheduler_.run_until_idle();
  const std::uint64_t resumes = scheduler_.resumes();
  scheduler_.run([]() -> Lazy<void> {
    for (int i = 0; i < 10'000; ++i) co_await flowcoro::yield();
  });
  EXPECT_LE(scheduler_.resumes(), resumes + 10'010) << "those that wait had no turn";
  for (const Task<>& task : waiting) EXPECT_FALSE(task.done());
  scheduler_.advance(1ns);
  for (const Task<>& task : waiting) EXPECT_TRUE(task.done());
}

TEST_F(SteadyClock, ThatJumpsByADayEndsWhatIsDueAndNothingElse) {
  std::vector<Task<>> due;
  std::vector<Task<>> not_due;
  const auto sleep = [](Nanoseconds time) -> Lazy<void> { co_await sleep_for(time); };
  for (const Nanoseconds time : {Nanoseconds{1ns}, Nanoseconds{1h}, Nanoseconds{24h}})
    due.push_back(spawn_on(scheduler_, sleep, time));
  for (const Nanoseconds time : {Nanoseconds{24h + 1ns}, Nanoseconds{25h}, Nanoseconds::max()})
    not_due.push_back(spawn_on(scheduler_, sleep, time));
  scheduler_.advance(24h);
  for (const Task<>& task : due) EXPECT_TRUE(task.done());
  for (const Task<>& task : not_due) EXPECT_FALSE(task.done());
}

/// A signed 64-bit number of nanoseconds ends after 292 years.
TEST_F(SteadyClock, ThatJumpsBy292YearsIsAtItsEndAndWaitsStillEnd) {
  auto before = spawn_on(scheduler_, []() -> Lazy<void> { co_await sleep_for(24h); });
  auto for_ever = spawn_on(scheduler_, []() -> Lazy<void> { co_await sleep_for(Nanoseconds::max()); });
  scheduler_.run_until_idle();
  scheduler_.advance(std::chrono::hours{292LL * 365 * 24});
  EXPECT_TRUE(before.done());
  EXPECT_FALSE(for_ever.done());
  auto late = spawn_on(scheduler_, []() -> Lazy<SteadyTime> {
    co_await sleep_for(1h); // there are some weeks left
    co_return current_time();
  });
  const SteadyTime ended = scheduler_.run(late);
  EXPECT_GE(ended - SteadyTime{}, std::chrono::hours{292LL * 365 * 24 + 1});
  scheduler_.advance(Nanoseconds::max());
  EXPECT_FALSE(for_ever.done()) << "never is never";
  auto beyond = spawn_on(scheduler_, []() -> Lazy<bool> {
    flowcoro::Channel<int> channel{0};
    auto choice = flowcoro::select(flowcoro::receive(channel), flowcoro::after(-1h));
    const auto first = co_await choice;
    co_return first.index == 1;
  });
  EXPECT_TRUE(scheduler_.run(beyond)) << "a time in the past";
}

TEST(SteadyClockOverSeeds, ThatGoesOnInJumpsOfAnySizeEndsNoWaitEarlyAndForgetsNone) {
  over_seeds(1'000, [](Choices& choices) {
    constexpr std::size_t n = 20;
    std::size_t ended = 0;
    CheckedScheduler scheduler{choices};
    std::vector<Task<>> sleepers;
    for (std::size_t i = 0; i < n; ++i) {
      const Nanoseconds time{static_cast<std::int64_t>(choices.below(std::size_t{1} << choices.below(62)))};
      sleepers.push_back(spawn_on(scheduler, [&ended, time]() -> Lazy<void> {
        const SteadyTime before = current_time();
        co_await sleep_for(time);
        EXPECT_GE(current_time() - before, time);
        ++ended;
      }));
    }
    while (ended < n) {
      const std::size_t jump = std::size_t{1} << choices.below(62);
      scheduler.advance(Nanoseconds{static_cast<std::int64_t>(jump)});
    }
  });
}

} // namespace
