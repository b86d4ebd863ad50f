#include "flowcoro/park/futex.hpp"

#include "support/asleep.hpp"
#include "support/build.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <new>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::deadline_after;
using flowcoro::futex_wait;
using flowcoro::steady_now;
using flowcoro::SteadyTime;
using flowcoro::test::Watched;

TEST(Futex, DoesNotSleepWhenTheWordHasAnotherValue) {
  const std::atomic<std::uint32_t> word{1};
  EXPECT_TRUE(futex_wait(word, 0));
}

TEST(Futex, ReportsADeadlineThatHasPassed) {
  const std::atomic<std::uint32_t> word{0};
  EXPECT_FALSE(futex_wait(word, 0, steady_now()));
  EXPECT_FALSE(futex_wait(word, 0, SteadyTime{}));
  EXPECT_FALSE(futex_wait(word, 0, SteadyTime::min()));
}

TEST(Futex, SleepsUntilTheDeadlineAndNoLess) {
  const std::atomic<std::uint32_t> word{0};
  const SteadyTime deadline = deadline_after(steady_now(), 2ms);
  while (futex_wait(word, 0, deadline)) ASSERT_LT(steady_now(), deadline_after(deadline, 10s));
  EXPECT_GE(steady_now(), deadline);
}

TEST(Futex, TakesADeadlineNearTheEndOfTime) {
  std::atomic<std::uint32_t> word{0};
  Watched sleeper;
  std::jthread thread{[&] {
    sleeper.is_this_thread();
    const SteadyTime far = deadline_after(SteadyTime::max(), -1ns);
    while (word.load() == 0) EXPECT_TRUE(futex_wait(word, 0, far));
  }};
  sleeper.wait_until_asleep();
  word.store(1);
  flowcoro::futex_wake_one(&word);
}

TEST(Futex, WakesEverySleeper) {
  for (std::size_t i = 0; i < flowcoro::test::rounds(100); ++i) {
    std::atomic<std::uint32_t> word{0};
    std::array<Watched, 3> sleepers;
    std::vector<std::jthread> threads;
    for (Watched& sleeper : sleepers) {
      threads.emplace_back([&word, &sleeper] {
        sleeper.is_this_thread();
        while (word.load() == 0) futex_wait(word, 0);
      });
    }
    for (const Watched& sleeper : sleepers) sleeper.wait_until_asleep();
    word.store(1);
    flowcoro::futex_wake_all(&word);
  }
}

TEST(Futex, WakesOneSleeperAtATime) {
  std::atomic<std::uint32_t> word{0};
  std::atomic<int> woken{0};
  std::array<Watched, 2> sleepers;
  std::vector<std::jthread> threads;
  for (Watched& sleeper : sleepers) {
    threads.emplace_back([&] {
      sleeper.is_this_thread();
      // Whoever is woken first takes the 1, so the other one sleeps on.
      for (std::uint32_t one = 1; !word.compare_exchange_strong(one, 0); one = 1) futex_wait(word, 0);
      woken.fetch_add(1);
    });
  }
  for (const Watched& sleeper : sleepers) sleeper.wait_until_asleep();
  for (int expected = 1; expected <= 2; ++expected) {
    word.store(1);
    flowcoro::futex_wake_one(&word);
    while (woken.load() != expected) std::this_thread::yield();
  }
}

TEST(Futex, MayBeWokenOnAWordThatIsGone) {
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  const auto* word = new (page) std::atomic<std::uint32_t>{0};
  ASSERT_EQ(munmap(page, 4096), 0);
  flowcoro::futex_wake_one(word);
  flowcoro::futex_wake_all(word);
}

} // namespace
