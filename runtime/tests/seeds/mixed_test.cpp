// Everything at once, as in the stress test, but in an order that can be repeated.
#include "actor.hpp"

#include "flowcoro/async/channel.hpp"
#include "flowcoro/async/mutex.hpp"
#include "flowcoro/async/task_group.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/coro/when_any.hpp"
#include "flowcoro/sched/spawn_many.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using flowcoro::Channel;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::Task;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::ending_of;
using flowcoro::test::Failure;
using flowcoro::test::over_seeds;

constexpr std::size_t seeds = 10'000;

struct World {
  explicit World(Choices& from) : choices{from}, channel{from.below(3)} {}

  Choices& choices;
  flowcoro::AsyncMutex mutex;
  Channel<int> channel;
  int inside = 0;
  int begun = 0;
  int ended = 0;
  int sent = 0;
  int received = 0;
  int failures = 0;
  std::string history;
};

Lazy<void> live(World& world, int depth);

Lazy<void> do_something(World& world, int depth) {
  Choices& choices = world.choices;
  switch (choices.below(depth > 0 ? 11 : 6)) {
    case 0: co_await flowcoro::yield(); break;
    case 1: co_await flowcoro::sleep_for(std::chrono::microseconds{choices.from_to(0, 50)}); break;
    case 2: {
      auto guard = co_await world.mutex.lock();
      EXPECT_EQ(++world.inside, 1);
      struct Leave {
        int& inside;
        ~Leave() { --inside; }
      } leave{world.inside};
      if (choices.one_in(2)) co_await flowcoro::sleep_for(std::chrono::microseconds{1});
      break;
    }
    case 3: {
      auto sending = world.channel.send(1);
      if (co_await sending) ++world.sent;
      break;
    }
    case 4: {
      auto receiving = world.channel.receive();
      if ((co_await receiving).has_value()) ++world.received;
      break;
    }
    case 5:
      if (choices.one_in(3)) {
        ++world.failures;
        throw Failure{0};
      }
      break;
    case 6: {
      auto child = flowcoro::spawn(live, std::ref(world), depth - 1);
      co_await child;
      break;
    }
    case 7: static_cast<void>(flowcoro::spawn(live, std::ref(world), depth - 1)); break; // dropped: asked to stop
    case 8: {
      auto both = flowcoro::when_all_settled(live(world, depth - 1), flowcoro::spawn(live, std::ref(world), depth - 1));
      const auto outcomes = co_await both;
      static_cast<void>(std::get<0>(outcomes).value()); // rethrows
      break;
    }
    case 9: {
      auto race = flowcoro::when_any(live(world, depth - 1), live(world, depth - 1));
      static_cast<void>(co_await race);
      break;
    }
    default: {
      auto group = flowcoro::with_task_group([&world, depth](flowcoro::TaskGroup& in) -> Lazy<void> {
        in.spawn(live, std::ref(world), depth - 1);
        auto many = flowcoro::spawn_many(world.choices.below(4), [&world](std::size_t) { return live(world, 0); });
        co_await many;
      });
      co_await group;
    }
  }
}

Lazy<void> live(World& world, int depth) {
  ++world.begun;
  struct AtEnd {
    World& of;
    ~AtEnd() { ++of.ended; }
  } at_end{world};
  for (int i = world.choices.from_to(0, 4); i > 0; --i) {
    world.history += static_cast<char>('a' + world.begun % 26);
    auto doing = do_something(world, depth);
    co_await doing;
  }
}

/// \return what happened, in order.
std::string live_and_count(Choices& choices) {
  World world{choices};
  CheckedScheduler scheduler{choices};
  {
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 4; ++i) tasks.push_back(flowcoro::spawn_on(scheduler, live, std::ref(world), 2));
    scheduler.advance(std::chrono::microseconds{choices.from_to(0, 100)});
    for (Task<void>& task : tasks)
      if (choices.one_in(3)) task.request_stop();
    scheduler.advance(std::chrono::microseconds{100});
    world.channel.close();
    scheduler.advance(std::chrono::milliseconds{10});
    // With the channel closed, nothing that is left can wait for anything but its turn and the clock.
    for (Task<void>& task : tasks) static_cast<void>(scheduler.run(ending_of(task)));
  }
  EXPECT_TRUE(scheduler.shutdown().clean());
  EXPECT_EQ(world.begun, world.ended);
  EXPECT_EQ(world.inside, 0);
  EXPECT_EQ(static_cast<std::size_t>(world.sent - world.received), world.channel.size());
  EXPECT_TRUE(world.mutex.try_lock());
  world.mutex.unlock();
  const auto lost = scheduler.take_unhandled();
  EXPECT_LE(lost.size(), static_cast<std::size_t>(world.failures));
  return world.history;
}

TEST(MixedOverSeeds, IsAllAccountedFor) {
  over_seeds(seeds, [](Choices& choices) { static_cast<void>(live_and_count(choices)); });
}

TEST(MixedOverSeeds, HappensAgainWithTheSameSeed) {
  std::vector<std::string> first;
  for (int round = 0; round < 2; ++round) {
    std::size_t i = 0;
    over_seeds(500, [&](Choices& choices) {
      const std::string history = live_and_count(choices);
      if (round == 0)
        first.push_back(history);
      else
        EXPECT_EQ(history, first[i++]);
    });
  }
}

} // namespace
