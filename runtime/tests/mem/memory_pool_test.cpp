#include "flowcoro/mem/memory_pool.hpp"

#include "support/build.hpp"
#include "support/seed.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <thread>
#include <vector>

namespace {

using flowcoro::MemoryPool;
using flowcoro::test::rounds;

bool aligned(const void* block, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(block) % alignment == 0;
}

std::vector<void*> allocate(MemoryPool& pool, std::size_t count) {
  std::vector<void*> blocks(count);
  for (void*& block : blocks) block = pool.allocate();
  return blocks;
}
void free_all(MemoryPool& pool, const std::vector<void*>& blocks) {
  for (void* block : blocks) pool.deallocate(block);
}

/// Writes every byte of a block, so that an overlap with another one shows.
void mark(void* block, std::size_t bytes, std::size_t number) {
  std::memset(block, static_cast<int>(number % 251), bytes);
}
bool intact(const void* block, std::size_t bytes, std::size_t number) {
  const auto* all = static_cast<const std::uint8_t*>(block);
  return std::all_of(all, all + bytes, [number](std::uint8_t byte) { return byte == number % 251; });
}

TEST(MemoryPool, GivesAnyNumberOfBlocksThatDoNotOverlap) {
  MemoryPool pool(64, 100);
  pool.set_expansion_factor(2.0);
  const std::vector<void*> blocks = allocate(pool, 20'000);
  for (std::size_t i = 0; i < blocks.size(); ++i) mark(blocks[i], 64, i);
  for (std::size_t i = 0; i < blocks.size(); ++i) ASSERT_TRUE(intact(blocks[i], 64, i)) << i;
  free_all(pool, blocks);
}

TEST(MemoryPool, GrowsByItsFactorAndOnlyWhenNoBlockIsFree) {
  MemoryPool pool(32, 1000);
  pool.set_expansion_factor(1.5);
  EXPECT_EQ(pool.capacity(), 1000u);
  std::vector<void*> blocks = allocate(pool, 1000);
  EXPECT_EQ(pool.capacity(), 1000u);
  blocks.push_back(pool.allocate());
  EXPECT_EQ(pool.capacity(), 1500u);
  free_all(pool, blocks);
  blocks = allocate(pool, 1500);
  EXPECT_EQ(pool.capacity(), 1500u);
  pool.set_expansion_factor(3);
  blocks.push_back(pool.allocate());
  EXPECT_EQ(pool.capacity(), 4500u);
  free_all(pool, blocks);
}

TEST(MemoryPool, DoublesFromItsFirstSizeAsOftenAsItMust) {
  MemoryPool pool(64, 100);
  pool.set_expansion_factor(2.0);
  std::vector<void*> blocks;
  for (const std::size_t capacity :
       {100u, 200u, 400u, 800u, 1600u, 3200u, 6400u, 12800u}) { // beyond 32 times the first size
    while (blocks.size() < capacity) blocks.push_back(pool.allocate());
    ASSERT_EQ(pool.capacity(), capacity);
  }
  EXPECT_EQ(std::count(blocks.begin(), blocks.end(), nullptr), 0);
  free_all(pool, blocks);
}

TEST(MemoryPool, NeedsNoRoomAtTheBegin) {
  MemoryPool pool(48);
  EXPECT_EQ(pool.capacity(), 0u);
  pool.deallocate(pool.allocate());
  EXPECT_GT(pool.capacity(), 0u);
}

TEST(MemoryPool, GivesTheBlockBackThatWasFreedLast) {
  MemoryPool pool(100, 10);
  const std::vector<void*> blocks = allocate(pool, 5);
  free_all(pool, blocks);
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) EXPECT_EQ(pool.allocate(), *block);
}

TEST(MemoryPool, GivesBlocksThatSuitEveryTypeOfTheirSize) {
  for (const std::size_t bytes : {1u, 2u, 3u, 7u, 8u, 16u, 24u, 64u, 96u, 100u, 256u, 4096u, 12288u, 1u << 20U}) {
    MemoryPool pool(bytes, 3);
    const std::size_t largest = std::min<std::size_t>(bytes & (0 - bytes), 4096);
    EXPECT_EQ(pool.alignment(), std::max<std::size_t>(largest, 16)) << bytes;
    std::vector<void*> blocks = allocate(pool, 5);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      EXPECT_TRUE(aligned(blocks[i], pool.alignment())) << bytes;
      mark(blocks[i], bytes, i + 1);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) EXPECT_TRUE(intact(blocks[i], bytes, i + 1)) << bytes;
    free_all(pool, blocks);
  }
}

template <class T>
class MemoryPoolOf : public testing::Test {};
struct alignas(64) Line {
  std::array<double, 9> numbers; // not a power of two
};
struct alignas(4096) Page {
  std::array<char, 4097> bytes;
};
using AnyTypes = testing::Types<char, std::uint16_t, double, long double, std::max_align_t, Line, Page>;
TYPED_TEST_SUITE(MemoryPoolOf, AnyTypes);

TYPED_TEST(MemoryPoolOf, HoldsObjectsAsTheirTypeWantsThem) {
  MemoryPool pool(sizeof(TypeParam));
  std::vector<TypeParam*> objects;
  for (int i = 0; i < 100; ++i) {
    void* block = pool.allocate();
    ASSERT_TRUE(aligned(block, alignof(TypeParam)));
    objects.push_back(::new (block) TypeParam{});
  }
  for (TypeParam* object : objects) {
    std::destroy_at(object);
    pool.deallocate(object);
  }
}

TEST(MemoryPool, AlignsAsItIsAsked) {
  for (const std::size_t alignment : {1u, 8u, 16u, 128u, 8192u}) {
    MemoryPool pool(24, 0, {.alignment = alignment});
    const std::vector<void*> blocks = allocate(pool, 300);
    for (void* block : blocks) ASSERT_TRUE(aligned(block, alignment)) << alignment;
    EXPECT_EQ(std::set<void*>(blocks.begin(), blocks.end()).size(), blocks.size());
    free_all(pool, blocks);
  }
}

TEST(MemoryPool, TakesANullPointerBackAsDeleteDoes) {
  MemoryPool pool(64);
  pool.deallocate(nullptr);
  EXPECT_EQ(pool.capacity(), 0u);
}

TEST(MemoryPool, GivesUpToItsLimitAndNoMore) {
  MemoryPool pool(64, 2, {.max_blocks = 5});
  const std::vector<void*> blocks = allocate(pool, 5);
  EXPECT_EQ(pool.capacity(), 5u);
  EXPECT_THROW(static_cast<void>(pool.allocate()), std::bad_alloc);
  EXPECT_EQ(pool.try_allocate(), nullptr);
  pool.deallocate(blocks[3]);
  EXPECT_EQ(pool.allocate(), blocks[3]);
  EXPECT_EQ(pool.try_allocate(), nullptr);
  free_all(pool, blocks);
}

TEST(MemoryPool, KeepsNoBlockBackFromOthersWhenItHasALimit) {
  MemoryPool pool(64, 0, {.max_blocks = 100});
  free_all(pool, allocate(pool, 100));
  std::array<std::size_t, 2> got{};
  flowcoro::test::start_together(2, [&pool, &got](std::size_t thread) {
    for (int i = 0; i < 50; ++i) got[thread] += pool.try_allocate() != nullptr ? 1U : 0U;
  });
  EXPECT_EQ(got, (std::array<std::size_t, 2>{50, 50}));
  EXPECT_EQ(pool.try_allocate(), nullptr);
  EXPECT_EQ(pool.capacity(), 100u);
}

TEST(MemoryPool, SaysSoWhenThereIsNoMemory) {
  constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();
  EXPECT_THROW(MemoryPool{huge}, std::bad_alloc);
  EXPECT_THROW((MemoryPool{64, huge}), std::bad_alloc);
#if !FLOWCORO_TEST_ASAN && !FLOWCORO_TEST_TSAN // they end the program instead
  MemoryPool pool(huge / 8);
  EXPECT_THROW(static_cast<void>(pool.allocate()), std::bad_alloc);
  EXPECT_EQ(pool.try_allocate(), nullptr);
#endif
}

#if !FLOWCORO_TEST_ASAN && !FLOWCORO_TEST_TSAN
TEST(MemoryPool, GrowsByLessWhereTheSystemHasLess) {
  MemoryPool pool(1U << 20U, 1);
  pool.set_expansion_factor(1e15);
  const std::vector<void*> blocks = allocate(pool, 3);
  mark(blocks[2], 100, 7);
  EXPECT_TRUE(intact(blocks[2], 100, 7));
  free_all(pool, blocks);
}
#endif

TEST(MemoryPool, TakesBlocksBackOnAnotherThreadAndUsesThemAgain) {
  MemoryPool pool(128, 100);
  std::deque<void*> in_flight;
  std::mutex mutex;
  std::atomic<bool> done{false};
  std::size_t freed = 0;
  std::jthread ender{[&] {
    for (;;) {
      const bool last = done.load();
      std::deque<void*> mine;
      {
        const std::lock_guard lock{mutex};
        mine.swap(in_flight);
      }
      for (void* block : mine) pool.deallocate(block);
      freed += mine.size();
      if (mine.empty() && last) return;
      if (mine.empty()) std::this_thread::yield();
    }
  }};
  const std::size_t count = rounds(200'000);
  constexpr std::size_t most_in_flight = 1000;
  for (std::size_t i = 0; i < count; ++i) {
    void* block = pool.allocate();
    std::unique_lock lock{mutex};
    while (in_flight.size() == most_in_flight) {
      lock.unlock();
      std::this_thread::yield();
      lock.lock();
    }
    in_flight.push_back(block);
  }
  done = true;
  ender.join();
  EXPECT_EQ(freed, count);
  // Twice what can be in flight (the ender has as many in its hands), and what two threads keep; a pool that doubles may have
  // twice what is needed.
  EXPECT_LE(pool.capacity(), 2 * (2 * most_in_flight + 4 * 64 + 64));
}

TEST(MemoryPool, PassesTheBlocksOfAnEndedThreadOn) {
  MemoryPool pool(64, 1000);
  std::vector<void*> blocks;
  std::jthread{[&] {
    blocks = allocate(pool, 1000);
    free_all(pool, blocks);
  }}.join();
  std::vector<void*> again = allocate(pool, 1000);
  EXPECT_EQ(pool.capacity(), 1000u);
  std::sort(blocks.begin(), blocks.end());
  std::sort(again.begin(), again.end());
  EXPECT_EQ(again, blocks);
}

TEST(MemoryPool, StaysBoundedWhenThreadsComeAndGo) {
  MemoryPool pool(64, 64);
  for (int i = 0; i < 100; ++i) std::jthread{[&pool] { free_all(pool, allocate(pool, 20)); }}.join();
  EXPECT_EQ(pool.capacity(), 64u);
}

TEST(MemoryPool, ServesAThreadThatIsPastItsEnd) {
  static std::optional<MemoryPool> pool;
  pool.emplace(64, 64);
  struct AtEnd {
    ~AtEnd() {
      for (int i = 0; i < 200; ++i) pool->deallocate(pool->allocate());
      free_all(*pool, allocate(*pool, 64));
    }
    int touched = 0;
  };
  std::jthread{[] {
    static thread_local AtEnd made_before_the_pool_knows_the_thread;
    ++made_before_the_pool_knows_the_thread.touched;
    pool->deallocate(pool->allocate());
  }}.join();
  EXPECT_EQ(pool->capacity(), 64u);
  pool.reset();
}

TEST(MemoryPool, IsNotMistakenForOneThatEndedInItsPlace) {
  void* of_last = nullptr;
  for (int i = 0; i < 1000; ++i) {
    MemoryPool pool(64, 2);
    MemoryPool other(64, 2);
    void* block = pool.allocate();
    void* of_other = other.allocate();
    mark(block, 64, 1);
    mark(of_other, 64, 2);
    EXPECT_TRUE(intact(block, 64, 1));
    pool.deallocate(block);
    EXPECT_EQ(pool.allocate(), block);
    EXPECT_EQ(pool.capacity(), 2u);
    other.deallocate(of_other);
    of_last = of_other;
  }
  EXPECT_NE(of_last, nullptr);
}

TEST(MemoryPool, MayEndWhileAThreadThatUsedItEnds) {
  for (std::size_t i = 0; i < rounds(2000); ++i) {
    auto pool = std::make_unique<MemoryPool>(64, 10);
    std::atomic<bool> used{false};
    std::jthread thread{[&pool, &used] {
      free_all(*pool, allocate(*pool, 5));
      used.store(true, std::memory_order_release);
    }};
    while (!used.load(std::memory_order_acquire)) std::this_thread::yield();
    pool.reset();
  }
}

TEST(MemoryPool, KeepsBlocksIntactWhenThreadsFreeEachOthersBlocks) {
  constexpr std::size_t bytes = 72;
  struct Exchange {
    std::mutex mutex;
    std::deque<std::pair<void*, std::size_t>> blocks;
  };
  for (const std::size_t limit : {std::size_t{0}, std::size_t{1} << 30U}) {
    MemoryPool pool(bytes, 10, {.max_blocks = limit});
    Exchange exchange;
    std::array<std::size_t, 3> damaged{};
    const std::size_t each = rounds(50'000);
    flowcoro::test::start_together(3, [&](std::size_t thread) {
      flowcoro::test::Random random{thread};
      const auto free_one = [&] {
        std::pair<void*, std::size_t> block{};
        {
          const std::lock_guard lock{exchange.mutex};
          if (exchange.blocks.empty()) return;
          block = exchange.blocks.front();
          exchange.blocks.pop_front();
        }
        if (!intact(block.first, bytes, block.second)) ++damaged[thread];
        pool.deallocate(block.first);
      };
      for (std::size_t i = 0; i < each; ++i) {
        const std::size_t number = random.below(251);
        void* block = pool.allocate();
        mark(block, bytes, number);
        {
          const std::lock_guard lock{exchange.mutex};
          exchange.blocks.emplace_back(block, number);
        }
        if (!random.one_in(4)) free_one();
        if (random.one_in(256)) {
          for (int j = 0; j < 200; ++j) free_one();
        }
      }
    });
    EXPECT_EQ(damaged, (std::array<std::size_t, 3>{})) << limit;
    while (!exchange.blocks.empty()) {
      pool.deallocate(exchange.blocks.front().first);
      exchange.blocks.pop_front();
    }
  }
}

TEST(MemoryPoolDeathTest, RefusesWhatMakesNoPool) {
  EXPECT_DEATH(MemoryPool(0), "a pool of blocks without bytes");
  EXPECT_DEATH(MemoryPool(64, 0, {.alignment = 24}), "an alignment is a power of two");
  MemoryPool pool(64);
  EXPECT_DEATH(pool.set_expansion_factor(1), "by a factor of more than 1");
  EXPECT_DEATH(pool.set_expansion_factor(std::numeric_limits<double>::quiet_NaN()), "by a factor of more than 1");
}

#if FLOWCORO_TEST_ASAN
/// Writes through a pointer whose origin the compiler cannot see.
void write_to(void* block, std::size_t offset) { static_cast<volatile char*>(block)[offset] = 1; }

TEST(MemoryPool, IsCaughtByAddressSanitizerWhenABlockIsUsedOutsideItsLifeOrSizeDeathTest) {
  for (const std::size_t limit : {0u, 10u}) {
    MemoryPool pool(40, 10, {.max_blocks = limit});
    void* block = pool.allocate();
    write_to(block, 39);
    EXPECT_DEATH(write_to(block, 40), "use-after-poison") << "behind the end";
    EXPECT_DEATH(write_to(block, 48 + 32), "use-after-poison") << "in a block that nobody has";
    pool.deallocate(block);
    EXPECT_DEATH(write_to(block, 39), "use-after-poison") << "after the block was freed";
    EXPECT_DEATH(write_to(block, sizeof(flowcoro::FreeBlock)), "use-after-poison");
    EXPECT_EQ(pool.allocate(), block);
    write_to(block, 39);
    pool.deallocate(block);
  }
}
#endif

} // namespace
