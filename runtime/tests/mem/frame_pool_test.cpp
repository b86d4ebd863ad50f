#include "flowcoro/mem/frame_pool.hpp"

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
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <thread>
#include <vector>

namespace {

using flowcoro::frame_batch;
using flowcoro::FrameArena;
using flowcoro::FrameCache;
using flowcoro::FreeBlock;
using flowcoro::pooled_frame_bytes;
using flowcoro::test::rounds;

bool aligned_to_16(const void* block) { return reinterpret_cast<std::uintptr_t>(block) % 16 == 0; }

/// A block whose every byte is written, so that an overlap with another one shows.
class Block {
 public:
  Block(void* memory, std::size_t bytes, std::uint8_t mark) : memory_{memory}, bytes_{bytes}, mark_{mark} {
    std::memset(memory_, mark_, bytes_);
  }

  [[nodiscard]] bool intact() const {
    const auto* bytes = static_cast<const std::uint8_t*>(memory_);
    return std::all_of(bytes, bytes + bytes_, [this](std::uint8_t byte) { return byte == mark_; });
  }
  void free_into(FrameCache& cache) const noexcept { cache.deallocate(memory_, bytes_); }
  [[nodiscard]] void* memory() const noexcept { return memory_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  void* memory_;
  std::size_t bytes_;
  std::uint8_t mark_;
};

class FramePool : public testing::Test {
 protected:
  std::vector<void*> allocate(FrameCache& cache, std::size_t count, std::size_t bytes) {
    std::vector<void*> blocks(count);
    for (void*& block : blocks) block = cache.allocate(bytes);
    return blocks;
  }
  void free_all(FrameCache& cache, const std::vector<void*>& blocks, std::size_t bytes) {
    for (void* block : blocks) cache.deallocate(block, bytes);
  }

  FrameArena arena_;
};

TEST_F(FramePool, GivesAlignedBlocksThatDoNotOverlapForEverySize) {
  FrameCache cache{arena_};
  std::vector<Block> blocks;
  for (std::size_t bytes = 1; bytes <= pooled_frame_bytes; ++bytes) {
    for (int copy = 0; copy < 3; ++copy) {
      blocks.emplace_back(cache.allocate(bytes), bytes, static_cast<std::uint8_t>(blocks.size()));
      ASSERT_TRUE(aligned_to_16(blocks.back().memory())) << bytes;
    }
  }
  for (const Block& block : blocks) ASSERT_TRUE(block.intact()) << block.bytes();
  for (const Block& block : blocks) block.free_into(cache);
}

TEST_F(FramePool, GivesTheBlockBackThatWasFreedLast) {
  FrameCache cache{arena_};
  const std::vector<void*> blocks = allocate(cache, 5, 100);
  free_all(cache, blocks, 100);
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) EXPECT_EQ(cache.allocate(100), *block);
}

TEST_F(FramePool, ReusesABlockForEverySizeOfItsClassAndForNoOther) {
  FrameCache cache{arena_};
  void* block = cache.allocate(33);
  cache.deallocate(block, 33);
  void* larger_class = cache.allocate(49);
  EXPECT_NE(larger_class, block);
  void* smaller_class = cache.allocate(32);
  EXPECT_NE(smaller_class, block);
  EXPECT_EQ(cache.allocate(48), block);
}

TEST_F(FramePool, ReusesEachBlockOfEveryClassBeforeItAsksForMore) {
  FrameCache cache{arena_};
  for (std::size_t bytes = 16; bytes <= pooled_frame_bytes; bytes += 16) {
    const std::vector<void*> first = allocate(cache, 3 * frame_batch, bytes);
    free_all(cache, first, bytes);
    const std::size_t mapped = arena_.mapped_bytes();
    const std::vector<void*> second = allocate(cache, 3 * frame_batch, bytes);
    ASSERT_EQ(std::set<void*>(first.begin(), first.end()), std::set<void*>(second.begin(), second.end())) << bytes;
    ASSERT_EQ(arena_.mapped_bytes(), mapped) << bytes;
  }
}

TEST_F(FramePool, MapsNothingUntilItIsAsked) {
  const FrameCache cache{arena_};
  EXPECT_EQ(arena_.mapped_bytes(), 0u);
}

TEST_F(FramePool, MapsRegionsThatDoubleUpToAHugePage) {
  FrameCache cache{arena_};
  std::vector<std::size_t> regions;
  std::size_t mapped = 0;
  while (regions.size() < 8) {
    static_cast<void>(cache.allocate(pooled_frame_bytes));
    if (const std::size_t now = arena_.mapped_bytes(); now != mapped) {
      regions.push_back((now - mapped) / 1024);
      mapped = now;
    }
  }
  EXPECT_EQ(regions, (std::vector<std::size_t>{64, 128, 256, 512, 1024, 2048, 2048, 2048}));
}

TEST_F(FramePool, AlignsARegionOfAHugePageToItsSize) {
  for (int i = 0; i < 4; ++i) {
    std::byte* region = arena_.map_region(flowcoro::huge_page_bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(region) % flowcoro::huge_page_bytes, 0u);
    region[0] = region[flowcoro::huge_page_bytes - 1] = std::byte{1};
  }
  EXPECT_EQ(arena_.mapped_bytes(), 4 * flowcoro::huge_page_bytes);
}

TEST_F(FramePool, SaysSoWhenTheSystemHasNoMemory) {
  EXPECT_THROW(static_cast<void>(arena_.map_region(std::size_t{1} << 60)), std::bad_alloc);
  EXPECT_EQ(arena_.mapped_bytes(), 0u);
  EXPECT_NE(arena_.map_region(4096), nullptr);
  EXPECT_EQ(arena_.mapped_bytes(), 4096u);
}

TEST_F(FramePool, HandsWholeBatchesToTheArena) {
  FrameCache maker{arena_};
  FrameCache taker{arena_};
  const std::vector<void*> blocks = allocate(maker, 2 * frame_batch + 1, 64);
  constexpr std::size_t size_class = 64 / flowcoro::frame_class_bytes - 1;
  free_all(taker, {blocks.begin(), blocks.begin() + 2 * frame_batch}, 64);
  EXPECT_EQ(arena_.take_batch(size_class), nullptr) << "a cache keeps up to two batches for itself";
  free_all(taker, {blocks.begin() + 2 * frame_batch, blocks.end()}, 64);
  const FreeBlock* batch = arena_.take_batch(size_class);
  ASSERT_NE(batch, nullptr);
  std::size_t length = 0;
  for (; batch != nullptr; batch = batch->next) ++length;
  EXPECT_EQ(length, frame_batch);
  EXPECT_EQ(arena_.take_batch(size_class), nullptr);
}

TEST_F(FramePool, TakesBlocksOfAnotherCache) {
  FrameCache maker{arena_};
  FrameCache taker{arena_};
  void* block = maker.allocate(200);
  taker.deallocate(block, 200);
  EXPECT_EQ(taker.allocate(200), block);
}

TEST_F(FramePool, KeepsClassesApartInTheArena) {
  FrameCache taker{arena_};
  {
    FrameCache maker{arena_};
    maker.deallocate(maker.allocate(500), 500);
  }
  EXPECT_EQ(arena_.take_batch(0), nullptr);
  const std::size_t mapped = arena_.mapped_bytes();
  static_cast<void>(taker.allocate(500));
  EXPECT_EQ(arena_.mapped_bytes(), mapped);
}

TEST_F(FramePool, PassesTheBlocksOfAnEndedCacheOn) {
  std::vector<void*> blocks;
  {
    FrameCache ended{arena_};
    blocks = allocate(ended, 100, 48);
    free_all(ended, blocks, 48);
  }
  FrameCache next{arena_};
  const std::size_t mapped = arena_.mapped_bytes();
  std::vector<void*> again = allocate(next, 100, 48);
  std::sort(blocks.begin(), blocks.end());
  std::sort(again.begin(), again.end());
  EXPECT_EQ(again, blocks);
  EXPECT_EQ(arena_.mapped_bytes(), mapped);
}

TEST_F(FramePool, StaysBoundedWhenCachesComeAndGo) {
  for (int i = 0; i < 100; ++i) {
    FrameCache cache{arena_};
    free_all(cache, allocate(cache, 10, 96), 96);
  }
  EXPECT_EQ(arena_.mapped_bytes(), 64u * 1024);
}

TEST_F(FramePool, DoesNotGrowWhileOneCacheAllocatesWhatAnotherFrees) {
  FrameCache maker{arena_};
  FrameCache taker{arena_};
  flowcoro::test::Random random;
  std::deque<void*> in_flight;
  std::size_t mapped_when_warm = 0;
  constexpr std::size_t blocks = 1'000'000;
  for (std::size_t i = 0; i < blocks; ++i) {
    in_flight.push_back(maker.allocate(128));
    if (in_flight.size() == 1000) {
      for (auto burst = 1 + random.below(999); burst != 0; --burst) {
        taker.deallocate(in_flight.front(), 128);
        in_flight.pop_front();
      }
    }
    if (i == blocks / 100) mapped_when_warm = arena_.mapped_bytes();
  }
  // 1,000 in flight, and up to two batches in each cache: 192 KiB cover it, in regions of 64 and 128.
  EXPECT_EQ(mapped_when_warm, 192u * 1024);
  EXPECT_EQ(arena_.mapped_bytes(), mapped_when_warm);
}

TEST_F(FramePool, LeavesNoTraceInMemoryThatALaterArenaGets) {
  for (int i = 0; i < 20; ++i) {
    FrameArena short_lived;
    FrameCache cache{short_lived};
    std::vector<Block> blocks;
    for (int j = 0; j < 500; ++j) blocks.emplace_back(cache.allocate(112), 112, static_cast<std::uint8_t>(j));
    for (const Block& block : blocks) ASSERT_TRUE(block.intact());
    for (const Block& block : blocks) block.free_into(cache);
  }
}

/// Blocks on their way from the thread that made them to whoever frees them.
class Exchange {
 public:
  void put(const Block& block) {
    const std::lock_guard lock{mutex_};
    blocks_.push_back(block);
  }
  [[nodiscard]] std::optional<Block> take() {
    const std::lock_guard lock{mutex_};
    if (blocks_.empty()) return std::nullopt;
    const Block block = blocks_.front();
    blocks_.pop_front();
    return block;
  }

 private:
  std::mutex mutex_;
  std::deque<Block> blocks_;
};

TEST_F(FramePool, KeepsBlocksIntactWhenThreadsFreeEachOthersBlocks) {
  const std::size_t each = rounds(100'000);
  Exchange exchange;
  std::array<std::size_t, 3> damaged{};
  flowcoro::test::start_together(3, [&](std::size_t thread) {
    flowcoro::test::Random random{thread};
    FrameCache cache{arena_};
    const auto free_one = [&] {
      const std::optional<Block> block = exchange.take();
      if (!block) return;
      if (!block->intact()) ++damaged[thread];
      block->free_into(cache);
    };
    for (std::size_t i = 0; i < each; ++i) {
      const std::size_t bytes = 64 + 16 * random.below(4);
      exchange.put({cache.allocate(bytes), bytes, static_cast<std::uint8_t>(random.below(256))});
      if (!random.one_in(4)) free_one();
      if (random.one_in(64)) {
        for (int j = 0; j < 64; ++j) free_one();
      }
    }
  });
  EXPECT_EQ(damaged, (std::array<std::size_t, 3>{}));
}

TEST_F(FramePool, UnmapsEveryRegionInATrimWhenNoBlockIsInUse) {
  FrameCache cache{arena_};
  FrameCache other{arena_};
  for (std::size_t bytes = 16; bytes <= pooled_frame_bytes; bytes += 16) {
    const std::vector<void*> blocks = allocate(cache, 200, bytes);
    for (void* block : blocks) std::memset(block, 1, bytes);
    free_all(bytes % 48 == 0 ? other : cache, blocks, bytes);
  }
  const std::size_t mapped = arena_.mapped_bytes();
  EXPECT_GT(mapped, 64u * 200 * 512);
  cache.flush();
  other.flush();
  const std::size_t given_back = arena_.trim();
  EXPECT_GT(given_back, mapped / 2);
  EXPECT_LE(given_back, mapped);
  EXPECT_EQ(arena_.mapped_bytes(), 0u);
  EXPECT_EQ(arena_.trimmed_bytes(), given_back);
  EXPECT_EQ(arena_.trim(), 0u);
  EXPECT_NE(cache.allocate(100), nullptr);
  EXPECT_EQ(arena_.mapped_bytes(), flowcoro::first_region_bytes) << "a flushed cache begins as a new one does";
}

TEST_F(FramePool, EmptiesInATrimThePagesAroundBlocksInUse) {
  FrameCache cache{arena_};
  constexpr std::size_t bytes = 208; // no divisor of a page
  constexpr std::size_t count = 100'000;
  constexpr std::size_t step = 1'000;
  std::vector<void*> blocks = allocate(cache, count, bytes);
  std::vector<Block> kept;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % step == 0)
      kept.emplace_back(blocks[i], bytes, static_cast<std::uint8_t>(i / step));
    else {
      std::memset(blocks[i], 0xff, bytes);
      cache.deallocate(blocks[i], bytes);
    }
  }
  const std::size_t mapped = arena_.mapped_bytes();
  cache.flush();
  const std::size_t given_back = arena_.trim();
  EXPECT_GT(given_back, count * bytes / 10 * 9);
  EXPECT_EQ(arena_.trim(), 0u) << "there is nothing more to give";
  for (const Block& block : kept) ASSERT_TRUE(block.intact());

  const std::size_t after = arena_.mapped_bytes();
  EXPECT_LE(after, mapped);
  std::vector<void*> again = allocate(cache, count - kept.size(), bytes);
  for (void* block : again) std::memset(block, 0xee, bytes);
  for (const Block& block : kept) ASSERT_TRUE(block.intact());
  EXPECT_LE(arena_.mapped_bytes(), mapped + flowcoro::huge_page_bytes) << "what was given back is used again";
  free_all(cache, again, bytes);
  for (const Block& block : kept) block.free_into(cache);
  cache.flush();
  arena_.trim();
  EXPECT_EQ(arena_.mapped_bytes(), 0u) << "no byte was lost on the way";
}

TEST_F(FramePool, LosesAndDoublesNothingOverRandomStepsWithTrims) {
  flowcoro::test::Random random;
  std::vector<Block> in_use;
  {
    std::array<FrameCache, 2> caches{FrameCache{arena_}, FrameCache{arena_}};
    for (std::size_t step = 0; step < rounds(200'000); ++step) {
      FrameCache& cache = caches[random.below(2)];
      if (random.one_in(5'000)) {
        for (const Block& block : in_use) ASSERT_TRUE(block.intact());
        if (random.one_in(2)) cache.flush();
        arena_.trim();
      }
      // Long ways up and down, so that whole regions become free.
      if (in_use.empty() || (step / 20'000 % 2 == 0) == !random.one_in(4)) {
        const std::size_t bytes = random.one_in(2) ? 1 + random.below(pooled_frame_bytes) : 112;
        in_use.emplace_back(cache.allocate(bytes), bytes, static_cast<std::uint8_t>(random.below(256)));
      } else {
        std::swap(in_use[random.below(in_use.size())], in_use.back());
        ASSERT_TRUE(in_use.back().intact());
        in_use.back().free_into(cache);
        in_use.pop_back();
      }
    }
    for (const Block& block : in_use) block.free_into(caches[0]);
  }
  arena_.trim();
  EXPECT_EQ(arena_.mapped_bytes(), 0u);
}

TEST_F(FramePool, KeepsBlocksIntactInAStormOfTrims) {
  const std::size_t each = rounds(100'000);
  Exchange exchange;
  std::array<std::size_t, 3> damaged{};
  std::atomic<int> working{2};
  flowcoro::test::start_together(3, [&](std::size_t thread) {
    if (thread == 2) {
      while (working.load() != 0) {
        arena_.trim();
        std::this_thread::yield();
      }
      return;
    }
    flowcoro::test::Random random{thread};
    FrameCache cache{arena_};
    for (std::size_t i = 0; i < each; ++i) {
      const std::size_t bytes = 64 + 16 * random.below(4);
      exchange.put({cache.allocate(bytes), bytes, static_cast<std::uint8_t>(random.below(256))});
      if (random.one_in(1'000)) cache.flush();
      for (auto burst = random.one_in(500) ? 1'000 : random.below(2); burst != 0; --burst) {
        const std::optional<Block> block = exchange.take();
        if (!block) break;
        if (!block->intact()) ++damaged[thread];
        block->free_into(cache);
      }
    }
    working.fetch_sub(1);
  });
  EXPECT_EQ(damaged, (std::array<std::size_t, 3>{}));
  {
    FrameCache cache{arena_};
    while (const std::optional<Block> block = exchange.take()) block->free_into(cache);
  }
  arena_.trim();
  EXPECT_EQ(arena_.mapped_bytes(), 0u);
}

TEST_F(FramePool, CountsWhereItsBlocksCameFrom) {
  FrameCache cache{arena_};
  std::vector<void*> blocks = allocate(cache, 10, 100);
  EXPECT_EQ(cache.statistics().carved, 10u);
  EXPECT_EQ(cache.statistics().hits, 0u);
  free_all(cache, blocks, 100);
  blocks = allocate(cache, 12, 100);
  EXPECT_EQ(cache.statistics().hits, 10u);
  EXPECT_EQ(cache.statistics().carved, 12u);
  EXPECT_EQ(cache.statistics().allocations(), 22u);
  free_all(cache, blocks, 100);
  for (int i = 0; i < 1000; ++i) free_all(cache, allocate(cache, 12, 100), 100);
  EXPECT_EQ(cache.statistics().hits, 12'010u);
  EXPECT_GT(cache.statistics().hit_ratio(), 0.99);
  EXPECT_EQ(cache.statistics().batches_given, 0u);
}

TEST_F(FramePool, CountsTheBatchesThatCachesPassOn) {
  const std::size_t many = 4 * frame_batch;
  FrameCache giver{arena_};
  free_all(giver, allocate(giver, many, 64), 64);
  EXPECT_EQ(giver.statistics().batches_given, 2u); // two stay: one that serves, and a spare
  {
    FrameCache taker{arena_};
    free_all(taker, allocate(taker, 2 * frame_batch, 64), 64);
    EXPECT_EQ(taker.statistics().batches_taken, 2u);
    EXPECT_EQ(taker.statistics().hits, 2 * frame_batch - 2u);
    EXPECT_EQ(taker.statistics().carved, 0u);
  }
  const flowcoro::FrameStatistics all = arena_.statistics(); // the one that has ended included
  EXPECT_EQ(all.allocations(), many + 2 * frame_batch);
  EXPECT_EQ(all.carved, many);
  EXPECT_EQ(all.mapped_bytes, arena_.mapped_bytes());
}

#if !FLOWCORO_TEST_ASAN && !FLOWCORO_TEST_TSAN // they ask operator new
TEST(AllocateFrame, IsCounted) {
  const std::uint64_t before = flowcoro::frame_statistics().allocations();
  for (int i = 0; i < 100; ++i) flowcoro::deallocate_frame(flowcoro::allocate_frame(64), 64);
  EXPECT_EQ(flowcoro::frame_statistics().allocations(), before + 100);
}
#endif

TEST(AllocateFrame, GivesAlignedMemoryOfEverySizeToThreadsThatAreNoWorkers) {
  std::array<std::size_t, 2> wrong{};
  flowcoro::test::start_together(2, [&wrong](std::size_t thread) {
    std::vector<Block> blocks;
    for (std::size_t bytes = 1; bytes <= 2 * pooled_frame_bytes; bytes += 7)
      blocks.emplace_back(flowcoro::allocate_frame(bytes), bytes, static_cast<std::uint8_t>(bytes + thread));
    for (const Block& block : blocks) {
      if (!block.intact() || !aligned_to_16(block.memory())) ++wrong[thread];
      flowcoro::deallocate_frame(block.memory(), block.bytes());
    }
  });
  EXPECT_EQ(wrong, (std::array<std::size_t, 2>{}));
}

TEST(AllocateFrame, TakesAFrameBackOnAnotherThread) {
  for (const std::size_t bytes : {std::size_t{80}, pooled_frame_bytes, pooled_frame_bytes + 1}) {
    void* frame = flowcoro::allocate_frame(bytes);
    std::jthread{[frame, bytes] { flowcoro::deallocate_frame(frame, bytes); }}.join();
  }
}

TEST(AllocateFrame, StaysBoundedWhenFramesAreFreedAtOnce) {
  for (int i = 0; i < 1000; ++i) flowcoro::deallocate_frame(flowcoro::allocate_frame(400), 400);
  EXPECT_LE(flowcoro::frame_arena().mapped_bytes(), 1024u * 1024);
}

#if FLOWCORO_TEST_ASAN
/// Writes through a pointer whose origin the compiler cannot see.
void write_to(void* block, std::size_t offset) { static_cast<volatile char*>(block)[offset] = 1; }

TEST_F(FramePool, IsCaughtByAddressSanitizerWhenAFreeBlockIsUsedDeathTest) {
  FrameCache cache{arena_};
  void* block = cache.allocate(64);
  write_to(block, 63);
  cache.deallocate(block, 64);
  EXPECT_DEATH(write_to(block, 63), "use-after-poison");
  EXPECT_DEATH(write_to(block, sizeof(FreeBlock)), "use-after-poison");
  EXPECT_EQ(cache.allocate(64), block);
  write_to(block, 63);
}
#endif

} // namespace
