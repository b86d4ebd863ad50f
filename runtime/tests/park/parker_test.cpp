#include "flowcoro/park/parker.hpp"

#include "support/asleep.hpp"
#include "support/build.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::deadline_after;
using flowcoro::Parker;
using flowcoro::ParkResult;
using flowcoro::steady_now;
using flowcoro::SteadyTime;
using flowcoro::test::rounds;
using flowcoro::test::Watched;

TEST(Parker, KeepsAPermitThatComesBeforeThePark) {
  Parker parker;
  parker.unpark();
  EXPECT_EQ(parker.park_until(flowcoro::no_deadline), ParkResult::woken);
}

TEST(Parker, StoresNoMoreThanOnePermit) {
  Parker parker;
  parker.unpark();
  parker.unpark();
  parker.unpark();
  parker.park();
  EXPECT_EQ(parker.park_until(steady_now()), ParkResult::timed_out);
}

TEST(Parker, TimesOutAtOnceWithADeadlineInThePast) {
  Parker parker;
  EXPECT_EQ(parker.park_until(steady_now()), ParkResult::timed_out);
  EXPECT_EQ(parker.park_until(SteadyTime::min()), ParkResult::timed_out);
}

TEST(Parker, TakesAWaitingPermitWithADeadlineInThePast) {
  Parker parker;
  parker.unpark();
  EXPECT_EQ(parker.park_until(SteadyTime::min()), ParkResult::woken);
  EXPECT_EQ(parker.park_until(SteadyTime::min()), ParkResult::timed_out);
}

TEST(Parker, NeverTimesOutEarly) {
  Parker parker;
  for (const auto wait : {1ns, 1'000ns, 300'000ns, 2'000'000ns}) {
    const SteadyTime deadline = deadline_after(steady_now(), wait);
    ASSERT_EQ(parker.park_until(deadline), ParkResult::timed_out);
    ASSERT_GE(steady_now(), deadline);
  }
}

TEST(Parker, CanBeParkedAgainAfterItTimedOut) {
  Parker parker;
  ASSERT_EQ(parker.park_until(steady_now()), ParkResult::timed_out);
  parker.unpark();
  EXPECT_EQ(parker.park_until(steady_now()), ParkResult::woken);
}

TEST(Parker, SleepsInTheKernelUntilItIsUnparked) {
  Parker parker;
  Watched sleeper;
  int written_before = 0;
  int read_after = 0;
  std::jthread thread{[&] {
    sleeper.is_this_thread();
    parker.park();
    read_after = written_before;
  }};
  sleeper.wait_until_asleep();
  written_before = 42;
  parker.unpark();
  thread.join();
  EXPECT_EQ(read_after, 42);
}

TEST(ParkerStress, LosesNoWakeInAPingPong) {
  const std::size_t turns = rounds(500'000); // two waits in each
  Parker ping;
  Parker pong;
  std::size_t turn = 0; // not atomic: the permits alone carry it across
  std::jthread other{[&] {
    for (std::size_t i = 0; i < turns; ++i) {
      ping.park();
      ++turn;
      pong.unpark();
    }
  }};
  for (std::size_t i = 0; i < turns; ++i) {
    ++turn;
    ping.unpark();
    pong.park();
    ASSERT_EQ(turn, 2 * (i + 1));
  }
}

TEST(ParkerStress, TakesEachPermitOnceWhenDeadlinesPassAtTheSameTime) {
  const std::size_t permits = rounds(20'000);
  Parker parker;
  std::atomic<std::size_t> taken{0};
  std::jthread giver{[&] {
    for (std::size_t i = 0; i < permits; ++i) {
      parker.unpark();
      while (taken.load(std::memory_order_acquire) == i) std::this_thread::yield();
    }
  }};
  flowcoro::test::Random random;
  while (taken.load(std::memory_order_relaxed) < permits) {
    const auto wait = std::chrono::nanoseconds{random.below(60'000)};
    if (parker.park_until(deadline_after(steady_now(), wait)) == ParkResult::woken)
      taken.fetch_add(1, std::memory_order_release);
  }
  giver.join();
  EXPECT_EQ(parker.park_until(steady_now()), ParkResult::timed_out);
}

TEST(ParkerStress, WakesForAnyOfSeveralGivers) {
  constexpr std::size_t givers = 3;
  const std::size_t each = rounds(20'000);
  Parker parker;
  std::atomic<std::size_t> given{0};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < givers; ++i) {
    threads.emplace_back([&] {
      for (std::size_t j = 0; j < each; ++j) {
        given.fetch_add(1);
        parker.unpark();
      }
    });
  }
  // Permits may merge, but the last one given always comes after the last count.
  while (given.load() < givers * each) parker.park();
}

} // namespace
