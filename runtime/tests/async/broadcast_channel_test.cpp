#include "flowcoro/async/broadcast_channel.hpp"

#include "flowcoro/async/select.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"
#include "support/storm.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using flowcoro::Broadcast;
using flowcoro::BroadcastChannel;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::Census;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::Counted;
using flowcoro::test::DeterministicScheduler;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

TEST(BroadcastChannel, ShowsEachReceiverEveryValueFromItsSubscriptionOn) {
  BroadcastChannel<std::string> channel{4};
  auto early = channel.subscribe();
  EXPECT_TRUE(channel.send("a"));
  auto late = channel.subscribe();
  EXPECT_TRUE(channel.send("b"));
  auto copy = early;
  for (auto* all : {&early, &copy}) {
    EXPECT_EQ(*all->try_receive().value(), "a");
    EXPECT_EQ(*all->try_receive().value(), "b");
    EXPECT_FALSE(all->try_receive().has_value());
  }
  EXPECT_EQ(*late.try_receive().value(), "b");
  EXPECT_FALSE(late.try_receive().has_value());
}

TEST(BroadcastChannel, TellsASlowReceiverHowManyItHasMissedAndGoesOnWithTheOldest) {
  BroadcastChannel<int> channel{3};
  auto receiver = channel.subscribe();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(channel.send(i));
  const auto missed = receiver.try_receive().value();
  EXPECT_EQ(missed.lagged(), 7u);
  EXPECT_FALSE(missed.has_value() || missed.is_closed());
  for (int i = 7; i < 10; ++i) EXPECT_EQ(*receiver.try_receive().value(), i);
  EXPECT_FALSE(receiver.try_receive().has_value());
}

TEST(BroadcastChannel, GivesWhatWasSentBeforeItWasClosed) {
  DeterministicScheduler scheduler{1};
  BroadcastChannel<int> channel{2};
  auto receiver = channel.subscribe();
  EXPECT_TRUE(channel.send(1));
  channel.close();
  channel.close();
  EXPECT_FALSE(channel.send(2));
  scheduler.run([&]() -> Lazy<void> {
    EXPECT_EQ(*(co_await receiver.receive()), 1);
    EXPECT_TRUE((co_await receiver.receive()).is_closed());
    EXPECT_TRUE((co_await receiver.receive()).is_closed());
  });
}

TEST(BroadcastChannel, WakesAllThatWaitAndAStopRequestLosesNoPlace) {
  DeterministicScheduler scheduler{1};
  BroadcastChannel<int> channel{2};
  scheduler.run([&]() -> Lazy<void> {
    auto first = channel.subscribe();
    auto second = channel.subscribe();
    auto stopped = channel.subscribe();
    auto wait = [](BroadcastChannel<int>::Receiver& on) -> Task<int> {
      const auto got = co_await on.receive();
      co_return got ? *got : -1;
    };
    auto one = wait(first);
    auto other = wait(second);
    auto never = wait(stopped);
    never.request_stop();
    EXPECT_TRUE(channel.send(7));
    EXPECT_EQ(co_await one, 7);
    EXPECT_EQ(co_await other, 7);
    EXPECT_THROW(co_await never, OperationCancelled);
    EXPECT_EQ(*(co_await stopped.receive()), 7);
    auto closes = wait(first);
    channel.close();
    EXPECT_EQ(co_await closes, -1);
  });
}

TEST(BroadcastChannel, KeepsNoMoreValuesThanItsCapacity) {
  Census census;
  {
    BroadcastChannel<Counted> channel{3};
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(channel.send(Counted{census, i}));
    EXPECT_EQ(census.alive(), 3);
  }
  EXPECT_EQ(census.alive(), 0);
}

TEST(BroadcastChannel, CanBeSelectedFromAndALosingReceiverKeepsItsPlace) {
  DeterministicScheduler scheduler{1};
  BroadcastChannel<int> first{2};
  BroadcastChannel<int> second{2};
  scheduler.run([&]() -> Lazy<void> {
    auto one = first.subscribe();
    auto other = second.subscribe();
    auto wait = [](BroadcastChannel<int>::Receiver& a, BroadcastChannel<int>::Receiver& b) -> Task<std::size_t> {
      auto choice = flowcoro::select(flowcoro::receive(a), flowcoro::receive(b));
      const auto got = co_await choice;
      co_return got.index;
    };
    auto waiter = wait(one, other);
    EXPECT_TRUE(second.send(2));
    EXPECT_TRUE(first.send(1));
    EXPECT_EQ(co_await waiter, 1u);
    EXPECT_FALSE(other.try_receive().has_value());
    EXPECT_EQ(*one.try_receive().value(), 1);
  });
}

struct RefusesCopies {
  explicit RefusesCopies(int good) : good_copies{good} {}
  RefusesCopies(const RefusesCopies& other) : good_copies{other.good_copies} {
    if (other.good_copies == 0) throw std::runtime_error{"no copy"};
  }
  RefusesCopies(RefusesCopies&&) noexcept = default;
  RefusesCopies& operator=(const RefusesCopies&) = default;
  RefusesCopies& operator=(RefusesCopies&&) noexcept = default;
  ~RefusesCopies() = default;
  int good_copies;
};

TEST(BroadcastChannel, AValueThatCannotBeCopiedStaysTheNextOne) {
  DeterministicScheduler scheduler{1};
  BroadcastChannel<RefusesCopies> channel{2};
  auto receiver = channel.subscribe();
  EXPECT_TRUE(channel.send(RefusesCopies{0}));
  scheduler.run([&]() -> Lazy<void> {
    for (int i = 0; i < 2; ++i) {
      auto receiving = receiver.receive();
      EXPECT_THROW(static_cast<void>(co_await receiving), std::runtime_error);
    }
  });
}

/// Every receiver sees an unbroken sequence, in which gaps are announced with their length.
Lazy<void> follow(BroadcastChannel<int>::Receiver receiver, std::uint64_t& seen, std::uint64_t& missed, int turns) {
  std::uint64_t next = 0;
  for (;;) {
    auto receiving = receiver.receive();
    const auto got = co_await receiving;
    if (got.is_closed()) break;
    if (got) {
      EXPECT_EQ(static_cast<std::uint64_t>(*got), next);
      ++next;
      ++seen;
    } else {
      next += got.lagged();
      missed += got.lagged();
    }
    for (int i = 0; i < turns; ++i) co_await flowcoro::yield();
  }
}

TEST(BroadcastChannelOverSeeds, ShowsOrAnnouncesEveryValueToEachReceiver) {
  over_seeds(3'000, [](Choices& choices) {
    BroadcastChannel<int> channel{choices.below(3) + 1};
    const int count = choices.from_to(0, 12);
    struct Account {
      std::uint64_t seen = 0;
      std::uint64_t missed = 0;
    };
    std::vector<Account> accounts(choices.below(4) + 1);
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<>> tasks;
      for (Account& account : accounts)
        tasks.push_back(flowcoro::spawn(follow, channel.subscribe(), std::ref(account.seen), std::ref(account.missed),
                                        choices.from_to(0, 3)));
      for (int i = 0; i < count; ++i) {
        EXPECT_TRUE(channel.send(i));
        if (choices.one_in(2)) co_await flowcoro::yield();
      }
      channel.close();
      for (Task<>& task : tasks) co_await task;
    });
    for (const Account& account : accounts) EXPECT_EQ(account.seen + account.missed, static_cast<std::uint64_t>(count));
  });
}

TEST(BroadcastChannelStorm, ShowsOrAnnouncesEveryValueToThoseThatAreNotStopped) {
  for (const unsigned workers : {1u, 2u, 8u}) {
    CheckedRuntime runtime{workers};
    flowcoro::test::Random random{workers};
    for (std::size_t round = 0; round < rounds(100); ++round) {
      BroadcastChannel<int> channel{4};
      constexpr int count = 200;
      std::vector<BroadcastChannel<int>::Receiver> receivers(20, channel.subscribe());
      const auto ended = storm(
          runtime, random, 20,
          [&](int i) -> Lazy<void> {
            std::uint64_t seen = 0;
            std::uint64_t missed = 0;
            co_await follow(receivers[static_cast<std::size_t>(i)], seen, missed, i % 3);
            EXPECT_EQ(seen + missed, static_cast<std::uint64_t>(count));
          },
          [&] {
            for (int i = 0; i < count; ++i) EXPECT_TRUE(channel.send(i));
            channel.close();
          });
      EXPECT_EQ(ended.done + ended.cancelled, 20u);
    }
  }
}

TEST(BroadcastChannelWithManyWaiters, WakesThemWithoutRecursion) {
  CheckedRuntime runtime{2};
  BroadcastChannel<int> channel{1};
  constexpr std::size_t n = rounds(200'000);
  std::atomic<std::size_t> seen{0};
  const auto wait = [](BroadcastChannel<int>::Receiver receiver, std::atomic<std::size_t>& count) -> Task<> {
    const auto got = co_await receiver.receive();
    count += got.has_value() ? 1 : 0;
  };
  sync_wait(runtime, [&]() -> Lazy<void> {
    std::vector<Task<>> waiters;
    waiters.reserve(n);
    for (std::size_t i = 0; i < n; ++i) waiters.push_back(wait(channel.subscribe(), seen));
    EXPECT_TRUE(channel.send(1));
    for (auto& waiter : waiters) co_await waiter;
  });
  EXPECT_EQ(seen, n);
}

TEST(BroadcastChannelDeathTest, SaysThatItNeedsRoom) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(BroadcastChannel<int>{0}, "at least one value");
}

} // namespace
