// Chains of awaits run in bounded stack: a million deep, and ten million one after the other.
#include "helpers.hpp"

#include "../support/build.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/spawn.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <utility>

namespace flowcoro {
namespace {

using namespace std::chrono_literals;

/// Deep enough to overflow any usual stack, were one byte of it kept for each level and eight in the sanitizers' builds.
constexpr std::size_t depth = 1'000'000;
/// Each level of an unwinding chain costs two throws, which take microseconds under a sanitizer.
constexpr std::size_t unwound_depth = test::rounds(1'000'000);

Lazy<std::size_t> lazy_chain(std::size_t levels, test::Gate& gate) {
  if (levels == 0) {
    co_await gate;
    co_return 0;
  }
  auto child = lazy_chain(levels - 1, gate);
  co_return co_await child + 1;
}

Task<std::size_t> leaf(test::Gate& gate) {
  co_await gate;
  co_return 0;
}
Task<std::size_t> link(Task<std::size_t> inner) { co_return co_await inner + 1; }
/// Eager tasks run when they are made, so the chain is built from its far end.
Task<std::size_t> task_chain(std::size_t levels, Task<std::size_t> end) {
  for (std::size_t i = 0; i < levels; ++i) end = link(std::move(end));
  return end;
}

TEST(AwaitChain, OfAMillionLazyLevelsCompletes) {
  Runtime runtime{{.workers = 1}};
  test::Gate gate;
  Task<std::size_t> chain = spawn_on(runtime, lazy_chain, depth, std::ref(gate));
  ASSERT_TRUE(test::eventually([&] { return gate.occupied(); }));
  gate.open();
  EXPECT_EQ(sync_wait(runtime, chain), depth);
}

TEST(AwaitChain, OfAMillionLazyLevelsThatNeverWaitCompletes) {
  test::Gate open;
  open.open();
  EXPECT_EQ(sync_wait(lazy_chain(depth, open)), depth);
}

/// How far apart the stack pointers of one thread were.
class StackUse {
 public:
  [[gnu::noinline]] void note() noexcept {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    lowest_ = std::min(lowest_, here);
    highest_ = std::max(highest_, here);
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return highest_ - lowest_; }

 private:
  std::uintptr_t lowest_ = ~std::uintptr_t{0};
  std::uintptr_t highest_ = 0;
};

Lazy<std::size_t> noting_chain(std::size_t levels, StackUse& stack, bool fails) {
  stack.note();
  if (levels == 0) {
    if (fails) throw std::runtime_error{"the end"};
    co_return 0;
  }
  auto child = noting_chain(levels - 1, stack, fails);
  try {
    const std::size_t below = co_await child;
    stack.note();
    co_return below + 1;
  } catch (const std::runtime_error&) {
    stack.note();
    throw;
  }
}

TEST(AwaitChain, NeedsTheStackOfAFewLevelsHoweverDeepItIs) {
  StackUse stack;
  EXPECT_EQ(sync_wait(noting_chain(depth, stack, false)), depth);
  EXPECT_LT(stack.bytes(), 64u * 1024);
  EXPECT_THROW(static_cast<void>(sync_wait(noting_chain(unwound_depth / 10, stack, true))), std::runtime_error);
  EXPECT_LT(stack.bytes(), 64u * 1024);
}

Lazy<std::size_t> build_and_await(test::Gate& gate, test::ForeignThreads& threads) {
  Task<std::size_t> chain = task_chain(depth, leaf(gate));
  auto hop = threads.hop(); // so that the chain is opened by another thread, while this one waits
  co_await hop;
  gate.open();
  co_return co_await chain;
}

TEST(AwaitChain, OfAMillionTasksCompletes) {
  test::Gate gate;
  test::ForeignThreads threads;
  Runtime runtime{{.workers = 1}};
  EXPECT_EQ(sync_wait(runtime, build_and_await(gate, threads)), depth);
  EXPECT_EQ(runtime.stats().submitted, depth + 1);
  EXPECT_EQ(runtime.stats().completed, depth + 1);
}

Lazy<std::size_t> sleep_at_the_end(std::size_t levels, std::atomic<bool>& asleep) {
  if (levels == 0) {
    asleep = true;
    auto nap = sleep_for(1h);
    co_await nap;
    co_return 0;
  }
  auto child = sleep_at_the_end(levels - 1, asleep);
  co_return co_await child + 1;
}

TEST(AwaitChain, OfLazyLevelsUnwindsWhenItIsCancelled) {
  Runtime runtime{{.workers = 1}};
  std::atomic<bool> asleep{false};
  Task<std::size_t> chain = spawn_on(runtime, sleep_at_the_end, unwound_depth, std::ref(asleep));
  ASSERT_TRUE(test::eventually([&] { return asleep.load(); }));
  chain.request_stop();
  EXPECT_THROW(static_cast<void>(sync_wait(runtime, chain)), OperationCancelled);
}

Task<std::size_t> sleeping_leaf() {
  auto nap = sleep_for(1h);
  co_await nap;
  co_return 0;
}
Lazy<Task<std::size_t>> build_sleeping_chain(std::size_t levels) { co_return task_chain(levels, sleeping_leaf()); }

TEST(AwaitChain, OfTasksUnwindsWhenItIsDropped) {
  Runtime runtime{{.workers = 1}};
  {
    const Task<std::size_t> chain = sync_wait(runtime, build_sleeping_chain(unwound_depth));
  }
  EXPECT_TRUE(runtime.shutdown().clean());
  EXPECT_EQ(runtime.stats().cancelled, unwound_depth + 1);
}

Lazy<std::uint64_t> one() { co_return 1; }
Lazy<std::uint64_t> await_in_a_loop(std::uint64_t times) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < times; ++i) {
    auto child = one();
    sum += co_await child;
  }
  co_return sum;
}
Task<std::uint64_t> finished_one() { co_return 1; }
Lazy<std::uint64_t> await_finished_in_a_loop(std::uint64_t times) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < times; ++i) {
    auto child = finished_one();
    sum += co_await child;
  }
  co_return sum;
}

TEST(AwaitChain, OfTenMillionLazyOnesInALoopCompletes) {
  const std::uint64_t times = test::rounds(10'000'000);
  EXPECT_EQ(sync_wait(await_in_a_loop(times)), times);
}

TEST(AwaitChain, OfTenMillionFinishedTasksInALoopCompletes) {
  const std::uint64_t times = test::rounds(10'000'000);
  EXPECT_EQ(sync_wait(await_finished_in_a_loop(times)), times);
}

} // namespace
} // namespace flowcoro
