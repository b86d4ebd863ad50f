#include "flowcoro/mem/bounded_frame_pool.hpp"

#include "support/build.hpp"
#include "support/seed.hpp"
#include "support/start_together.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::BoundedFramePool;
using flowcoro::BoundedFramePoolOptions;
using flowcoro::BoundedFramePoolStats;
using flowcoro::Nanoseconds;
using flowcoro::SteadyTime;
using flowcoro::test::rounds;
using testing::StartsWith;

std::atomic<SteadyTime> manual_time{SteadyTime{}};
SteadyTime manual_clock() noexcept { return manual_time.load(); }

BoundedFramePoolOptions options_with(std::size_t max_free, std::size_t min_free) {
  manual_time = SteadyTime{};
  BoundedFramePoolOptions options;
  options.max_free = max_free;
  options.min_free = min_free;
  options.clock = &manual_clock;
  return options;
}

std::vector<void*> allocate(BoundedFramePool& pool, std::size_t count, std::size_t bytes = 100) {
  std::vector<void*> blocks(count);
  for (void*& block : blocks) block = pool.allocate(bytes);
  return blocks;
}
void free_all(BoundedFramePool& pool, const std::vector<void*>& blocks, std::size_t bytes = 100) {
  for (void* block : blocks) pool.deallocate(block, bytes);
}

TEST(BoundedFramePool, GivesABlockBackAsAHit) {
  BoundedFramePool pool{options_with(10, 0)};
  void* block = pool.allocate(100);
  pool.deallocate(block, 100);
  EXPECT_EQ(pool.allocate(97), block); // the same class of 16 bytes
  pool.deallocate(block, 97);
  const BoundedFramePoolStats stats = pool.stats();
  EXPECT_EQ(stats.hits, 1u);
  EXPECT_EQ(stats.misses, 1u);
  EXPECT_EQ(stats.bytes_saved, 112u);
  EXPECT_EQ(stats.hit_ratio(), 0.5);
  EXPECT_EQ(stats.live(), 0u);
  EXPECT_EQ(stats.free, 1u);
}

TEST(BoundedFramePool, MakesItsMinimumReadyWithTheFirstUseOfASize) {
  BoundedFramePool pool{options_with(10, 4)};
  const auto blocks = allocate(pool, 6);
  EXPECT_EQ(pool.stats().misses, 2u);
  EXPECT_EQ(pool.stats().hits, 4u);
  free_all(pool, blocks);
  pool.prepare(500);
  EXPECT_EQ(pool.stats().free, 6u + 4u);
  pool.deallocate(pool.allocate(500), 500);
  EXPECT_EQ(pool.stats().misses, 2u);
}

TEST(BoundedFramePool, KeepsNoMoreFreeBlocksThanItMay) {
  BoundedFramePool pool{options_with(3, 0)};
  free_all(pool, allocate(pool, 10));
  EXPECT_EQ(pool.stats().free, 3u);
  EXPECT_EQ(pool.stats().returned, 7u);
}

TEST(BoundedFramePool, LeavesLargeFramesToTheHeapAndCountsThemAsMisses) {
  BoundedFramePool pool{options_with(10, 2)};
  const std::size_t large = flowcoro::pooled_frame_bytes + 1;
  for (int i = 0; i < 3; ++i) pool.deallocate(pool.allocate(large), large);
  EXPECT_EQ(pool.stats().misses, 3u);
  EXPECT_EQ(pool.stats().hits, 0u);
  EXPECT_EQ(pool.stats().live(), 0u);
}

TEST(BoundedFramePool, ReturnsWhatNobodyNeededForTheIdleTime) {
  BoundedFramePool pool{options_with(100, 2)};
  free_all(pool, allocate(pool, 20));
  EXPECT_EQ(pool.cleanup(SteadyTime{299s}), 0u);
  // The whole of the first window counts: then there were none at its start.
  EXPECT_EQ(pool.cleanup(SteadyTime{300s}), 0u);
  free_all(pool, allocate(pool, 5));
  EXPECT_EQ(pool.cleanup(SteadyTime{599s}), 0u);
  EXPECT_EQ(pool.cleanup(SteadyTime{600s}), 15u); // five were used
  EXPECT_EQ(pool.stats().free, 5u);
  EXPECT_EQ(pool.cleanup(SteadyTime{900s}), 3u); // but for the minimum
  EXPECT_EQ(pool.stats().free, 2u);
  EXPECT_EQ(pool.cleanup(SteadyTime{9000s}), 0u);
}

TEST(BoundedFramePool, CleansUpByItselfAsFramesComeBack) {
  BoundedFramePool pool{options_with(100, 0)};
  free_all(pool, allocate(pool, 50));
  const auto use_one = [&pool] {
    for (int i = 0; i < 1000; ++i) pool.deallocate(pool.allocate(100), 100);
  };
  manual_time = SteadyTime{300s};
  use_one(); // begins a window in which one is needed
  EXPECT_EQ(pool.stats().free, 50u);
  manual_time = SteadyTime{601s};
  use_one();
  EXPECT_EQ(pool.stats().free, 1u);
}

TEST(BoundedFramePool, ClearGivesAllFreeBlocksBack) {
  BoundedFramePool pool{options_with(100, 5)};
  const auto used = allocate(pool, 3);
  free_all(pool, allocate(pool, 20, 64), 64);
  const std::size_t kept = pool.stats().free;
  EXPECT_EQ(kept, 3u + 20u); // of five made ready, and all of the others
  EXPECT_EQ(pool.clear(), kept);
  EXPECT_EQ(pool.stats().returned, kept);
  EXPECT_EQ(pool.stats().free, 0u);
  EXPECT_EQ(pool.stats().live(), 3u);
  free_all(pool, used);
}

TEST(BoundedFramePool, NearlyAllAreHitsInTheSteadyState) {
  BoundedFramePool pool{options_with(1000, 10)};
  for (int i = 0; i < 1000; ++i) free_all(pool, allocate(pool, 50));
  EXPECT_GE(pool.stats().hit_ratio(), 0.99);
}

TEST(BoundedFramePool, RefusesOptionsThatMakeNoSenseByName) {
  using Change = std::function<void(BoundedFramePoolOptions&)>;
  const std::pair<std::string, Change> wrong[] = {
      {"max_free", [](BoundedFramePoolOptions& o) { o.max_free = 0; }},
      {"min_free", [](BoundedFramePoolOptions& o) { o.min_free = o.max_free + 1; }},
      {"idle", [](BoundedFramePoolOptions& o) { o.idle = Nanoseconds{0}; }},
      {"cleanup_interval", [](BoundedFramePoolOptions& o) { o.cleanup_interval = Nanoseconds{-1}; }},
      {"clock", [](BoundedFramePoolOptions& o) { o.clock = nullptr; }},
  };
  for (const auto& [name, change] : wrong) {
    BoundedFramePoolOptions options;
    change(options);
    try {
      const BoundedFramePool pool{options};
      ADD_FAILURE() << name << " was not refused";
    } catch (const std::invalid_argument& refused) {
      EXPECT_THAT(std::string{refused.what()}, StartsWith(name + ": "));
    }
  }
}

TEST(BoundedFramePool, KeepsBlocksIntactAndItsAccountWhenThreadsFreeEachOthersBlocks) {
  BoundedFramePoolOptions options = options_with(64, 4);
  options.cleanup_interval = 1ns;
  options.idle = 1ns;
  options.clock = &flowcoro::steady_now;
  BoundedFramePool pool{options};
  constexpr std::size_t threads = 4;
  struct Owned {
    void* block;
    std::size_t bytes;
    std::uint8_t mark;
  };
  std::mutex mutex;
  std::vector<Owned> shared;
  std::atomic<std::uint64_t> allocated{0};
  std::atomic<bool> intact{true};
  const auto check_and_free = [&](const Owned& owned) {
    const auto* bytes = static_cast<const std::uint8_t*>(owned.block);
    for (std::size_t i = 0; i < owned.bytes; ++i)
      if (bytes[i] != owned.mark) intact = false;
    pool.deallocate(owned.block, owned.bytes);
  };
  flowcoro::test::start_together(threads, [&](std::size_t thread) {
    flowcoro::test::Random random{thread};
    for (std::size_t i = 0; i < rounds(40'000); ++i) {
      const Owned made{nullptr, 1 + random.below(1100), static_cast<std::uint8_t>(random.below(256))};
      Owned owned = made;
      owned.block = pool.allocate(owned.bytes);
      allocated.fetch_add(1);
      std::memset(owned.block, owned.mark, owned.bytes);
      std::unique_lock lock{mutex};
      shared.push_back(owned);
      if (shared.size() < 50) continue;
      const std::size_t at = random.below(shared.size());
      std::swap(shared[at], shared.back());
      const Owned other = shared.back();
      shared.pop_back();
      lock.unlock();
      check_and_free(other);
      if (random.one_in(1000)) static_cast<void>(pool.clear());
    }
  });
  for (const Owned& owned : shared) check_and_free(owned);
  EXPECT_TRUE(intact);
  EXPECT_EQ(pool.stats().allocations(), allocated);
  EXPECT_EQ(pool.stats().live(), 0u);
}

TEST(BoundedFramePool, TheDefaultOneIsOne) {
  BoundedFramePool& pool = flowcoro::default_frame_pool();
  EXPECT_EQ(&pool, &flowcoro::default_frame_pool());
  EXPECT_EQ(pool.options().max_free, 1000u);
  EXPECT_EQ(pool.options().min_free, 10u);
  EXPECT_EQ(pool.options().idle, 300s);
  EXPECT_EQ(pool.options().cleanup_interval, 60s);
}

TEST(BoundedFramePoolDeathTest, FramesMustComeBackBeforeItEnds) {
  EXPECT_DEATH(
      {
        BoundedFramePool pool;
        static_cast<void>(pool.allocate(64));
      },
      "ended while frames were in its blocks");
}

#if FLOWCORO_TEST_ASAN
TEST(BoundedFramePoolDeathTest, AddressSanitizerSeesAUseOfAFreeBlock) {
  BoundedFramePool pool;
  auto* block = static_cast<volatile char*>(pool.allocate(64));
  pool.deallocate(const_cast<char*>(block), 64);
  EXPECT_DEATH(block[40] = 1, "use-after-poison");
}
#endif

} // namespace
