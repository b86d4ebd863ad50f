#include "flowcoro/async/channel.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seed.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using flowcoro::Channel;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::TrySend;
using flowcoro::test::Census;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::Counted;
using flowcoro::test::MoveFailed;
using flowcoro::test::MoveOnly;
using flowcoro::test::OverAligned;
using flowcoro::test::rounds;
using flowcoro::test::ThrowingMove;

static_assert(flowcoro::Awaiter<decltype(std::declval<Channel<int>&>().send(1))>);
static_assert(flowcoro::Awaiter<decltype(std::declval<Channel<MoveOnly>&>().receive())>);

// g++ 12 destroys some temporaries of a co_await expression twice, so awaiters of values with a destructor have names here.
template <class T>
Lazy<bool> send(Channel<T>& channel, T value) {
  auto sending = channel.send(std::move(value));
  co_return co_await sending;
}
template <class T>
Lazy<std::optional<T>> receive(Channel<T>& channel) {
  auto receiving = channel.receive();
  co_return co_await receiving;
}

class ChannelOf : public testing::TestWithParam<std::tuple<unsigned, std::size_t>> {
 protected:
  CheckedRuntime runtime_{std::get<0>(GetParam())};
  Channel<int> channel_{std::get<1>(GetParam())};
};
INSTANTIATE_TEST_SUITE_P(WorkersAndCapacity, ChannelOf,
                         testing::Combine(testing::Values(1u, 2u, 8u), testing::Values<std::size_t>(0, 1, 2, 128)));

TEST_P(ChannelOf, DeliversInOrder) {
  constexpr int n = static_cast<int>(rounds(20'000));
  auto producer = spawn_on(runtime_, [this]() -> Lazy<void> {
    for (int i = 0; i < n; ++i) EXPECT_TRUE(co_await channel_.send(i));
    channel_.close();
  });
  auto consumer = spawn_on(runtime_, [this]() -> Lazy<int> {
    int expected = 0;
    while (const auto value = co_await channel_.receive()) {
      EXPECT_EQ(*value, expected);
      ++expected;
    }
    co_return expected;
  });
  EXPECT_EQ(sync_wait(runtime_, consumer), n);
  sync_wait(runtime_, producer);
}

TEST_P(ChannelOf, HoldsAsMuchAsItsCapacityWithoutWaiting) {
  const int capacity = static_cast<int>(channel_.capacity());
  for (int i = 0; i < capacity; ++i) EXPECT_EQ(channel_.try_send(i), TrySend::sent);
  int one_more = 99;
  EXPECT_EQ(channel_.try_send(one_more), TrySend::full);
  EXPECT_EQ(channel_.size(), channel_.capacity());
  for (int i = 0; i < capacity; ++i) EXPECT_EQ(channel_.try_receive(), i);
  EXPECT_EQ(channel_.try_receive(), std::nullopt);
}

TEST_P(ChannelOf, StillGivesWhatWasSentBeforeItWasClosed) {
  const int capacity = static_cast<int>(channel_.capacity());
  for (int i = 0; i < capacity; ++i) EXPECT_EQ(channel_.try_send(i), TrySend::sent);
  channel_.close();
  EXPECT_TRUE(channel_.closed());
  sync_wait(runtime_, [&]() -> Lazy<void> {
    for (int i = 0; i < capacity; ++i) EXPECT_EQ(co_await channel_.receive(), i);
    EXPECT_EQ(co_await channel_.receive(), std::nullopt);
    EXPECT_EQ(co_await channel_.receive(), std::nullopt);
  });
}

TEST_P(ChannelOf, RefusesToSendWhenClosed) {
  channel_.close();
  channel_.close();
  int value = 5;
  EXPECT_EQ(channel_.try_send(value), TrySend::closed);
  EXPECT_FALSE(sync_wait(runtime_, send(channel_, 6)));
}

TEST_P(ChannelOf, CloseWakesEveryWaitingReceiverWithNothing) {
  std::atomic<int> waiting{0};
  std::vector<Task<bool>> receivers;
  for (int i = 0; i < 50; ++i) {
    receivers.push_back(spawn_on(runtime_, [&]() -> Lazy<bool> {
      waiting.fetch_add(1);
      const auto value = co_await channel_.receive();
      co_return value.has_value();
    }));
  }
  while (waiting != 50) std::this_thread::yield();
  channel_.close();
  for (auto& receiver : receivers) EXPECT_FALSE(sync_wait(runtime_, receiver));
}

TEST_P(ChannelOf, CloseWakesEveryWaitingSenderWithARefusal) {
  int filler = 0;
  while (channel_.try_send(filler) == TrySend::sent) {
  }
  std::atomic<int> waiting{0};
  std::vector<Task<bool>> senders;
  for (int i = 0; i < 50; ++i) {
    senders.push_back(spawn_on(runtime_, [&]() -> Lazy<bool> {
      waiting.fetch_add(1);
      co_return co_await channel_.send(1);
    }));
  }
  while (waiting != 50) std::this_thread::yield();
  channel_.close();
  for (auto& sender : senders) EXPECT_FALSE(sync_wait(runtime_, sender));
  EXPECT_EQ(channel_.size(), channel_.capacity());
}

TEST_P(ChannelOf, LosesAndInventsNothingBetweenManySendersAndReceivers) {
  constexpr int producers = 8;
  constexpr int consumers = 5;
  constexpr int each = static_cast<int>(rounds(2'000));
  std::vector<std::atomic<int>> seen(static_cast<std::size_t>(producers * each));
  std::vector<Task<>> sending;
  std::vector<Task<>> receiving;
  for (int c = 0; c < consumers; ++c) {
    receiving.push_back(spawn_on(runtime_, [&]() -> Lazy<void> {
      std::vector<int> last(producers, -1);
      while (const auto value = co_await channel_.receive()) {
        seen[static_cast<std::size_t>(*value)].fetch_add(1);
        const auto producer = static_cast<std::size_t>(*value / each);
        EXPECT_GT(*value, last[producer]) << "values of one sender overtook each other";
        last[producer] = *value;
      }
    }));
  }
  for (int p = 0; p < producers; ++p) {
    sending.push_back(spawn_on(runtime_, [this, p]() -> Lazy<void> {
      for (int i = 0; i < each; ++i) EXPECT_TRUE(co_await channel_.send(p * each + i));
    }));
  }
  for (auto& task : sending) sync_wait(runtime_, task);
  channel_.close();
  for (auto& task : receiving) sync_wait(runtime_, task);
  for (const auto& count : seen) ASSERT_EQ(count, 1);
}

/// Half of all waiters are stopped at some moment. What a send reported as sent is received or still buffered, and nothing else.
TEST_P(ChannelOf, ConservesValuesInAStormOfCancellations) {
  flowcoro::test::Random random;
  std::atomic<std::int64_t> sent{0};
  std::atomic<std::int64_t> received{0};
  std::atomic<std::int64_t> sum_sent{0};
  std::atomic<std::int64_t> sum_received{0};
  for (std::size_t round = 0; round < rounds(60); ++round) {
    std::vector<Task<>> tasks;
    for (int i = 0; i < 60; ++i) {
      if (i % 2 == 0) {
        tasks.push_back(spawn_on(runtime_, [&, i]() -> Lazy<void> {
          for (int k = 0; k < 4; ++k) {
            const int value = i * 4 + k;
            const bool ok = co_await channel_.send(value);
            EXPECT_TRUE(ok);
            sent.fetch_add(1);
            sum_sent.fetch_add(value);
          }
        }));
      } else {
        tasks.push_back(spawn_on(runtime_, [&]() -> Lazy<void> {
          for (int k = 0; k < 4; ++k) {
            const auto value = co_await channel_.receive();
            EXPECT_TRUE(value.has_value());
            received.fetch_add(1);
            sum_received.fetch_add(value.value_or(0));
          }
        }));
      }
    }
    for (auto& task : tasks) {
      if (random.one_in(2)) task.request_stop();
    }
    for (auto& task : tasks) task.request_stop(); // those whose partner was stopped would wait for ever
    for (auto& task : tasks) {
      try {
        sync_wait(runtime_, task);
      } catch (const OperationCancelled&) {
        continue; // one of the ways to end; the counts tell whether it was right
      }
    }
  }
  std::int64_t buffered = 0;
  std::int64_t sum_buffered = 0;
  while (const auto value = channel_.try_receive()) {
    ++buffered;
    sum_buffered += *value;
  }
  EXPECT_EQ(sent, received + buffered);
  EXPECT_EQ(sum_sent, sum_received + sum_buffered);
}

TEST_P(ChannelOf, ACancelledWaiterIsOutOfTheQueue) {
  std::atomic<bool> waiting{false};
  auto cancelled = spawn_on(runtime_, [&]() -> Lazy<void> {
    waiting = true;
    static_cast<void>(co_await channel_.receive());
  });
  while (!waiting) std::this_thread::yield();
  cancelled.request_stop();
  EXPECT_THROW(sync_wait(runtime_, cancelled), OperationCancelled);
  auto receiver = spawn_on(runtime_, [&]() -> Lazy<int> { co_return (co_await channel_.receive()).value_or(-1); });
  EXPECT_TRUE(sync_wait(runtime_, send(channel_, 7)));
  EXPECT_EQ(sync_wait(runtime_, receiver), 7);
}

/// Drives the steps of a co_await by hand: stop is requested after the value was taken and before the coroutine goes on.
TEST_P(ChannelOf, AStopRequestThatComesAfterTheValueWasTakenDoesNotLoseIt) {
  if (channel_.capacity() == 0) channel_.close(); // a rendezvous has no value to take: then both get the refusal
  struct Steps {
    Channel<int>& channel;
    std::optional<int> got{};
    bool sent = false;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<Lazy<void>::promise_type> self) {
      auto receiving = channel.receive();
      EXPECT_FALSE(receiving.await_ready());
      auto sending = channel.send(4);
      sent = sending.await_ready();
      EXPECT_FALSE(receiving.await_suspend(self));
      self.promise().stop_state().request_stop();
      got = receiving.await_resume();
      sent = sent && sending.await_resume();
      return false;
    }
    void await_resume() const noexcept {}
  } steps{channel_};
  sync_wait(runtime_, spawn_on(runtime_, [](Steps* run) -> Lazy<void> { co_await *run; }, &steps));
  EXPECT_EQ(steps.got, channel_.capacity() != 0 ? std::optional{4} : std::nullopt);
  EXPECT_EQ(steps.sent, channel_.capacity() != 0);
}

TEST(ChannelRendezvous, ASendEndsWhenAReceiverHasTheValue) {
  CheckedRuntime runtime{1};
  Channel<int> channel{0};
  std::vector<std::string> events;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto sender = flowcoro::spawn([&]() -> Lazy<void> {
      static_cast<void>(co_await channel.send(1));
      events.emplace_back("sent");
    });
    for (int i = 0; i < 5; ++i) co_await flowcoro::yield();
    EXPECT_TRUE(events.empty()) << "nobody has received";
    EXPECT_EQ(channel.size(), 0u);
    EXPECT_EQ(co_await channel.receive(), 1);
    co_await sender;
  });
  EXPECT_EQ(events.size(), 1u);
}

TEST(ChannelOrder, ServesWaitersInTheOrderOfArrival) {
  CheckedRuntime runtime{1};
  Channel<int> channel{1};
  std::vector<int> order;
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto wait = [](Channel<int>& on, std::vector<int>& list, int number) -> Task<> {
      const auto value = co_await on.receive();
      EXPECT_EQ(value, number);
      list.push_back(number);
    };
    std::vector<Task<>> receivers;
    for (int i = 0; i < 20; ++i) receivers.push_back(wait(channel, order, i));
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(co_await channel.send(i));
    for (auto& receiver : receivers) co_await receiver;
  });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(order.at(static_cast<std::size_t>(i)), i);
}

TEST(ChannelValues, MayBeMoveOnlyAndInTheBufferOverAligned) {
  CheckedRuntime runtime{2};
  Channel<std::unique_ptr<int>> pointers{1};
  EXPECT_TRUE(sync_wait(runtime, send(pointers, std::make_unique<int>(3))));
  EXPECT_EQ(**sync_wait(runtime, receive(pointers)), 3);
  Channel<OverAligned> aligned{3};
  for (int i = 0; i < 3; ++i) {
    OverAligned sent{i}; // not in a coroutine, whose frame has no more alignment than operator new gives
    EXPECT_EQ(aligned.try_send(sent), TrySend::sent);
  }
  for (int i = 0; i < 3; ++i) {
    const auto value = aligned.try_receive();
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(value->value, i);
    EXPECT_TRUE(value->is_aligned());
  }
}

TEST(ChannelValues, AreLeftWithTheCallerByATrySendThatFails) {
  Channel<MoveOnly> channel{1};
  MoveOnly first{1};
  MoveOnly second{2};
  EXPECT_EQ(channel.try_send(first), TrySend::sent);
  EXPECT_EQ(first.value(), MoveOnly::moved_from);
  EXPECT_EQ(channel.try_send(second), TrySend::full);
  EXPECT_EQ(second.value(), 2);
  channel.close();
  EXPECT_EQ(channel.try_send(second), TrySend::closed);
  EXPECT_EQ(second.value(), 2);
}

TEST(ChannelValues, AreDestroyedOnceWithTheChannel) {
  Census census;
  CheckedRuntime runtime{2};
  {
    Channel<Counted> channel{8};
    for (int round = 0; round < 3; ++round) { // so that the buffer wraps
      for (int i = 0; i < 5; ++i) EXPECT_TRUE(sync_wait(runtime, send(channel, Counted{census, i})));
      while (channel.size() > 2) EXPECT_GE(channel.try_receive()->value(), 0);
    }
  }
  EXPECT_EQ(census.alive(), 0);
}

TEST(ChannelValues, ThatCannotBeMovedInLeaveTheChannelUsable) {
  CheckedRuntime runtime{2};
  Channel<ThrowingMove> channel{2};
  ThrowingMove refuses{1, 0};
  EXPECT_THROW(static_cast<void>(channel.try_send(refuses)), MoveFailed);
  EXPECT_EQ(channel.size(), 0u);
  ThrowingMove moves{2, 10};
  EXPECT_EQ(channel.try_send(moves), TrySend::sent);
  EXPECT_EQ(channel.try_receive()->value(), 2);
}

TEST(ChannelValues, ThatCannotBeMovedOutStayInTheChannel) {
  Channel<ThrowingMove> channel{2};
  ThrowingMove stuck{3, 1}; // into the buffer, and no further
  EXPECT_EQ(channel.try_send(stuck), TrySend::sent);
  EXPECT_THROW(static_cast<void>(channel.try_receive()), MoveFailed);
  EXPECT_EQ(channel.size(), 1u);
  channel.close();
}

TEST(ChannelValues, ThatCannotReachAWaitingReceiverFailTheSenderOnly) {
  CheckedRuntime runtime{1};
  Channel<ThrowingMove> channel{1};
  sync_wait(runtime, [&]() -> Lazy<void> {
    auto wait = [](Channel<ThrowingMove>& on) -> Task<int> {
      auto receiving = on.receive();
      const auto value = co_await receiving;
      co_return value.has_value() ? value->value() : -1;
    };
    auto receiver = wait(channel);
    ThrowingMove refuses{1, 0};
    EXPECT_THROW(static_cast<void>(channel.try_send(refuses)), MoveFailed);
    EXPECT_FALSE(receiver.done());
    ThrowingMove moves{2, 10};
    EXPECT_EQ(channel.try_send(moves), TrySend::sent);
    EXPECT_EQ(co_await receiver, 2);
  });
}

TEST(ChannelValues, OfAWaitingSenderThatCannotBeMovedFailThatSender) {
  CheckedRuntime runtime{1};
  Channel<ThrowingMove> channel{1};
  sync_wait(runtime, [&]() -> Lazy<void> {
    ThrowingMove first{1, 10};
    EXPECT_EQ(channel.try_send(first), TrySend::sent);
    auto wait = [](Channel<ThrowingMove>& on) -> Task<bool> {
      ThrowingMove value{2, 2}; // into send() and into the awaiter, but not into the buffer
      auto sending = on.send(std::move(value));
      co_return co_await sending;
    };
    auto sender = wait(channel);
    EXPECT_EQ(channel.try_receive()->value(), 1);
    EXPECT_THROW(static_cast<void>(co_await sender), MoveFailed);
    ThrowingMove last{3, 10};
    EXPECT_EQ(channel.try_send(last), TrySend::sent);
    EXPECT_EQ(channel.try_receive()->value(), 3);
  });
}

} // namespace
