// How often tasks ask the heap once a program has warmed up: not at all on workers. Every form of operator new is counted, of all threads.
#include "flowcoro/flowcoro.hpp"

#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/replaced_new.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <utility>
#include <vector>

namespace {

std::atomic<std::uint64_t> heap_calls{0};

} // namespace

bool flowcoro::test::refuses_allocation() noexcept {
  heap_calls.fetch_add(1, std::memory_order_relaxed);
  return false;
}

namespace {

using namespace std::chrono_literals;
using flowcoro::FrameStatistics;
using flowcoro::Lazy;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;

constexpr std::size_t tasks_in_round = 64;
constexpr std::size_t warm_up_rounds = 100;
constexpr std::size_t rounds = 1'000;
constexpr std::uint64_t tasks = rounds * tasks_in_round;

/// What happened after the warm-up.
struct Steady {
  std::uint64_t heap_calls = 0;
  FrameStatistics frames;
};

FrameStatistics operator-(FrameStatistics now, const FrameStatistics& before) {
  now.hits -= before.hits;
  now.batches_taken -= before.batches_taken;
  now.carved -= before.carved;
  now.batches_given -= before.batches_given;
  now.mapped_bytes -= before.mapped_bytes;
  return now;
}

/// Rounds of tasks that live at once; each is what `make` gives.
template <class Make>
Lazy<Steady> run_rounds(Make make) {
  std::vector<Task<>> alive;
  alive.reserve(tasks_in_round);
  Steady before;
  for (std::size_t round = 0; round < warm_up_rounds + rounds; ++round) {
    if (round == warm_up_rounds) before = {heap_calls.load(), flowcoro::frame_statistics()};
    for (std::size_t i = 0; i < tasks_in_round; ++i) alive.push_back(make());
    for (auto& task : alive) co_await task;
    alive.clear();
  }
  co_return Steady{heap_calls.load() - before.heap_calls, flowcoro::frame_statistics() - before.frames};
}

class HeapCalls : public testing::Test {
 protected:
  void SetUp() override {
    if (flowcoro::test::address_sanitized)
      GTEST_SKIP() << "with a sanitizer each frame comes from operator new, so that the tool sees its life";
  }
};

TEST_F(HeapCalls, AreNoneForTasksThatYieldOnTheWorkerThatMadeThem) {
  CheckedRuntime runtime{1};
  const Steady steady = sync_wait(
      runtime, run_rounds([] { return flowcoro::spawn([]() -> Lazy<void> { co_await flowcoro::yield(); }); }));
  EXPECT_EQ(steady.heap_calls, 0u);
  EXPECT_GE(steady.frames.allocations(), tasks);
  EXPECT_GE(steady.frames.hit_ratio(), 0.99);
  EXPECT_EQ(steady.frames.carved, 0u);
  EXPECT_EQ(steady.frames.mapped_bytes, 0u);
}

TEST_F(HeapCalls, AreNoneForChildrenThatAreAwaited) {
  CheckedRuntime runtime{1};
  const Steady steady = sync_wait(runtime, run_rounds([] {
                                    return flowcoro::spawn([]() -> Lazy<void> {
                                      const auto child = [](int depth) -> Lazy<int> {
                                        co_await flowcoro::yield();
                                        co_return depth;
                                      };
                                      for (int i = 0; i < 4; ++i) {
                                        auto awaited = child(i);
                                        static_cast<void>(co_await awaited);
                                      }
                                    });
                                  }));
  EXPECT_EQ(steady.heap_calls, 0u);
  EXPECT_GE(steady.frames.allocations(), 5 * tasks);
  EXPECT_GE(steady.frames.hit_ratio(), 0.99);
}

TEST_F(HeapCalls, AreNoneForSleepers) {
  CheckedRuntime runtime{1};
  const Steady steady = sync_wait(
      runtime, run_rounds([] { return flowcoro::spawn([]() -> Lazy<void> { co_await flowcoro::sleep_for(1us); }); }));
  EXPECT_EQ(steady.heap_calls, 0u);
  EXPECT_GE(steady.frames.hit_ratio(), 0.99);
}

TEST_F(HeapCalls, AreHardlyAnyWhenTwoWorkersShareTheTasks) {
  CheckedRuntime runtime{2};
  const Steady steady = sync_wait(runtime, run_rounds([] {
                                    return flowcoro::spawn([]() -> Lazy<void> {
                                      const auto child = []() -> Lazy<void> { co_await flowcoro::yield(); };
                                      auto awaited = child();
                                      co_await awaited;
                                    });
                                  }));
  // How deep a queue becomes depends on who was stopped when: it may still grow.
  EXPECT_LT(steady.heap_calls, tasks / 1'000);
  EXPECT_GE(steady.frames.hit_ratio(), 0.98); // a batch that comes from the other worker is one in 64
  EXPECT_LT(steady.frames.carved, tasks / 100);
}

/// The frames are made by this thread, which is no worker, and end on either. A spawn from there needs a place in the queue that
/// workers take from, which is a block of the heap.
TEST_F(HeapCalls, AreAtMostThePlaceInTheQueueForTasksFromAnotherThread) {
  CheckedRuntime runtime{1};
  std::vector<Task<>> alive;
  alive.reserve(tasks_in_round);
  Steady before;
  std::atomic<std::uint64_t> ended{0};
  for (std::size_t round = 0; round < warm_up_rounds + rounds; ++round) {
    if (round == warm_up_rounds) before = {heap_calls.load(), flowcoro::frame_statistics()};
    for (std::size_t i = 0; i < tasks_in_round; ++i) {
      alive.push_back(spawn_on(runtime, [&ended]() -> Lazy<void> {
        const auto child = []() -> Lazy<void> { co_return; };
        auto awaited = child();
        co_await awaited;
        ended.fetch_add(1);
      }));
    }
    for (auto& task : alive) sync_wait(runtime, task);
    alive.clear();
  }
  const std::uint64_t calls = heap_calls.load() - before.heap_calls;
  const FrameStatistics frames = flowcoro::frame_statistics() - before.frames;
  EXPECT_EQ(ended, (warm_up_rounds + rounds) * tasks_in_round);
  EXPECT_LE(calls, tasks);
  // A batch of 64 is one allocation that is no hit, and 63 that are.
  const std::uint64_t recycled = frames.allocations() - frames.carved;
  EXPECT_GE(static_cast<double>(recycled), 0.99 * static_cast<double>(frames.allocations()));
}

/// A coroutine whose frame lies in the process-wide BoundedFramePool.
class InBoundedPool {
 public:
  struct promise_type {
    static void* operator new(std::size_t bytes) { return flowcoro::default_frame_pool().allocate(bytes); }
    static void operator delete(void* frame, std::size_t bytes) noexcept {
      flowcoro::default_frame_pool().deallocate(frame, bytes);
    }
    // clang asks for these first; none of the frames here is aligned to more than 16.
    static void* operator new(std::size_t bytes, std::align_val_t) { return operator new(bytes); }
    static void operator delete(void* frame, std::size_t bytes, std::align_val_t) noexcept {
      operator delete(frame, bytes);
    }
    InBoundedPool get_return_object() noexcept { return InBoundedPool{Handle::from_promise(*this)}; }
    static std::suspend_always initial_suspend() noexcept { return {}; }
    static std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(std::size_t result) noexcept { value = result; }
    static void unhandled_exception() noexcept { std::terminate(); }
    std::size_t value = 0;
  };
  using Handle = std::coroutine_handle<promise_type>;

  InBoundedPool(InBoundedPool&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
  InBoundedPool& operator=(InBoundedPool&&) = delete;
  ~InBoundedPool() {
    if (handle_) handle_.destroy();
  }
  [[nodiscard]] std::size_t run() {
    handle_.resume();
    return handle_.promise().value;
  }

 private:
  explicit InBoundedPool(Handle handle) noexcept : handle_{handle} {}
  Handle handle_;
};

// Not inlined, or the compiler puts the frame on the stack of its caller.
[[gnu::noinline]] InBoundedPool twice(std::size_t number) { co_return 2 * number; }

TEST(HeapCallsOfABoundedPool, AreNoneForCoroutinesAfterTheFirst) {
  std::vector<InBoundedPool> alive;
  alive.reserve(tasks_in_round);
  std::size_t sum = 0;
  const auto round = [&alive, &sum] {
    for (std::size_t i = 0; i < tasks_in_round; ++i) alive.push_back(twice(i));
    for (auto& coroutine : alive) sum += coroutine.run();
    alive.clear();
  };
  round();
  const std::uint64_t calls_before = heap_calls.load();
  const flowcoro::BoundedFramePoolStats before = flowcoro::default_frame_pool().stats();
  for (std::size_t i = 0; i < rounds; ++i) round();
  const flowcoro::BoundedFramePoolStats after = flowcoro::default_frame_pool().stats();
  EXPECT_EQ(heap_calls.load() - calls_before, 0u);
  EXPECT_EQ(after.hits - before.hits, tasks);
  EXPECT_EQ(after.misses, before.misses);
  EXPECT_GE(after.hit_ratio(), 0.99);
  EXPECT_EQ(sum, (1 + rounds) * tasks_in_round * (tasks_in_round - 1));
}

} // namespace
