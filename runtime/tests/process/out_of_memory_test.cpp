// Every allocation fails once: the n-th one, for n = 1, 2, … until a run needs fewer. An error must come out where it was
// caused, nothing may leak or hang, and the runtime must stay usable.
#include "flowcoro/flowcoro.hpp"
#include "flowcoro/test/deterministic_scheduler.hpp"

#include "support/checked_runtime.hpp"
#include "support/replaced_new.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <memory_resource>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace {

std::atomic<long> allocations_left{-1}; // negative: memory never runs out

} // namespace

bool flowcoro::test::refuses_allocation() noexcept {
  long left = allocations_left.load(std::memory_order_relaxed);
  while (left > 0 && !allocations_left.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) {
  }
  return left == 1;
}

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

/// A block for as long as it lives, so that an error on the way gives back what was there before it.
template <class Pool>
class Block {
 public:
  Block(Pool& pool, std::size_t bytes) : pool_{pool}, bytes_{bytes}, memory_{pool.allocate(bytes)} {}
  ~Block() { pool_.deallocate(memory_, bytes_); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

 private:
  Pool& pool_;
  std::size_t bytes_;
  void* memory_;
};

TEST(OutOfMemory, InABoundedFramePoolComesOutOfTheCallAndLeavesItsAccountRight) {
  using flowcoro::BoundedFramePool;
  flowcoro::BoundedFramePoolOptions options;
  options.min_free = 4;
  int spared = 0; // runs in which only blocks for later were refused
  const int refused = sweep([&options, &spared] {
    BoundedFramePool pool{options};
    const auto use = [&pool] {
      pool.prepare(64);
      const Block prepared{pool, 64};
      const Block first_of_its_size{pool, 500};
      const Block large{pool, flowcoro::pooled_frame_bytes + 1};
      EXPECT_EQ(pool.stats().live(), 3u);
    };
    try {
      use();
    } catch (const std::bad_alloc&) {
      EXPECT_EQ(pool.stats().live(), 0u);
      use(); // there is memory again
      EXPECT_EQ(pool.stats().live(), 0u);
      throw;
    }
    if (allocations_left.load() == 0) ++spared;
    EXPECT_EQ(pool.stats().live(), 0u);
  });
  EXPECT_EQ(refused, 4 + 1 + 1);
  EXPECT_EQ(spared, 4);
}

TEST(OutOfMemory, InAnObjectPoolLosesNoObject) {
  int alive = 0;
  struct Buffer {
    explicit Buffer(int& count) : alive{count} { ++alive; }
    ~Buffer() { --alive; }
    std::vector<int> bytes = std::vector<int>(10);
    int& alive;
  };
  std::uint64_t dropped = 0;
  const int refused = sweep(
      [&] {
        flowcoro::ObjectPoolOptions<Buffer> options;
        options.make = [&alive] { return std::make_unique<Buffer>(alive); };
        options.reset = [](Buffer& buffer) { buffer.bytes = std::vector<int>(20); }; // which may be refused, too
        flowcoro::ObjectPool<Buffer> pool{options};
        try {
          pool.prepare(2);
          auto one = pool.acquire();
          auto two = pool.acquire();
          auto three = pool.acquire();
          pool.release(pool.acquire_object());
          EXPECT_EQ(pool.stats().in_use, 3u);
        } catch (const std::bad_alloc&) {
          EXPECT_EQ(pool.stats().in_use, 0u);
          EXPECT_EQ(static_cast<std::size_t>(alive), pool.stats().idle);
          EXPECT_EQ(pool.acquire()->bytes.size() % 10, 0u);
          throw;
        }
        EXPECT_EQ(pool.stats().in_use, 0u);
        EXPECT_EQ(static_cast<std::size_t>(alive), pool.stats().idle);
        dropped += pool.stats().dropped;
      },
      [&alive] { EXPECT_EQ(alive, 0); });
  EXPECT_GT(refused, 0);
  EXPECT_EQ(dropped, 4u); // each of the four resets was refused once
  EXPECT_EQ(alive, 0);
}

TEST(OutOfMemory, InAMemoryPoolComesFromItsConstructorAndElsewhereItGrowsByLess) {
  for (const std::size_t limit : {std::size_t{0}, std::size_t{200}}) {
    int grew_by_less = 0;
    const int refused = sweep([&] {
      flowcoro::MemoryPool pool(64, 4, {.max_blocks = limit});
      std::array<void*, 100> blocks{};
      for (void*& block : blocks) {
        block = pool.try_allocate();
        EXPECT_NE(block, nullptr); // half of what was refused is there
      }
      if (allocations_left.load() == 0) ++grew_by_less;
      for (void* block : blocks) pool.deallocate(block);
    });
    EXPECT_GT(refused, 0) << limit;
    EXPECT_GT(grew_by_less, 0) << limit;
  }
}

TEST(OutOfMemory, InAContainerOfAMemoryPoolComesOutOfItsCall) {
  flowcoro::MemoryPool pool(64);
  int completed = 0;
  const int refused = sweep([&pool, &completed] {
    flowcoro::MemoryPoolResource resource{pool, *std::pmr::new_delete_resource()};
    std::pmr::map<int, std::pmr::vector<int>> map{&resource}; // nodes in the pool, long vectors upstream
    for (int i = 0; i < 10; ++i) map[i].resize(static_cast<std::size_t>(i) * 10);
    EXPECT_EQ(map.size(), 10u);
    ++completed;
  });
  EXPECT_GE(refused, 9); // each vector but the empty one
  EXPECT_GE(completed, 1);
}

TEST(OutOfMemory, InAFrameArenaComesOutOfTheAllocationAndKeepsTheFramesBefore) {
  const int refused = sweep([] {
    flowcoro::FrameArena arena;
    flowcoro::FrameCache cache{arena};
    std::array<void*, 1'000> frames{}; // of three regions
    std::size_t made = 0;
    const auto free_all = [&] {
      while (made != 0) cache.deallocate(frames[--made], flowcoro::pooled_frame_bytes);
    };
    try {
      for (; made < frames.size(); ++made) frames[made] = cache.allocate(flowcoro::pooled_frame_bytes);
    } catch (const std::bad_alloc&) {
      free_all();
      cache.deallocate(cache.allocate(flowcoro::pooled_frame_bytes), flowcoro::pooled_frame_bytes);
      throw;
    }
    EXPECT_EQ(arena.statistics().allocations(), frames.size());
    free_all();
    cache.flush();
    static_cast<void>(arena.trim());
  });
  EXPECT_GE(refused, 3); // the list of regions grows
}

} // namespace
