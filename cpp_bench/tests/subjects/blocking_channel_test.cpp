#include "blocking_channel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace flowbench {
namespace {

TEST(BlockingChannel, KeepsTheOrderOfOneSender) {
  constexpr int messages = 100'000;
  BlockingChannel<int, 4> channel;
  std::jthread sender([&] {
    for (int i = 0; i < messages; ++i) channel.send(i);
    channel.close();
  });
  int expected = 0;
  while (const auto message = channel.receive()) ASSERT_EQ(*message, expected++);
  EXPECT_EQ(expected, messages);
}

TEST(BlockingChannel, GivesEachMessageToOneOfManyReceivers) {
  constexpr int messages = 20'000;
  BlockingChannel<int, 3> channel;
  std::vector<std::vector<int>> received(3);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : received) {
      threads.emplace_back([&] {
        while (const auto message = channel.receive()) mine.push_back(*message);
      });
    }
    std::jthread even([&] {
      for (int i = 0; i < messages; i += 2) channel.send(i);
    });
    for (int i = 1; i < messages; i += 2) channel.send(i);
    even.join();
    channel.close();
  }
  std::vector<bool> seen(messages, false);
  for (const auto& mine : received) {
    for (const int message : mine) {
      EXPECT_FALSE(seen[static_cast<std::size_t>(message)]) << message << " came twice";
      seen[static_cast<std::size_t>(message)] = true;
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), messages);
}

TEST(BlockingChannel, CloseLeavesWhatWasSentAndThenNothing) {
  BlockingChannel<int, 4> channel;
  channel.send(1);
  channel.send(2);
  channel.close();
  EXPECT_FALSE(channel.send(3));
  EXPECT_EQ(channel.receive(), 1);
  EXPECT_EQ(channel.receive(), 2);
  EXPECT_EQ(channel.receive(), std::nullopt);
}

TEST(BlockingChannel, CloseWakesAWaitingSenderAndAWaitingReceiver) {
  BlockingChannel<int, 1> full;
  full.send(1);
  BlockingChannel<int, 1> empty;
  bool sent = true;
  bool received = true;
  {
    std::jthread sender([&] { sent = full.send(2); });
    std::jthread receiver([&] { received = empty.receive().has_value(); });
    full.close();
    empty.close();
  }
  EXPECT_FALSE(sent);
  EXPECT_FALSE(received);
}

TEST(BlockingChannel, CarriesMoveOnlyMessages) {
  BlockingChannel<std::unique_ptr<int>, 2> channel;
  channel.send(std::make_unique<int>(7));
  EXPECT_EQ(**channel.receive(), 7);
}

} // namespace
} // namespace flowbench
