#pragma once
/// Which tasks have started and not finished, so that shutdown can stop, join and name them.
#include "place_names.hpp"

#include "flowcoro/base/large_memory.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/mem/frame_pool.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <source_location>
#include <vector>

namespace flowcoro::detail {

struct RuntimeLayout;

/// A growing table of slots in chunks of 63, each with a bitmap of what is free. Chunks belong to shards (one per worker and
/// one for all other threads): a shard takes slots only from its own chunks and gives back those of its own without an atomic
/// operation; other threads give back by one, on a second bitmap. Chunks live until trim() finds them empty.
class LiveTasks {
 public:
  explicit LiveTasks(std::size_t shards) : shards_(shards) {}
  LiveTasks(const LiveTasks&) = delete;
  LiveTasks& operator=(const LiveTasks&) = delete;
  ~LiveTasks();

  /// Threads: one at a time for each shard. Throws std::bad_alloc.
  void add(std::size_t shard, PromiseBase& task, std::source_location where);
  /// Threads: one at a time for each shard, and as no_shard any. Waits while one of the three below is at this very task.
  void remove(std::size_t shard, PromiseBase& task, std::uint32_t slot_index) noexcept;
  static constexpr std::size_t no_shard = ~std::size_t{0};

  /// Frees the chunks of a shard that hold no task. Threads: the one that may add to the shard; not during those below.
  void trim(std::size_t shard) noexcept;

  /// Asks every task that is in the table now to stop. Threads: any, not from a stop callback.
  void request_stop_all() noexcept;
  /// Where each task of the table was first seen to wait. For reports: the tasks go on meanwhile.
  [[nodiscard]] std::vector<std::source_location> places() const;
  /// The same, and who awaits each; one that is being asked to stop has no such entry. Threads: any. Throws std::bad_alloc.
  void list(std::vector<LiveWork::Task>& to);

 private:
  friend struct RuntimeLayout;

  // 63, so that a chunk is no larger than the largest pooled frame; indices are given in steps of 64.
  static constexpr std::uint32_t slots_per_chunk = 63;
  static constexpr std::uint32_t indices_per_chunk = 64;
  static constexpr std::uint64_t all_free = (std::uint64_t{1} << slots_per_chunk) - 1;
  // Two levels, so that the table grows without moving: 1,024 blocks of 1,024 chunks are 66 million tasks.
  static constexpr std::uint32_t chunks_per_block = 1024;
  static constexpr std::uint32_t max_blocks = 1024;
  /// Set in a slot while request_stop_all() or list() uses its task, which then does not end.
  static constexpr std::uintptr_t busy_bit = 1;

  using PlaceId = PlaceNames::Id;
  struct Chunk {
    explicit Chunk(std::size_t of_shard) noexcept : shard{of_shard} {}

    const std::size_t shard;
    std::uint64_t free = all_free;          // its shard's thread only
    std::atomic<std::uint64_t> returned{0}; // by other threads
    std::array<std::atomic<std::uintptr_t>, slots_per_chunk> tasks{};
    std::array<std::atomic<PlaceId>, slots_per_chunk> where{};

    static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
    static void operator delete(void* memory, std::size_t bytes) noexcept { deallocate_frame(memory, bytes); }
  };
  static_assert(sizeof(Chunk) <= pooled_frame_bytes);
  using Block = std::array<std::atomic<Chunk*>, chunks_per_block>;
  struct Shard {
    std::vector<std::uint32_t, LargeAllocator<std::uint32_t>> chunks;
    std::size_t cursor = 0;
    PlaceNames::Cache known_places;
  };

  [[nodiscard]] std::uint32_t find_chunk(std::size_t shard_index);
  [[nodiscard]] std::uint32_t new_chunk(std::size_t shard_index);
  [[nodiscard]] std::atomic<Chunk*>& entry(std::uint32_t index) const noexcept;
  /// Of a shard of the caller's, or with a task in it that is the caller's to remove: such a chunk is there.
  [[nodiscard]] Chunk& chunk(std::uint32_t index) const noexcept;

  std::vector<Shard> shards_;
  PlaceNames places_;
  std::array<std::atomic<Block*>, max_blocks> blocks_{};
  std::atomic<std::uint32_t> chunk_count_{0};
  std::mutex growth_;
  std::vector<std::uint32_t, LargeAllocator<std::uint32_t>>
      vacant_; // indices whose chunks were freed; guarded by growth_
};

} // namespace flowcoro::detail
