#pragma once
/// Recycled memory for coroutine frames: size classes of 16 bytes, one cache per worker, surplus shared in batches.
#include "flowcoro/base/detail/owned_count.hpp"
#include "flowcoro/base/intrusive_list.hpp"
#include "flowcoro/mem/detail/free_list.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace flowcoro {

/// Memory from which no block has been cut, or all blocks of which have come back: of its pages only the one with this
/// header is in use.
struct FreeExtent {
  FreeExtent* next;
  std::size_t bytes;
};

/// Frames up to this many bytes are pooled; larger ones come from operator new.
inline constexpr std::size_t pooled_frame_bytes = 1024;
inline constexpr std::size_t frame_class_bytes = 16;
inline constexpr std::size_t frame_classes = pooled_frame_bytes / frame_class_bytes;
/// Blocks that travel between caches at once.
inline constexpr std::uint32_t frame_batch = 64;
inline constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;
/// What a cache asks for first; each further region is twice as large, up to a huge page.
inline constexpr std::size_t first_region_bytes = std::size_t{64} << 10;
inline constexpr std::size_t least_extent_bytes = 4096;

/// Sums since the start: what is in reach of who asked for it, and what was not. Of pooled sizes only.
struct FrameStatistics {
  std::uint64_t hits = 0;          ///< blocks from the caller's own cache
  std::uint64_t batches_taken = 0; ///< allocations that brought a batch of blocks from others
  std::uint64_t carved = 0;        ///< allocations from fresh memory
  std::uint64_t batches_given = 0; ///< batches of free blocks that caches have passed on
  std::size_t mapped_bytes = 0;    ///< from the system now
  std::size_t trimmed_bytes = 0;   ///< given back to the system by trim() so far

  [[nodiscard]] std::uint64_t allocations() const noexcept { return hits + batches_taken + carved; }
  /// The share of allocations that found a block in the caller's own cache; 0 without any.
  [[nodiscard]] double hit_ratio() const noexcept {
    return allocations() == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(allocations());
  }
};

class FrameCache;

/// Owns the memory behind any number of FrameCaches and carries batches of free blocks between them.
/// Threads: any. Memory goes back to the system by trim(), and when the arena ends; every cache must have ended before.
class FrameArena {
 public:
  FrameArena() = default;
  FrameArena(const FrameArena&) = delete;
  FrameArena& operator=(const FrameArena&) = delete;
  ~FrameArena();

  /// A region of fresh memory, page-aligned; one of huge_page_bytes is aligned to that, and the kernel is asked to back it by a
  /// huge page, whose first touch costs a tenth of that of small ones. Throws std::bad_alloc.
  /// \param bytes a multiple of the page size.
  [[nodiscard]] std::byte* map_region(std::size_t bytes);

  void give_batch(std::size_t size_class, FreeBlock* batch) noexcept;
  /// \return a batch of frame_batch blocks or fewer, or nullptr.
  [[nodiscard]] FreeBlock* take_batch(std::size_t size_class) noexcept;

  /// \param bytes a multiple of frame_class_bytes, at least least_extent_bytes.
  void give_extent(std::byte* start, std::size_t bytes) noexcept;
  /// \return an extent, or nothing.
  [[nodiscard]] std::span<std::byte> take_extent() noexcept;

  /// Gives the pages to the system on which no byte is in use: wholly free regions are unmapped, other pages emptied. What caches
  /// hold is in use; see FrameCache::flush(). Allocates 1/128 of what is mapped, and does nothing without that.
  /// \return how many resident bytes that were. Cost: some 50 ns for each free block. Threads: any; meanwhile what is free
  /// already is out of reach, so that other threads map more.
  std::size_t trim() noexcept;

  /// Of all its caches, those that have ended included. Exact while no other thread allocates.
  [[nodiscard]] FrameStatistics statistics() const noexcept;

  /// Bytes that are mapped from the system now.
  [[nodiscard]] std::size_t mapped_bytes() const noexcept;
  /// What all calls of trim() have given back.
  [[nodiscard]] std::size_t trimmed_bytes() const noexcept;

 private:
  friend class FrameCache;

  void enter(FrameCache& cache) noexcept;
  void leave(FrameCache& cache) noexcept;

  using Batches = std::array<FreeBlock*, frame_classes>;
  struct Region {
    std::byte* start;
    std::size_t bytes;
  };
  class FreeMap;
  // One lock for all classes: it is taken once in frame_batch frees, or allocations that find a batch here.
  mutable std::mutex mutex_;
  // Written under the lock; atomic for the look of who finds none, which is each allocation from fresh memory.
  std::array<std::atomic<FreeBlock*>, frame_classes> batches_{};
  FreeExtent* extents_ = nullptr;
  std::vector<Region> regions_;
  std::size_t mapped_bytes_ = 0;
  std::size_t trimmed_bytes_ = 0;
  mutable IntrusiveList<FrameCache> caches_;
  FrameStatistics ended_; // what caches did that have ended
};

/// Free lists of one thread. A block may be freed into another cache of the same arena than it came from.
/// Threads: one at a time, and any for statistics().
class FrameCache : ListNode {
 public:
  explicit FrameCache(FrameArena& arena) noexcept : arena_{arena} { arena.enter(*this); }
  FrameCache(const FrameCache&) = delete;
  FrameCache& operator=(const FrameCache&) = delete;
  ~FrameCache();

  /// \param bytes 1 … pooled_frame_bytes. \return a block aligned to 16. Throws std::bad_alloc.
  [[nodiscard]] void* allocate(std::size_t bytes);
  /// \param bytes the size that allocate() was asked for.
  void deallocate(void* block, std::size_t bytes) noexcept;
  /// Gives all that is free here to the arena.
  void flush() noexcept;

  /// Of this cache; what concerns the arena stays 0.
  [[nodiscard]] FrameStatistics statistics() const noexcept;

 private:
  friend class IntrusiveList<FrameCache>;

  // Not inlined, so that the usual way saves no registers for them.
  [[nodiscard, gnu::noinline]] void* refill(std::size_t size_class);
  [[nodiscard]] void* carve(std::size_t bytes);
  [[gnu::noinline]] void deallocate_to_full(void* memory, std::size_t size_class) noexcept;
  void retire_fresh() noexcept;
  void give_batch(std::size_t size_class, FreeBlock* batch) noexcept;

  FrameArena& arena_;
  std::array<detail::FreeList, frame_classes> classes_{};
  std::byte* fresh_ = nullptr;
  std::byte* fresh_end_ = nullptr;
  std::size_t next_region_bytes_ = first_region_bytes;
  detail::OwnedCount spares_used_; // hits that are no pop()
  detail::OwnedCount batches_taken_;
  detail::OwnedCount carved_;
  detail::OwnedCount batches_given_;
};

/// Memory for a coroutine frame: from the current worker's cache, else from a cache that all other threads share.
/// Aligned to 16. Throws std::bad_alloc. Threads: any.
/// In builds with a sanitizer it comes from operator new, so that the tool sees each frame's life and end.
[[nodiscard]] void* allocate_frame(std::size_t bytes);
/// \param bytes the size that allocate_frame() was asked for. Threads: any.
void deallocate_frame(void* frame, std::size_t bytes) noexcept;

/// Gives the memory of frames that have ended to the system, but for what the caches of other threads hold: Runtime::trim_memory()
/// reaches those of idle workers. \return as FrameArena::trim(). Threads: any.
std::size_t trim_frames() noexcept;

/// What allocate_frame() has done so far, of all threads. In builds with a sanitizer, where it asks operator new, all 0.
/// Threads: any. Cost: some microseconds, under the lock that batches pass.
[[nodiscard]] FrameStatistics frame_statistics() noexcept;

/// The arena behind allocate_frame(). It is never destroyed: frames may outlive every runtime, and main().
[[nodiscard]] FrameArena& frame_arena() noexcept;

} // namespace flowcoro
