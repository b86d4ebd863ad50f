// Every allocation fails once: the n-th one, for n = 1, 2, … until a run needs fewer. An error must come out where it was
// caused, nothing may leak or hang, and the runtime must stay usable.
#include "flowcoro/flowcoro.hpp"
#include "flowcoro/test/deterministic_scheduler.hpp"

#include "support/checked_runtime.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace {

std::atomic<long> allocations_left{-1}; // negative: memory never runs out

bool refuse() noexcept {
  long left = allocations_left.load(std::memory_order_relaxed);
  while (left > 0 && !allocations_left.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) {
  }
  return left == 1;
}
void* allocate(std::size_t bytes) noexcept { return refuse() ? nullptr : std::malloc(bytes != 0 ? bytes : 1); }
void* allocate_aligned(std::size_t bytes, std::align_val_t alignment) noexcept {
  void* memory = nullptr;
  if (refuse() || posix_memalign(&memory, static_cast<std::size_t>(alignment), bytes) != 0) return nullptr;
  return memory;
}
void* or_throw(void* memory) {
  if (memory == nullptr) throw std::bad_alloc{};
  return memory;
}

} // namespace

void* operator new(std::size_t bytes) { return or_throw(allocate(bytes)); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return or_throw(allocate_aligned(bytes, alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;

/// Runs `scenario` until no allocation of it is refused, and `settle` before each run. \return how many runs met std::bad_alloc.
template <class F, class Settle>
int sweep(F scenario, Settle settle) {
  int refused = 0;
  for (long n = 1;; ++n) {
    settle();
    allocations_left = n;
    try {
      scenario();
    } catch (const std::bad_alloc&) {
      ++refused;
    }
    if (allocations_left.exchange(-1) > 0) return refused;
  }
}

template <class F>
int sweep(F scenario) {
  return sweep(std::move(scenario), [] {});
}

TEST(OutOfMemory, InTheConstructorOfARuntimeStartsNothing) {
  const int refused = sweep([] { const flowcoro::Runtime runtime{{.workers = 3}}; });
  EXPECT_GT(refused, 0);
}

TEST(OutOfMemory, InASpawnComesOutOfTheCall) {
  CheckedRuntime runtime{2};
  const auto spawn_and_wait = [&runtime] {
    auto task = spawn_on(runtime, [kept = std::vector<int>(100)]() -> Lazy<std::size_t> {
      co_await flowcoro::yield();
      co_return kept.size();
    });
    EXPECT_EQ(sync_wait(runtime, task), 100u);
  };
  // A task that one run had to drop must not take the failure that is meant for the next.
  const auto settle = [&runtime] {
    while (flowcoro::test::started(runtime.stats()) != flowcoro::test::ended(runtime.stats()))
      std::this_thread::yield();
  };
  const int refused = sweep(spawn_and_wait, settle);
  EXPECT_GT(refused, 0);
  EXPECT_EQ(sync_wait(runtime, spawn_on(runtime, [] { return 4; })), 4);
}

TEST(OutOfMemory, InATrimLeavesAllAsItWas) {
  CheckedRuntime runtime{2};
  const auto work = [&runtime] {
    sync_wait(runtime, []() -> Lazy<void> {
      std::vector<Task<>> tasks;
      for (int i = 0; i < 1'000; ++i)
        tasks.push_back(flowcoro::spawn([]() -> Lazy<void> { co_await flowcoro::yield(); }));
      for (auto& task : tasks) co_await task;
    });
  };
  const int refused = sweep([&runtime] { static_cast<void>(runtime.trim_memory()); }, work);
  EXPECT_GT(refused, 0);
  work();
}

TEST(OutOfMemory, InASpawnManyIsRethrownAfterTheRestWasJoined) {
  CheckedRuntime runtime{2};
  std::atomic<int> inside{0};
  static_cast<void>(sweep([&] {
    sync_wait(runtime, flowcoro::spawn_many(50, [&inside](std::size_t) -> Lazy<void> {
                inside.fetch_add(1);
                struct AtEnd {
                  std::atomic<int>& count;
                  ~AtEnd() { count.fetch_sub(1); }
                } at_end{inside};
                // Long enough for the caller to think of sharing the work, when some tasks are asleep already.
                const auto busy_until = flowcoro::steady_now() + 2us;
                while (flowcoro::steady_now() < busy_until) continue;
                co_await flowcoro::sleep_for(20us);
              }));
  }));
  EXPECT_EQ(inside, 0);
}

TEST(OutOfMemory, InADeterministicSchedulerLosesNoCoroutine) {
  int begun = 0;
  int ended = 0;
  const auto sleep_all_at_once = [&] {
    flowcoro::test::DeterministicScheduler scheduler{1};
    scheduler.run(flowcoro::spawn_many(40, [&](std::size_t) -> Lazy<void> {
      ++begun;
      struct AtEnd {
        int& count;
        ~AtEnd() { ++count; }
      } at_end{ended};
      co_await flowcoro::sleep_for(1s);
    }));
  };
  const int refused = sweep(sleep_all_at_once, [&] { EXPECT_EQ(begun, ended); });
  EXPECT_GT(refused, 0);
  EXPECT_EQ(begun, ended);
}

TEST(OutOfMemory, InALimitOnTimeComesOutOfTheAwaitAndLeavesNoChild) {
  int begun = 0;
  int ended = 0;
  int timeouts = 0;
  const auto limit_all_at_once = [&] {
    flowcoro::test::DeterministicScheduler scheduler{1};
    scheduler.run(flowcoro::spawn_many(40, [&](std::size_t i) -> Lazy<void> {
      const auto wait = [&]() -> Lazy<void> {
        ++begun;
        struct AtEnd {
          int& count;
          ~AtEnd() { ++count; }
        } at_end{ended};
        co_await flowcoro::sleep_for(1h);
      };
      auto limited = flowcoro::with_timeout(wait, std::chrono::milliseconds{40 - i}); // not one run of timers
      const auto result = co_await limited;
      if (!result) ++timeouts;
    }));
  };
  const int refused = sweep(limit_all_at_once, [&] {
    EXPECT_EQ(begun, ended);
    timeouts = 0;
  });
  EXPECT_GT(refused, 0);
  EXPECT_EQ(begun, ended);
  EXPECT_EQ(timeouts, 40);
}

TEST(OutOfMemory, InChannelMutexAndGroupLeavesThemUsable) {
  // Errors of several tasks of one group: all but one go to the handler.
  std::atomic<std::uint64_t> later{0};
  CheckedRuntime with_handler{2, [&later](std::exception_ptr) { later.fetch_add(1); }};
  flowcoro::AsyncMutex mutex;
  static_cast<void>(sweep([&] {
    flowcoro::Channel<std::vector<int>> channel{2};
    sync_wait(with_handler, flowcoro::with_task_group([&](flowcoro::TaskGroup& group) -> Lazy<void> {
                for (int i = 0; i < 4; ++i) {
                  group.spawn([&]() -> Lazy<void> {
                    auto guard = co_await mutex.lock();
                    auto sending = channel.send(std::vector<int>(10));
                    static_cast<void>(co_await sending);
                    guard.unlock();
                    auto receiving = channel.receive();
                    auto value = co_await receiving;
                  });
                }
                co_return;
              }));
  }));
  EXPECT_TRUE(mutex.try_lock());
  mutex.unlock();
  static_cast<void>(with_handler.shutdown());
  with_handler.expect_unhandled(later);
}

} // namespace
