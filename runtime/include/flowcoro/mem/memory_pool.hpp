#pragma once
/// Blocks of one size for any number of threads, each with free blocks of its own, so that most calls take no lock.
#include "flowcoro/mem/detail/free_list.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>

namespace flowcoro {
namespace detail {
class PoolTable;
} // namespace detail

struct MemoryPoolOptions {
  /// Of every block, a power of two. 0 = what any type of just this size may ask for: the largest power of two that divides
  /// block_bytes, but at least that of operator new and at most 4,096. A smaller type may ask for more: say so here.
  std::size_t alignment = 0;
  /// How many blocks there may be; 0 = as many as there is memory for. With a limit each call takes the pool's lock, because no thread
  /// may keep a free block back that is another one's last.
  std::size_t max_blocks = 0;
};

/// Gives out blocks of `block_bytes` and takes them back on any thread. Grows when it has none, by a factor, without a hidden limit.
/// What a thread keeps of free blocks is bounded (128 blocks, fewer of large ones) and goes back to the others when the thread ends.
/// All memory returns to the system when the pool ends, blocks that are still in use with it.
/// Threads: any, for every function; nobody may be in one when the pool ends. With AddressSanitizer a use of a free block, or behind
/// the end of one, is an error.
class MemoryPool {
 public:
  /// \param initial_blocks room for so many is asked for at once.
  /// Throws std::bad_alloc.
  explicit MemoryPool(std::size_t block_bytes, std::size_t initial_blocks = 0, MemoryPoolOptions options = {});
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;
  ~MemoryPool();

  /// How many times as large the pool is after it has grown; more than 1. Default 2. Where the system has less, it grows by less.
  void set_expansion_factor(double factor);

  /// \return never nullptr. Throws std::bad_alloc when the system has no memory, or max_blocks are in use.
  [[nodiscard]] void* allocate();
  /// As allocate(), but gives nullptr where that throws.
  [[nodiscard]] void* try_allocate() noexcept;
  /// \param block from this pool, not freed yet; or nullptr, which does nothing. The thread need not be the one that allocated it.
  void deallocate(void* block) noexcept;

  [[nodiscard]] std::size_t block_bytes() const noexcept { return block_bytes_; }
  [[nodiscard]] std::size_t alignment() const noexcept { return alignment_; }
  /// Blocks that there is memory for, in use or not.
  [[nodiscard]] std::size_t capacity() const noexcept;

 private:
  friend class detail::PoolTable;

  struct Chunk {
    Chunk* older;
    std::byte* start;
    std::size_t bytes;
  };
  /// The free blocks of one thread, or of one that has ended: then `next_idle` links it.
  struct ThreadList;

  [[nodiscard]] ThreadList* own_list() const noexcept;
  [[nodiscard]] ThreadList* own_or_new_list() noexcept;
  [[nodiscard]] ThreadList* list_for_new_thread() noexcept;
  void retire(ThreadList& list) noexcept;

  [[nodiscard]] void* allocate_slowly() noexcept;
  void deallocate_slowly(void* block) noexcept;
  void poison_free(void* block) const noexcept;

  // Under the lock:
  void put_batch(FreeBlock* batch) noexcept;
  [[nodiscard]] FreeBlock* take_blocks(std::size_t at_most) noexcept;
  [[nodiscard]] FreeBlock* carve(std::size_t at_most) noexcept;
  [[nodiscard]] std::size_t wanted_growth() const noexcept;
  [[nodiscard]] bool grow() noexcept;
  [[nodiscard]] bool add_chunk(std::size_t blocks) noexcept;

  void free_memory() noexcept;

  const std::size_t block_bytes_;
  const std::size_t alignment_;
  const std::size_t stride_; // from one block to the next
  const std::size_t max_blocks_;
  const std::uint32_t batch_; // blocks that go from thread to thread at once; 0: threads keep none
  std::size_t slot_ = 0;      // place in the table of pools that each thread has
  std::uint64_t id_ = 0;      // tells it from a pool that had the place before

  mutable std::mutex mutex_;
  FreeBlock* batches_ = nullptr; // each block is the first of a list, linked by next_batch
  std::byte* fresh_ = nullptr;   // never used, up to fresh_end_
  std::byte* fresh_end_ = nullptr;
  std::size_t capacity_ = 0;
  double expansion_factor_ = 2.0;
  Chunk* chunks_ = nullptr;
  ThreadList* lists_ = nullptr;
  ThreadList* idle_lists_ = nullptr;
};

} // namespace flowcoro
