// The end of a task meets its awaiter at every moment: exactly one of them resumes the waiter.
#include "helpers.hpp"

#include "../support/build.hpp"
#include "../support/seed.hpp"
#include "../support/start_together.hpp"

#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/spawn.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace flowcoro {
namespace {

Lazy<std::uint64_t> await_each(Runtime& workers, std::size_t times, std::uint64_t stream) {
  test::Random random{stream};
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < times; ++i) {
    const std::size_t there = random.below(300);
    Task<std::uint64_t> task = spawn_on(workers, [there]() -> std::uint64_t {
      test::dawdle(there);
      return 1;
    });
    test::dawdle(random.below(300));
    sum += co_await task;
  }
  co_return sum;
}

TEST(AwaitRace, WithTheEndOnAnotherWorkerResumesExactlyOnce) {
  const std::size_t times = test::rounds(50'000);
  Runtime runtime{{.workers = 2}};
  EXPECT_EQ(sync_wait(runtime, await_each(runtime, times, 0)), times);
  EXPECT_EQ(runtime.stats().submitted, times);
  EXPECT_EQ(runtime.stats().completed, times);
}

TEST(AwaitRace, WithTheEndOnAnotherRuntimeResumesExactlyOnceAtHome) {
  const std::size_t times = test::rounds(20'000);
  Runtime home{{.workers = 1}};
  Runtime other{{.workers = 1}};
  EXPECT_EQ(sync_wait(home, await_each(other, times, 1)), times);
}

TEST(AwaitRace, OfManyPairsAtOnceLosesNoWakeUp) {
  const std::size_t times = test::rounds(5'000);
  Runtime runtime{{.workers = 4}};
  std::atomic<std::uint64_t> sum{0};
  test::start_together(4,
                       [&](std::size_t thread) { sum += sync_wait(runtime, await_each(runtime, times, 2 + thread)); });
  EXPECT_EQ(sum.load(), 4 * times);
}

Lazy<std::uint64_t> await_gated(std::size_t times, std::uint64_t stream) {
  test::Random random{stream};
  std::uint64_t resumed = 0;
  for (std::size_t i = 0; i < times; ++i) {
    test::Gate gate;
    const auto wait = [](test::Gate& at) -> Task<int> {
      co_await at;
      co_return 1;
    };
    Task<int> task = wait(gate);
    Task<void> opener = spawn([&gate, turns = random.below(300)] {
      test::dawdle(turns);
      gate.open();
    });
    test::dawdle(random.below(300));
    resumed += static_cast<std::uint64_t>(co_await task);
    co_await opener; // the gate must outlive it
  }
  co_return resumed;
}

TEST(AwaitRace, WithAnEventThatEndsTheTaskResumesExactlyOnce) {
  const std::size_t times = test::rounds(20'000);
  Runtime runtime{{.workers = 3}};
  EXPECT_EQ(sync_wait(runtime, await_gated(times, 6)), times);
}

Task<int> done_by_a_foreign_thread(test::ForeignThreads& threads) {
  auto hop = threads.hop();
  co_await hop;
  co_return 1;
}

TEST(AwaitRace, WithTheEndOnAForeignThreadResumesExactlyOnceAtHome) {
  const std::size_t times = test::rounds(2'000);
  Runtime runtime{{.workers = 2}};
  const auto await_all = [&]() -> Lazy<std::size_t> {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < times; ++i) {
      test::ForeignThreads threads;
      Task<int> task = done_by_a_foreign_thread(threads);
      sum += static_cast<std::size_t>(co_await task);
      EXPECT_EQ(current_scheduler(), &runtime.scheduler());
    }
    co_return sum;
  };
  EXPECT_EQ(sync_wait(runtime, await_all), times);
}

TEST(AwaitRace, OfATaskThatAForeignThreadEndsWhileTheRuntimeEnds) {
  const std::size_t times = test::rounds(2'000);
  for (std::size_t i = 0; i < times; ++i) {
    test::ForeignThreads threads;
    Runtime runtime{{.workers = 1}};
    const auto start_it = [&threads]() -> Lazy<void> {
      const Task<int> dropped = done_by_a_foreign_thread(threads);
      co_return;
    };
    sync_wait(runtime, start_it);
  }
}

} // namespace
} // namespace flowcoro
