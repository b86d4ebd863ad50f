#pragma once
/// A bounded store of blocks for coroutine frames that counts what it saves.
#include "flowcoro/base/time.hpp"
#include "flowcoro/mem/detail/free_list.hpp"
#include "flowcoro/mem/frame_pool.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace flowcoro {

struct BoundedFramePoolOptions {
  /// Free blocks of each size that are kept; more go back to the heap as they are freed. At least 1.
  std::size_t max_free = 1000;
  /// Free blocks of each size that are made ready at its first use, and that no cleanup takes away; at most max_free.
  std::size_t min_free = 10;
  /// Free blocks that nobody needed for so long go back to the heap. More than 0.
  Nanoseconds idle = std::chrono::seconds{300};
  /// How often frees look for such blocks, if there are frees. More than 0.
  Nanoseconds cleanup_interval = std::chrono::seconds{60};
  /// The time for both.
  SteadyTime (*clock)() noexcept = &steady_now;
};

/// Exact while nobody is in a call.
struct BoundedFramePoolStats {
  std::uint64_t hits = 0;   ///< allocations that found a free block
  std::uint64_t misses = 0; ///< allocations that went to the heap; larger ones than pooled_frame_bytes always do
  std::uint64_t frees = 0;
  std::uint64_t bytes_saved = 0; ///< that the heap was not asked for, thanks to hits
  std::uint64_t returned = 0;    ///< blocks that went back to the heap
  std::size_t free = 0;          ///< blocks that are kept now

  [[nodiscard]] std::uint64_t allocations() const noexcept { return hits + misses; }
  /// Blocks that are in use.
  [[nodiscard]] std::uint64_t live() const noexcept { return allocations() - frees; }
  /// 0 without any allocation.
  [[nodiscard]] double hit_ratio() const noexcept {
    return allocations() == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(allocations());
  }
};

/// Blocks come from operator new and are kept for reuse when they are freed: for frames whose memory must have a bound, a life and an
/// account of its own. The shared pool behind allocate_frame() is faster, because each worker has free blocks to itself.
/// Threads: any; blocks may be freed on another thread. Blocks must have come back before it ends.
/// With AddressSanitizer a use of a free block is an error, as it would be without a pool.
class BoundedFramePool {
 public:
  /// Throws std::invalid_argument, which names the option.
  explicit BoundedFramePool(const BoundedFramePoolOptions& options = {});
  BoundedFramePool(const BoundedFramePool&) = delete;
  BoundedFramePool& operator=(const BoundedFramePool&) = delete;
  ~BoundedFramePool();

  [[nodiscard]] const BoundedFramePoolOptions& options() const noexcept { return options_; }

  /// \return a block aligned as operator new aligns. Throws std::bad_alloc. Cost: one short lock.
  [[nodiscard]] void* allocate(std::size_t bytes);
  /// \param bytes the size that allocate() was asked for.
  void deallocate(void* block, std::size_t bytes) noexcept;

  /// Makes options().min_free blocks ready for allocations of `bytes`, as the first one does. Throws std::bad_alloc.
  void prepare(std::size_t bytes);
  /// Gives blocks back that nobody has needed since options().idle before `now`, but for min_free of each size. \return how many.
  std::size_t cleanup(SteadyTime now) noexcept;
  std::size_t cleanup() noexcept { return cleanup(options_.clock()); }
  /// Gives all free blocks back. \return how many.
  std::size_t clear() noexcept;

  [[nodiscard]] BoundedFramePoolStats stats() const noexcept;

 private:
  /// The blocks of one size.
  struct alignas(64) Shelf {
    mutable std::mutex lock; // guards all below
    FreeBlock* blocks = nullptr;
    std::size_t free = 0;
    std::size_t least_free = 0; // since `since`: so many blocks nobody has needed
    SteadyTime since{};
    bool used = false;
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t frees = 0;
    std::uint64_t returned = 0;
  };

  [[nodiscard]] void* allocate_first(Shelf& shelf, std::size_t bytes);
  /// Takes `count` blocks off the shelf, under its lock. \return them as a list.
  [[nodiscard]] static FreeBlock* take(Shelf& shelf, std::size_t count) noexcept;
  static void return_all(FreeBlock* blocks, std::size_t bytes) noexcept;
  void look_at_clock() noexcept;

  const BoundedFramePoolOptions options_;
  std::array<Shelf, frame_classes> shelves_;
  std::atomic<std::uint64_t> large_allocations_{0};
  std::atomic<std::uint64_t> large_frees_{0};
  std::atomic<SteadyTime> next_cleanup_;
};

/// The process-wide one that is used where none is named. The first call makes it with the default options; it is never destroyed, because
/// frames may outlive main().
[[nodiscard]] BoundedFramePool& default_frame_pool() noexcept;

} // namespace flowcoro
