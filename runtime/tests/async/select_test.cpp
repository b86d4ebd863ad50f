#include "flowcoro/async/select.hpp"

#include "flowcoro/async/channel.hpp"
#include "flowcoro/async/sleep.hpp"
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

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::after;
using flowcoro::at;
using flowcoro::Channel;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::receive;
using flowcoro::select;
using flowcoro::send;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::TrySend;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::DeterministicScheduler;
using flowcoro::test::MoveFailed;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;
using flowcoro::test::ThrowingMove;

static_assert(flowcoro::Awaiter<decltype(select(receive(std::declval<Channel<int>&>()), after(1ms)))>);

/// Which of the two, and its value.
Task<std::pair<std::size_t, int>> receive_either(Channel<int>& first, Channel<int>& second) {
  auto choice = select(receive(first), receive(second));
  const auto got = co_await choice;
  const auto& value = got.index == 0 ? std::get<0>(got.result) : std::get<1>(got.result);
  co_return std::pair{got.index, value.value_or(-1)};
}

void put(Channel<int>& channel, int value) { EXPECT_EQ(channel.try_send(value), TrySend::sent); }

TEST(Select, TakesWhatIsThereAndLeavesTheOtherChannelAlone) {
  DeterministicScheduler scheduler{1};
  Channel<int> empty{1};
  Channel<int> filled{2};
  put(filled, 7);
  put(filled, 8);
  const auto [index, value] = scheduler.run([&] { return receive_either(empty, filled); });
  EXPECT_EQ(index, 1u);
  EXPECT_EQ(value, 7);
  EXPECT_EQ(filled.size(), 1u);
}

TEST(Select, WaitsForWhicheverComesFirstAndTakesNothingFromTheOther) {
  for (const std::size_t winner : {0u, 1u}) {
    DeterministicScheduler scheduler{winner};
    std::array<Channel<int>, 2> channels{Channel<int>{1}, Channel<int>{1}};
    scheduler.run([&]() -> Lazy<void> {
      auto waiter = receive_either(channels[0], channels[1]);
      EXPECT_FALSE(waiter.done());
      put(channels[winner], 5);
      put(channels[1 - winner], 6); // comes too late for this select, which has not run yet
      const auto [index, value] = co_await waiter;
      EXPECT_EQ(index, winner);
      EXPECT_EQ(value, 5);
    });
    EXPECT_EQ(channels[1 - winner].try_receive(), 6);
    EXPECT_EQ(channels[winner].try_receive(), std::nullopt);
  }
}

TEST(Select, GivesNothingForAClosedChannel) {
  DeterministicScheduler scheduler{1};
  Channel<int> open{1};
  Channel<int> closes{1};
  scheduler.run([&]() -> Lazy<void> {
    auto waiter = receive_either(open, closes);
    closes.close();
    const auto [index, value] = co_await waiter;
    EXPECT_EQ(index, 1u);
    EXPECT_EQ(value, -1);
    auto again = receive_either(open, closes);
    EXPECT_TRUE(again.done());
    co_await again;
  });
}

TEST(Select, EndsAtTheEarliestTimeWhenNothingElseHappens) {
  DeterministicScheduler scheduler{1};
  Channel<int> channel{1};
  scheduler.run([&]() -> Lazy<void> {
    auto choice = select(after(20ms), receive(channel), after(10ms), at(flowcoro::no_deadline));
    const auto first = co_await choice;
    EXPECT_EQ(first.index, 2u);
    EXPECT_EQ(first.result.index(), 2u);
  });
  EXPECT_EQ(scheduler.now().time_since_epoch(), 10ms);
  scheduler.run([&]() -> Lazy<void> {
    auto choice = select(receive(channel), at(flowcoro::SteadyTime{5ms}));
    const auto first = co_await choice;
    EXPECT_EQ(first.index, 1u) << "it has passed";
  });
  EXPECT_EQ(scheduler.now().time_since_epoch(), 10ms);
  put(channel, 1);
  EXPECT_EQ(channel.try_receive(), 1);
}

TEST(Select, LeavesNoTimerBehind) {
  DeterministicScheduler scheduler{1};
  Channel<int> channel{1};
  scheduler.run([&]() -> Lazy<void> {
    auto wait = [](Channel<int>& on) -> Task<> {
      auto choice = select(receive(on), after(1h));
      const auto first = co_await choice;
      EXPECT_EQ(first.index, 0u);
    };
    auto waiter = wait(channel);
    put(channel, 1);
    co_await waiter;
  });
  scheduler.advance(2h);
  EXPECT_EQ(scheduler.stats().timers_fired, 0u);
}

TEST(Select, ALosingSendKeepsItsValueAndAWinningOneGivesItAway) {
  DeterministicScheduler scheduler{1};
  Channel<std::unique_ptr<int>> full{0};
  Channel<int> other{1};
  auto value = std::make_unique<int>(3);
  scheduler.run([&]() -> Lazy<void> {
    auto offer = [](Channel<std::unique_ptr<int>>& to, std::unique_ptr<int>& what, Channel<int>& from) -> Task<int> {
      auto choice = select(send(to, what), receive(from));
      const auto first = co_await choice;
      if (first.index == 1) co_return 1;
      EXPECT_TRUE(std::get<0>(first.result));
      co_return 0;
    };
    auto loses = offer(full, value, other);
    put(other, 1);
    EXPECT_EQ(full.try_receive(), std::nullopt) << "the select has ended, though its coroutine has not run yet";
    EXPECT_EQ(co_await loses, 1);
    EXPECT_NE(value, nullptr);
    auto wins = offer(full, value, other);
    auto received = full.try_receive();
    EXPECT_EQ(**received, 3);
    EXPECT_EQ(co_await wins, 0);
    EXPECT_EQ(value, nullptr);
    full.close();
    value = std::make_unique<int>(4);
    auto choice = select(send(full, value));
    const auto refused = co_await choice;
    EXPECT_FALSE(std::get<0>(refused.result));
    EXPECT_NE(value, nullptr);
  });
}

TEST(Select, MeetsAnotherSelectWithoutABuffer) {
  over_seeds(1'000, [](Choices& choices) {
    Channel<int> there{0};
    Channel<int> back{0};
    int sent = 0;
    int received = 0;
    const auto play = [&](int name) -> Lazy<void> {
      for (int i = 0; i < 5; ++i) {
        int value = name;
        auto choice = name == 0 ? select(send(there, value), receive(back)) : select(send(back, value), receive(there));
        const auto first = co_await choice;
        ++(first.index == 0 ? sent : received);
        if (first.index == 1) {
          EXPECT_EQ(std::get<1>(first.result), 1 - name);
        }
      }
    };
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      auto one = flowcoro::spawn(std::ref(play), 0);
      auto other = flowcoro::spawn(std::ref(play), 1);
      co_await one;
      co_await other;
    });
    EXPECT_EQ(sent, 5);
    EXPECT_EQ(received, 5);
  });
}

TEST(Select, MayNameAChannelTwice) {
  DeterministicScheduler scheduler{1};
  Channel<int> channel{1};
  scheduler.run([&]() -> Lazy<void> {
    auto waiter = receive_either(channel, channel);
    auto behind = receive_either(channel, channel);
    put(channel, 1);
    put(channel, 2);
    EXPECT_EQ((co_await waiter).second, 1);
    EXPECT_EQ((co_await behind).second, 2);
    auto closed = receive_either(channel, channel);
    channel.close();
    EXPECT_EQ((co_await closed).second, -1);
  });
}

TEST(Select, ChoosesEvenlyAmongWhatIsReady) {
  DeterministicScheduler scheduler{1};
  std::array<Channel<int>, 4> channels{Channel<int>{1}, Channel<int>{1}, Channel<int>{1}, Channel<int>{1}};
  std::array<int, 4> chosen{};
  scheduler.run([&]() -> Lazy<void> {
    for (int i = 0; i < 3'000; ++i) {
      for (std::size_t k : {0u, 1u, 3u}) { // the third never has anything
        int value = 1;
        static_cast<void>(channels[k].try_send(value));
      }
      auto choice = select(receive(channels[0]), receive(channels[1]), receive(channels[2]), receive(channels[3]));
      const auto first = co_await choice;
      ++chosen.at(first.index);
    }
  });
  for (std::size_t k : {0u, 1u, 3u}) EXPECT_NEAR(chosen.at(k), 1'000, 150);
  EXPECT_EQ(chosen[2], 0);
}

TEST(Select, AStopRequestEndsItAndTakesNothing) {
  DeterministicScheduler scheduler{1};
  Channel<int> first{1};
  Channel<int> second{1};
  scheduler.run([&]() -> Lazy<void> {
    auto waits = receive_either(first, second);
    waits.request_stop();
    put(first, 1);
    EXPECT_THROW(co_await waits, OperationCancelled);
    EXPECT_EQ(first.size(), 1u);
    auto before = flowcoro::spawn([&]() -> Lazy<void> {
      auto choice = select(receive(first), receive(second));
      static_cast<void>(co_await choice);
    });
    before.request_stop();
    EXPECT_THROW(co_await before, OperationCancelled);
    EXPECT_EQ(first.size(), 1u);
    EXPECT_EQ((co_await first.receive()), 1);
    auto too_late = receive_either(first, second);
    put(second, 2);
    too_late.request_stop();
    EXPECT_EQ((co_await too_late).second, 2);
  });
}

TEST(Select, AStopRequestEndsAWaitForTime) {
  DeterministicScheduler scheduler{1};
  Channel<int> channel{1};
  scheduler.run([&]() -> Lazy<void> {
    auto wait = [](Channel<int>& on) -> Task<> {
      auto choice = select(receive(on), after(1h));
      static_cast<void>(co_await choice);
    };
    auto waiter = wait(channel);
    waiter.request_stop();
    EXPECT_THROW(co_await waiter, OperationCancelled);
  });
  EXPECT_EQ(scheduler.now().time_since_epoch(), 0ms);
}

TEST(Select, DoesNotHoldUpThoseBehindItWhenItHasEndedOtherwise) {
  DeterministicScheduler scheduler{1};
  Channel<int> first{0};
  Channel<int> second{0};
  scheduler.run([&]() -> Lazy<void> {
    auto waiter = receive_either(first, second);
    auto plain = [](Channel<int>& on) -> Task<int> {
      const auto value = co_await on.receive();
      co_return value.value_or(-1);
    };
    auto behind = plain(first);
    put(second, 1);
    put(first, 2); // the select stands before `behind` still
    EXPECT_EQ(co_await behind, 2);
    EXPECT_EQ((co_await waiter).second, 1);
  });
}

TEST(Select, AValueThatCannotReachItFailsTheSenderOnly) {
  DeterministicScheduler scheduler{1};
  Channel<ThrowingMove> channel{1};
  Channel<int> other{1};
  scheduler.run([&]() -> Lazy<void> {
    auto wait = [](Channel<ThrowingMove>& on, Channel<int>& or_on) -> Task<int> {
      auto choice = select(receive(on), receive(or_on));
      auto first = co_await choice;
      co_return first.index == 0 ? std::get<0>(first.result)->value() : -1;
    };
    auto waiter = wait(channel, other);
    ThrowingMove refuses{1, 0};
    EXPECT_THROW(static_cast<void>(channel.try_send(refuses)), MoveFailed);
    EXPECT_FALSE(waiter.done());
    ThrowingMove moves{2, 10};
    EXPECT_EQ(channel.try_send(moves), TrySend::sent);
    EXPECT_EQ(co_await waiter, 2);

    ThrowingMove stuck{3, 1}; // into the buffer, and no further
    EXPECT_EQ(channel.try_send(stuck), TrySend::sent);
    auto fails = wait(channel, other);
    EXPECT_THROW(co_await fails, MoveFailed);
    EXPECT_EQ(channel.size(), 1u);
  });
}

TEST(Select, AValueOfItsOwnThatCannotBeMovedFailsIt) {
  DeterministicScheduler scheduler{1};
  Channel<ThrowingMove> channel{1};
  scheduler.run([&]() -> Lazy<void> {
    ThrowingMove first{1, 10};
    EXPECT_EQ(channel.try_send(first), TrySend::sent);
    auto offer = [](Channel<ThrowingMove>& to) -> Task<> {
      ThrowingMove value{2, 0};
      auto choice = select(send(to, value), after(1h));
      static_cast<void>(co_await choice);
    };
    auto waiter = offer(channel);
    EXPECT_EQ(channel.try_receive()->value(), 1); // lets the select fill the place
    EXPECT_THROW(co_await waiter, MoveFailed);
    EXPECT_EQ(channel.size(), 0u);
  });
}

/// A value and the end of the time come together: one of them is given, and the value is given or still there.
TEST(SelectOverSeeds, GivesTheValueOrTheTimeNeverBothNorNeither) {
  int values = 0;
  int times = 0;
  over_seeds(2'000, [&](Choices& choices) {
    Channel<int> channel{1};
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      auto sender = flowcoro::spawn([&]() -> Lazy<void> {
        co_await flowcoro::sleep_for(5ms);
        put(channel, 1);
      });
      auto choice = select(receive(channel), after(5ms));
      const auto first = co_await choice;
      co_await sender;
      ++(first.index == 0 ? values : times);
      EXPECT_EQ(channel.size(), first.index);
    });
  });
  EXPECT_GT(values, 0);
  EXPECT_GT(times, 0);
}

struct Traffic {
  explicit Traffic(std::size_t capacity) : channels{Channel<int>{capacity}, Channel<int>{0}, Channel<int>{1}} {}
  std::array<Channel<int>, 3> channels;
  std::atomic<std::int64_t> sent{0};
  std::atomic<std::int64_t> received{0};
  std::atomic<std::int64_t> timed_out{0};

  /// What is left in the channels; nobody waits any more.
  [[nodiscard]] std::int64_t rest() {
    std::int64_t sum = 0;
    for (Channel<int>& channel : channels)
      while (const auto value = channel.try_receive()) sum += *value;
    return sum;
  }
};
Lazy<void> take_some(Traffic& in, int times, std::chrono::nanoseconds patience) {
  for (int i = 0; i < times; ++i) {
    auto choice = select(receive(in.channels[0]), receive(in.channels[1]), receive(in.channels[2]), after(patience));
    const auto first = co_await choice;
    switch (first.index) {
      case 0: in.received += std::get<0>(first.result).value_or(0); break;
      case 1: in.received += std::get<1>(first.result).value_or(0); break;
      case 2: in.received += std::get<2>(first.result).value_or(0); break;
      default: ++in.timed_out;
    }
  }
}
/// In another order than those that take.
Lazy<void> give_some(Traffic& in, int times, std::chrono::nanoseconds patience) {
  for (int i = 1; i <= times; ++i) {
    int value = i;
    auto choice =
        select(after(patience), send(in.channels[2], value), send(in.channels[1], value), send(in.channels[0], value));
    const auto first = co_await choice;
    const auto sent = [&first]<std::size_t... k>(std::index_sequence<k...>) {
      return ((first.index == k + 1 && std::get<k + 1>(first.result)) || ...);
    }(std::make_index_sequence<3>{});
    if (first.index == 0) ++in.timed_out;
    if (sent) in.sent += i; // and not refused by a closed channel
  }
}
Lazy<void> give_plainly(Traffic& in, std::size_t to, int times) {
  for (int i = 1; i <= times; ++i) {
    if (co_await in.channels[to].send(i)) in.sent += i;
  }
}

TEST(SelectOverSeeds, LosesAndInventsNothingWhoeverIsStoppedOrLosesPatience) {
  over_seeds(3'000, [](Choices& choices) {
    Traffic traffic{choices.below(3)};
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<>> tasks;
      const auto patience = [&choices] { return std::chrono::milliseconds{choices.from_to(0, 3)}; };
      for (int i = choices.from_to(0, 3); i > 0; --i)
        tasks.push_back(flowcoro::spawn(take_some, std::ref(traffic), choices.from_to(1, 4), patience()));
      for (int i = choices.from_to(0, 3); i > 0; --i)
        tasks.push_back(flowcoro::spawn(give_some, std::ref(traffic), choices.from_to(1, 4), patience()));
      for (int i = choices.from_to(0, 2); i > 0; --i)
        tasks.push_back(flowcoro::spawn(give_plainly, std::ref(traffic), choices.below(3), 2));
      for (Task<>& task : tasks) {
        if (choices.one_in(2)) co_await flowcoro::yield();
        if (choices.one_in(3)) task.request_stop();
      }
      if (choices.one_in(2)) {
        co_await flowcoro::sleep_for(2ms);
        for (Channel<int>& channel : traffic.channels) channel.close();
      }
      co_await flowcoro::sleep_for(1s);
      for (Task<>& task : tasks) {
        task.request_stop();
        try {
          co_await task;
        } catch (const OperationCancelled&) {
          continue; // the sums tell whether it was right
        }
      }
    });
    EXPECT_EQ(traffic.sent, traffic.received + traffic.rest());
  });
}

/// Selects over the same channels in different orders, on several threads, with timers that fire while values come.
TEST(SelectStorm, ConservesValuesWhenHalfOfTheWaitersAreStopped) {
  for (const unsigned workers : {1u, 2u, 8u}) {
    CheckedRuntime runtime{workers};
    flowcoro::test::Random random{workers};
    Traffic traffic{2};
    std::uint64_t done = 0;
    std::uint64_t cancelled = 0;
    for (std::size_t round = 0; round < rounds(60); ++round) {
      const auto patience = std::chrono::microseconds{random.below(200)};
      const auto ended = storm(runtime, random, 60, [&](int i) -> Lazy<void> {
        return i % 2 == 0 ? take_some(traffic, 4, patience) : give_some(traffic, 4, patience);
      });
      done += ended.done;
      cancelled += ended.cancelled;
    }
    EXPECT_EQ(traffic.sent, traffic.received + traffic.rest());
    EXPECT_GT(done, 0u);
    EXPECT_GT(cancelled, 0u);
    EXPECT_GT(traffic.received, 0);
  }
}

TEST(SelectStorm, CarriesEverythingBetweenSelectsThatWaitWithoutALimit) {
  for (const unsigned workers : {2u, 8u}) {
    CheckedRuntime runtime{workers};
    Traffic traffic{1};
    constexpr int tasks_count = 8;
    constexpr int times = static_cast<int>(rounds(2'000));
    std::vector<Task<>> tasks;
    for (int i = 0; i < tasks_count; ++i) {
      tasks.push_back(spawn_on(runtime, take_some, std::ref(traffic), times, std::chrono::nanoseconds::max()));
      tasks.push_back(spawn_on(runtime, give_some, std::ref(traffic), times, std::chrono::nanoseconds::max()));
    }
    for (auto& task : tasks) sync_wait(runtime, task);
    EXPECT_EQ(traffic.timed_out, 0);
    EXPECT_EQ(traffic.sent, std::int64_t{tasks_count} * times * (times + 1) / 2);
    EXPECT_EQ(traffic.sent, traffic.received);
  }
}

TEST(SelectWithManyWaiters, LetsThemGoWithoutRecursion) {
  CheckedRuntime runtime{2};
  Channel<int> first{1};
  Channel<int> second{1};
  constexpr std::size_t n = rounds(200'000);
  sync_wait(runtime, [&]() -> Lazy<void> {
    std::vector<Task<std::pair<std::size_t, int>>> waiters;
    waiters.reserve(n);
    for (std::size_t i = 0; i < n; ++i) waiters.push_back(receive_either(first, second));
    second.close();
    for (auto& waiter : waiters) EXPECT_EQ((co_await waiter).second, -1);
  });
}

} // namespace
