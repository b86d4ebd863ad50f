#include "flowcoro/park/event_count.hpp"

#include "support/asleep.hpp"
#include "support/build.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

namespace {

using namespace std::chrono_literals;
using flowcoro::EventCount;
using flowcoro::no_deadline;
using flowcoro::steady_now;
using flowcoro::SteadyTime;
using flowcoro::test::rounds;
using flowcoro::test::start_together;

TEST(EventCount, DoesNotSleepWhenThereIsNoReasonTo) {
  EventCount changes;
  int asked = 0;
  changes.wait([&asked] {
    ++asked;
    return SteadyTime::min();
  });
  EXPECT_EQ(asked, 1);
  changes.notify_all();
}

TEST(EventCount, SleepsUntilTheDeadlineAtMost) {
  EventCount changes;
  const SteadyTime deadline = steady_now() + 2ms;
  while (steady_now() < deadline) changes.wait([deadline] { return deadline; });
  EXPECT_GE(steady_now(), deadline);
}

TEST(EventCount, WakesAllThatSleep) {
  EventCount changes;
  std::atomic<bool> open{false};
  flowcoro::test::Watched first;
  flowcoro::test::Watched second;
  const auto wait = [&](flowcoro::test::Watched& watched) {
    watched.is_this_thread();
    while (!open.load()) changes.wait([&open] { return open.load() ? SteadyTime::min() : no_deadline; });
  };
  std::jthread one{[&] { wait(first); }};
  std::jthread other{[&] { wait(second); }};
  first.wait_until_asleep();
  second.wait_until_asleep();
  open = true;
  changes.notify_all();
}

TEST(EventCountStress, WakesOneForEachThatIsThere) {
  EventCount changes;
  const std::size_t all = rounds(30'000);
  std::atomic<std::size_t> there{0};
  std::atomic<std::size_t> taken{0};
  start_together(4, [&](std::size_t thread) {
    if (thread == 0) {
      for (std::size_t i = 0; i < all; ++i) {
        there.fetch_add(1);
        changes.notify_one();
      }
      return;
    }
    while (taken.load() < all) {
      std::size_t now = there.load();
      if (now != 0 && there.compare_exchange_strong(now, now - 1)) {
        if (taken.fetch_add(1) + 1 == all) changes.notify_all();
        continue;
      }
      changes.wait([&] { return there.load() != 0 || taken.load() >= all ? SteadyTime::min() : no_deadline; });
    }
  });
  EXPECT_EQ(there.load(), 0u);
}

TEST(EventCountStress, LosesNoWake) {
  // Each hands the turn to the next, which may be awake, on its way to sleep, or asleep.
  constexpr std::size_t threads = 3;
  const std::size_t turns = rounds(100'000);
  EventCount changes;
  std::atomic<std::size_t> turn{0};
  start_together(threads, [&](std::size_t own) {
    for (;;) {
      const std::size_t now = turn.load();
      if (now >= turns) return changes.notify_all();
      if (now % threads == own) {
        turn.store(now + 1);
        changes.notify_all();
      } else {
        changes.wait([&] { return turn.load() == now ? no_deadline : SteadyTime::min(); });
      }
    }
  });
  EXPECT_EQ(turn.load(), turns);
}

} // namespace
