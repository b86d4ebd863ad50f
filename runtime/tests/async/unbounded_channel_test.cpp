#include "flowcoro/async/unbounded_channel.hpp"

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
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::UnboundedChannel;
using flowcoro::test::Census;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::Counted;
using flowcoro::test::DeterministicScheduler;
using flowcoro::test::MoveFailed;
using flowcoro::test::rounds;
using flowcoro::test::ThrowingMove;

TEST(UnboundedChannel, TakesAnyNumberOfValuesAndGivesThemInOrder) {
  DeterministicScheduler scheduler{1};
  UnboundedChannel<std::unique_ptr<int>> channel;
  constexpr int n = 10'000;
  for (int i = 0; i < n; ++i) EXPECT_TRUE(channel.send(std::make_unique<int>(i)));
  EXPECT_EQ(channel.size(), static_cast<std::size_t>(n));
  channel.close();
  auto late = std::make_unique<int>(n);
  EXPECT_FALSE(channel.send(std::move(late)));
  EXPECT_NE(late, nullptr); // NOLINT(bugprone-use-after-move): it was not sent
  const auto drain = [&]() -> Lazy<int> {
    int expected = 0;
    for (;;) {
      auto receiving = channel.receive();
      const auto value = co_await receiving;
      if (!value.has_value()) co_return expected;
      EXPECT_EQ(**value, expected++);
    }
  };
  EXPECT_EQ(scheduler.run(drain), n);
}

TEST(UnboundedChannel, WakesTheLongestWaitingReceiver) {
  DeterministicScheduler scheduler{1};
  UnboundedChannel<int> channel;
  scheduler.run([&]() -> Lazy<void> {
    auto wait = [](UnboundedChannel<int>& on) -> Task<int> {
      const auto value = co_await on.receive();
      co_return value.value_or(-1);
    };
    auto stopped = wait(channel);
    auto first = wait(channel);
    auto second = wait(channel);
    auto third = wait(channel);
    stopped.request_stop();
    EXPECT_TRUE(channel.send(1));
    EXPECT_TRUE(channel.send(2));
    channel.close();
    EXPECT_THROW(co_await stopped, OperationCancelled);
    EXPECT_EQ(co_await first, 1);
    EXPECT_EQ(co_await second, 2);
    EXPECT_EQ(co_await third, -1);
  });
}

TEST(UnboundedChannel, CanBeSelectedFrom) {
  DeterministicScheduler scheduler{1};
  UnboundedChannel<int> channel;
  scheduler.run([&]() -> Lazy<void> {
    auto nothing = flowcoro::select(flowcoro::receive(channel), flowcoro::after(1ms));
    const auto timed_out = co_await nothing;
    EXPECT_EQ(timed_out.index, 1u);
    EXPECT_TRUE(channel.send(5));
    auto something = flowcoro::select(flowcoro::receive(channel), flowcoro::after(1ms));
    const auto received = co_await something;
    EXPECT_EQ(std::get<0>(received.result), 5);
  });
}

TEST(UnboundedChannel, IsAsItWasWhenAMoveThrows) {
  UnboundedChannel<ThrowingMove> channel;
  EXPECT_THROW(static_cast<void>(channel.send(ThrowingMove{1, 0})), MoveFailed);
  EXPECT_EQ(channel.size(), 0u);
  EXPECT_TRUE(channel.send(ThrowingMove{2, 1}));
  EXPECT_THROW(static_cast<void>(channel.try_receive()), MoveFailed);
  EXPECT_EQ(channel.size(), 1u);
}

TEST(UnboundedChannel, DestroysWhatWasNotReceived) {
  Census census;
  {
    UnboundedChannel<Counted> channel;
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(channel.send(Counted{census, i}));
    EXPECT_EQ(channel.try_receive()->value(), 0);
  }
  EXPECT_EQ(census.alive(), 0);
  EXPECT_EQ(census.copies(), 0);
}

TEST(UnboundedChannelStorm, LosesNothingWhenHalfOfTheReceiversAreStopped) {
  for (const unsigned workers : {1u, 2u, 8u}) {
    CheckedRuntime runtime{workers};
    flowcoro::test::Random random{workers};
    UnboundedChannel<int> channel;
    std::atomic<std::int64_t> sent{0};
    std::atomic<std::int64_t> received{0};
    for (std::size_t round = 0; round < rounds(100); ++round) {
      const auto ended = storm(
          runtime, random, 50,
          [&](int i) -> Lazy<void> {
            for (int k = 0; k < 4; ++k) {
              if (i % 2 == 0) {
                EXPECT_TRUE(channel.send(i * 4 + k));
                sent += i * 4 + k;
                co_await flowcoro::yield();
              } else {
                const auto value = co_await channel.receive();
                received += value.value_or(0);
              }
            }
          },
          [&] {
            for (int i = 0; i < 100; ++i) EXPECT_TRUE(channel.send(0)); // for the receivers of stopped senders
          });
      EXPECT_EQ(ended.done + ended.cancelled, 50u);
    }
    std::int64_t rest = 0;
    while (const auto value = channel.try_receive()) rest += *value;
    EXPECT_EQ(sent, received + rest);
  }
}

} // namespace
