// Channel: every value arrives once and in order, whoever waits, is stopped, or closes the channel meanwhile.
#include "actor.hpp"

#include "flowcoro/async/channel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace {

using flowcoro::Channel;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::Task;
using flowcoro::TrySend;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::stop_later;

constexpr std::size_t seeds = 10'000;

/// Move-only, so that a value that is there twice does not compile, and one that is lost is missed.
using Message = std::unique_ptr<int>;

struct Log {
  std::vector<int> offered; ///< in the order in which sends began
  std::set<int> accepted;   ///< send() said true
  std::vector<int> received;
  [[nodiscard]] std::vector<int> offered_and_accepted() const {
    std::vector<int> both;
    std::copy_if(offered.begin(), offered.end(), std::back_inserter(both),
                 [this](int message) { return accepted.contains(message); });
    return both;
  }
};

/// Sends `count` messages, from `first` on, until the channel is closed or the task stopped.
Lazy<void> send_some(Channel<Message>& channel, Log& log, int first, int count, bool try_first) {
  for (int message = first; message < first + count; ++message) {
    auto value = std::make_unique<int>(message);
    log.offered.push_back(message);
    if (try_first && channel.try_send(value) == TrySend::sent) {
      log.accepted.insert(message);
    } else {
      EXPECT_NE(value, nullptr) << "a refused value is not moved from";
      auto sending = channel.send(std::move(value));
      if (!co_await sending) co_return;
      log.accepted.insert(message);
    }
    if (message % 3 == 0) co_await flowcoro::yield();
  }
}

Lazy<void> receive_until_closed(Channel<Message>& channel, Log& log, bool slowly) {
  for (;;) {
    auto receiving = channel.receive();
    std::optional<Message> message = co_await receiving;
    if (!message.has_value()) co_return;
    log.received.push_back(**message);
    if (slowly) co_await flowcoro::yield();
  }
}

/// As co_await, for tasks that may have been stopped.
Lazy<void> join(std::vector<Task<void>>& tasks) {
  for (Task<void>& task : tasks) {
    try {
      co_await task;
    } catch (const OperationCancelled&) {
      continue;
    }
  }
}

bool in_order(const std::vector<int>& part, const std::vector<int>& whole) {
  auto next = whole.begin();
  for (const int message : part) {
    next = std::find(next, whole.end(), message);
    if (next == whole.end()) return false;
    ++next;
  }
  return true;
}

TEST(ChannelOverSeeds, DeliversAllInTheOrderOfTheSends) {
  over_seeds(seeds, [](Choices& choices) {
    Channel<Message> channel{choices.below(4)};
    Log log;
    const int senders = choices.from_to(1, 3);
    const int each = choices.from_to(1, 6);
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      auto receiver = flowcoro::spawn(receive_until_closed, std::ref(channel), std::ref(log), choices.one_in(2));
      std::vector<Task<void>> sending;
      for (int i = 0; i < senders; ++i)
        sending.push_back(
            flowcoro::spawn(send_some, std::ref(channel), std::ref(log), 100 * i, each, choices.one_in(2)));
      co_await join(sending);
      channel.close();
      co_await receiver;
    });
    EXPECT_EQ(log.accepted.size(), static_cast<std::size_t>(senders * each));
    if (senders == 1) {
      EXPECT_EQ(log.received, log.offered);
    }
    for (int i = 0; i < senders; ++i) { // the order of the sends of several senders is looked at below
      std::vector<int> own;
      std::copy_if(log.received.begin(), log.received.end(), std::back_inserter(own),
                   [i](int message) { return message / 100 == i; });
      EXPECT_EQ(own.size(), static_cast<std::size_t>(each));
      EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
    }
  });
}

TEST(ChannelOverSeeds, ServesWaitersFirstComeFirstServed) {
  over_seeds(seeds, [](Choices& choices) {
    Channel<Message> channel{choices.below(3)};
    Log log;
    const int senders = choices.from_to(1, 6);
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<void>> sending;
      for (int i = 0; i < senders; ++i)
        sending.push_back(flowcoro::spawn(send_some, std::ref(channel), std::ref(log), i, 1, false));
      auto receiver = flowcoro::spawn(receive_until_closed, std::ref(channel), std::ref(log), choices.one_in(2));
      co_await join(sending);
      channel.close();
      co_await receiver;
    });
    EXPECT_EQ(log.received, log.offered);
  });
}

TEST(ChannelOverSeeds, LosesNothingWhenSendersAndReceiversAreStoppedAndItCloses) {
  over_seeds(seeds, [](Choices& choices) {
    Channel<Message> channel{choices.below(4)};
    Log log;
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      std::vector<Task<void>> tasks;
      const int senders = choices.from_to(1, 4);
      for (int i = 0; i < senders; ++i)
        tasks.push_back(flowcoro::spawn(send_some, std::ref(channel), std::ref(log), 100 * i, choices.from_to(1, 6),
                                        choices.one_in(2)));
      const int receivers = choices.from_to(0, 3);
      for (int i = 0; i < receivers; ++i)
        tasks.push_back(flowcoro::spawn(receive_until_closed, std::ref(channel), std::ref(log), choices.one_in(2)));
      for (Task<void>& task : tasks)
        if (choices.one_in(3)) co_await stop_later(task, choices.from_to(0, 4), std::chrono::milliseconds{0});
      for (int i = choices.from_to(0, 10); i > 0; --i) co_await flowcoro::yield();
      channel.close();
      co_await join(tasks);
    });
    while (std::optional<Message> left = channel.try_receive()) log.received.push_back(**left);
    EXPECT_EQ((std::multiset<int>{log.received.begin(), log.received.end()}),
              (std::multiset<int>{log.accepted.begin(), log.accepted.end()}))
        << "what was accepted arrives once, and nothing else";
  });
}

TEST(ChannelOverSeeds, KeepsTheOrderOfSendsWhenOthersAreStopped) {
  over_seeds(seeds, [](Choices& choices) {
    Channel<Message> channel{choices.below(3)};
    Log log;
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      auto receiver = flowcoro::spawn(receive_until_closed, std::ref(channel), std::ref(log), choices.one_in(2));
      std::vector<Task<void>> sending;
      for (int i = 0; i < 5; ++i)
        sending.push_back(flowcoro::spawn(send_some, std::ref(channel), std::ref(log), 100 * i, 2, false));
      for (Task<void>& task : sending)
        if (choices.one_in(2)) co_await stop_later(task, choices.from_to(0, 4), std::chrono::milliseconds{0});
      co_await join(sending);
      channel.close();
      co_await receiver;
    });
    EXPECT_TRUE(in_order(log.received, log.offered));
    EXPECT_EQ(log.received, log.offered_and_accepted());
  });
}

/// A value that is never lost passes a whole line of channels.
TEST(ChannelOverSeeds, CarriesEverythingThroughAPipeline) {
  over_seeds(seeds, [](Choices& choices) {
    Channel<int> first{choices.below(3)};
    Channel<int> second{choices.below(3)};
    std::vector<int> out;
    const int count = choices.from_to(0, 10);
    const auto pass_on = [](Channel<int>& from, Channel<int>& to) -> Lazy<void> {
      while (auto value = co_await from.receive()) EXPECT_TRUE(co_await to.send(*value + 1));
      to.close();
    };
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      auto middle = flowcoro::spawn(pass_on, std::ref(first), std::ref(second));
      auto end = flowcoro::spawn([&]() -> Lazy<void> {
        while (auto value = co_await second.receive()) out.push_back(*value);
      });
      for (int i = 0; i < count; ++i) EXPECT_TRUE(co_await first.send(i));
      first.close();
      co_await middle;
      co_await end;
    });
    EXPECT_EQ(out.size(), static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) EXPECT_EQ(out[static_cast<std::size_t>(i)], i + 1);
  });
}

} // namespace
