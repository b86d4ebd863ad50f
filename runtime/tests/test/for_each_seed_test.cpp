#include "flowcoro/test/for_each_seed.hpp"

#include "flowcoro/async/channel.hpp"
#include "flowcoro/base/assert.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/test/deterministic_scheduler.hpp"
#include "support/build.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using flowcoro::Lazy;
using flowcoro::spawn_on;
using flowcoro::test::DeterministicScheduler;
using flowcoro::test::for_each_seed;
using flowcoro::test::SeedFailed;
using testing::HasSubstr;

/// The text and the seed of the failure of `body`, over the seeds 10 … 19.
template <class F>
std::pair<std::uint64_t, std::string> failure_of(F body) {
  try {
    for_each_seed(10, 10, body);
  } catch (const SeedFailed& failed) {
    return {failed.seed(), failed.what()};
  }
  return {0, "no failure"};
}

TEST(ForEachSeed, CallsTheBodyOnceForEachSeed) {
  std::vector<std::uint64_t> seeds;
  for_each_seed(5, 3, [&](std::uint64_t seed) { seeds.push_back(seed); });
  EXPECT_EQ(seeds, (std::vector<std::uint64_t>{5, 6, 7}));
}

TEST(ForEachSeed, WrapsRoundBehindTheLastSeed) {
  std::vector<std::uint64_t> seeds;
  for_each_seed(std::numeric_limits<std::uint64_t>::max(), 2, [&](std::uint64_t seed) { seeds.push_back(seed); });
  EXPECT_EQ(seeds, (std::vector<std::uint64_t>{std::numeric_limits<std::uint64_t>::max(), 0}));
}

TEST(ForEachSeed, NamesTheSeedOfAnExceptionAndKeepsIt) {
  int calls = 0;
  const auto body = [&calls](std::uint64_t seed) {
    ++calls;
    if (seed == 13) throw std::logic_error{"that is wrong"};
  };
  EXPECT_EQ(failure_of(body), (std::pair<std::uint64_t, std::string>{13, "seed 13: that is wrong"}));
  EXPECT_EQ(calls, 4) << "it ends with the first failure";
  try {
    for_each_seed(13, 1, body);
  } catch (const SeedFailed& failed) {
    EXPECT_THROW(std::rethrow_if_nested(failed), std::logic_error);
  }
}

TEST(ForEachSeed, NamesTheSeedOfAnExceptionThatIsNoStdException) {
  const auto [seed, text] = failure_of([](std::uint64_t) { throw 5; });
  EXPECT_EQ(seed, 10u);
  EXPECT_THAT(text, HasSubstr("no std::exception"));
}

TEST(ForEachSeed, NamesTheSeedWhereTheBodyGivesFalse) {
  EXPECT_EQ(failure_of([](std::uint64_t seed) { return seed < 15; }).first, 15u);
  EXPECT_EQ(failure_of([](std::uint64_t) { return true; }).second, "no failure");
}

/// The task that is left behind uses the channel, so it must end before the channel does.
TEST(ForEachSeed, NamesTheSeedOfADeadlockThoughTasksAreLeft) {
  const auto [seed, text] = failure_of([](std::uint64_t now) {
    flowcoro::Channel<int> channel{1};
    DeterministicScheduler scheduler{now};
    auto left_behind = spawn_on(scheduler, [&]() -> Lazy<void> { static_cast<void>(co_await channel.receive()); });
    if (now == 12) static_cast<void>(scheduler.run(channel.receive()));
  });
  EXPECT_EQ(seed, 12u);
  EXPECT_THAT(text, HasSubstr("deadlock"));
}

TEST(ForEachSeed, MayRunOnSeveralThreads) {
  std::vector<std::uint64_t> seeds;
  for_each_seed(1, 2, [&](std::uint64_t outer) {
    const DeterministicScheduler scheduler{outer};
    std::jthread{[&] {
      for_each_seed(10 * outer, 2, [&](std::uint64_t inner) {
        const DeterministicScheduler other{inner};
        seeds.push_back(inner);
      });
    }};
  });
  EXPECT_EQ(seeds, (std::vector<std::uint64_t>{10, 11, 20, 21}));
}

// Where the process ends:

template <class F>
void with_seed_12(F die) {
  for_each_seed(10, 10, [&](std::uint64_t seed) {
    DeterministicScheduler scheduler{seed};
    scheduler.run([&] {
      if (seed == 12) die();
    });
  });
}

constexpr const char* named = "in a test with seed 12\n";

TEST(ForEachSeedDeathTest, NamesTheSeedOfAnAbort) {
  EXPECT_EXIT(with_seed_12([] { std::abort(); }), testing::KilledBySignal(SIGABRT), named);
}

TEST(ForEachSeedDeathTest, NamesTheSeedOfABrokenPrecondition) {
  EXPECT_DEATH(with_seed_12([] { FLOWCORO_ASSERT(1 == 2, "as asserted"); }), "as asserted(.|\n)*seed 12\n");
}

TEST(ForEachSeedDeathTest, NamesTheSeedOfAFault) {
  EXPECT_DEATH(with_seed_12([] { __builtin_trap(); }), named);
}

TEST(ForEachSeedDeathTest, NamesTheSeedOfAFatalSignalThatWasSent) {
  EXPECT_DEATH(with_seed_12([] { std::raise(SIGFPE); }), named);
}

[[gnu::noinline]] int read_at(const volatile int* place) { return *place; }

TEST(ForEachSeedDeathTest, NamesTheSeedOfAReportOfASanitizer) {
  if (!flowcoro::test::address_sanitized) GTEST_SKIP() << "needs AddressSanitizer";
  EXPECT_DEATH(with_seed_12([] {
                 auto* freed = new int{1};
                 delete freed;
                 static_cast<void>(read_at(freed));
               }),
               "heap-use-after-free(.|\n)*seed 12\n");
}

TEST(ForEachSeedDeathTest, NamesNoSeedAfterwards) {
  for_each_seed(12, 1, [](std::uint64_t) {});
  EXPECT_DEATH(std::abort(), testing::Not(HasSubstr("seed")));
}

} // namespace
