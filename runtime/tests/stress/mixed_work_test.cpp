// Everything at once, chosen by a seed: tasks that yield, sleep, lock, pass messages, spawn, fail, are stopped and dropped, while memory
// is trimmed.
#include "flowcoro/flowcoro.hpp"

#include "support/checked_runtime.hpp"
#include "support/seed.hpp"
#include "support/worker_counts.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::Random;

constexpr auto time_for_each = 1'500ms;

/// What the tasks share, with plain numbers that only the mutex protects.
struct World {
  flowcoro::AsyncMutex mutex;
  std::uint64_t guarded = 0;
  flowcoro::Channel<std::uint64_t> channel{4};
  std::atomic<std::uint64_t> locked{0};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> received{0};
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> ended{0};
};

struct Failure {};

Lazy<std::uint64_t> random_task(World* world, std::uint64_t choices, int depth) {
  world->begun.fetch_add(1, std::memory_order_relaxed);
  struct AtEnd {
    World& world;
    ~AtEnd() { world.ended.fetch_add(1, std::memory_order_relaxed); }
  } at_end{*world};
  std::uint64_t steps = 0;
  for (; choices != 0; choices /= 8, ++steps) {
    switch (choices % 8) {
      case 0: co_await flowcoro::yield(); break;
      case 1: co_await flowcoro::sleep_for(std::chrono::microseconds{choices % 200}); break;
      case 2: {
        auto guard = co_await world->mutex.lock();
        ++world->guarded;
        world->locked.fetch_add(1, std::memory_order_relaxed);
        if (choices % 3 == 0) co_await flowcoro::yield();
        break;
      }
      case 3: {
        std::uint64_t message = choices;
        if (world->channel.try_send(message) == flowcoro::TrySend::sent)
          world->sent.fetch_add(1, std::memory_order_relaxed);
        break;
      }
      case 4:
        if (world->channel.try_receive().has_value()) world->received.fetch_add(1, std::memory_order_relaxed);
        break;
      case 5:
        if (depth > 0) {
          auto child = flowcoro::spawn(random_task, world, choices / 8, depth - 1);
          if (choices % 16 == 5) steps += co_await child; // the others are dropped, which stops them
        }
        break;
      case 6:
        if (depth > 0) {
          auto first = random_task(world, choices / 16, 0);
          auto second = flowcoro::spawn(random_task, world, choices / 32, 0);
          auto both = flowcoro::when_all_settled(std::move(first), std::move(second));
          auto outcomes = co_await both;
          if (std::get<0>(outcomes).has_value()) steps += std::get<0>(outcomes).value();
        }
        break;
      default:
        if (choices % 5 == 0) throw Failure{};
    }
  }
  co_return steps;
}

class MixedWork : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Workers, MixedWork, testing::ValuesIn(flowcoro::test::worker_counts()),
                         testing::PrintToStringParamName());

TEST_P(MixedWork, IsAllAccountedFor) {
  Random random{GetParam()};
  World world;
  std::atomic<std::uint64_t> failures{0};
  {
    CheckedRuntime runtime{GetParam(), [&failures](std::exception_ptr error) {
                             try {
                               std::rethrow_exception(std::move(error));
                             } catch (const Failure&) {
                               failures.fetch_add(1);
                             } catch (const flowcoro::RuntimeStopped&) {
                               failures.fetch_add(1); // of a dropped task that still wanted to spawn when the end came
                             }
                           }};
    const auto end = std::chrono::steady_clock::now() + time_for_each;
    while (std::chrono::steady_clock::now() < end) {
      std::vector<Task<std::uint64_t>> tasks;
      for (int i = 0; i < 100; ++i)
        tasks.push_back(spawn_on(runtime, random_task, &world, random.engine()() >> random.below(64), 2));
      for (auto& task : tasks) {
        if (random.one_in(4)) task.request_stop();
        if (random.one_in(4)) task = {};
      }
      if (random.one_in(4)) static_cast<void>(runtime.trim_memory());
      for (auto& task : tasks) {
        if (!task.valid()) continue;
        try {
          static_cast<void>(sync_wait(runtime, task));
        } catch (const OperationCancelled&) {
          continue;
        } catch (const Failure&) {
          continue;
        }
      }
    }
    static_cast<void>(runtime.shutdown());
    runtime.expect_unhandled(failures);
  }
  EXPECT_EQ(world.begun, world.ended);
  EXPECT_EQ(world.guarded, world.locked);
  EXPECT_EQ(world.sent, world.received + world.channel.size());
  EXPECT_TRUE(world.mutex.try_lock());
  world.mutex.unlock();
}

} // namespace
