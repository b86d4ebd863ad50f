#pragma once
// Which free list a thread has in which MemoryPool.
#include "flowcoro/mem/memory_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace flowcoro::detail {

/// All pools that exist, each with a place that tells threads where to look for their list of it.
/// Its lock comes before that of a pool: while a thread that ends gives its blocks back, no pool ends.
class PoolRegistry {
 public:
  struct Place {
    std::size_t slot;
    std::uint64_t id; // never used twice
  };
  /// Throws std::bad_alloc.
  [[nodiscard]] Place enter(MemoryPool& pool);
  void leave(std::size_t slot) noexcept;

 private:
  friend class PoolTable;
  std::mutex mutex_;
  struct Entry {
    MemoryPool* pool;
    std::uint64_t id;
  };
  std::vector<Entry> pools_; // by slot; nullptr where a pool has ended
  std::uint64_t next_id_ = 1;
};
[[nodiscard]] PoolRegistry& pool_registry() noexcept;

/// One thread's lists. An entry may be that of a pool which has ended: its id is no other pool's.
class PoolTable {
 public:
  PoolTable() = default;
  PoolTable(const PoolTable&) = delete;
  PoolTable& operator=(const PoolTable&) = delete;
  /// The thread ends: gives its free blocks back to the pools.
  ~PoolTable();

  [[nodiscard]] MemoryPool::ThreadList* find(std::size_t slot, std::uint64_t id) const noexcept {
    if (slot >= entries_.size() || entries_[slot].id != id) return nullptr;
    return entries_[slot].list;
  }
  /// \return false without memory for it.
  [[nodiscard]] bool reserve(std::size_t slot) noexcept;
  /// After reserve().
  void set(std::size_t slot, std::uint64_t id, MemoryPool::ThreadList& list) noexcept { entries_[slot] = {id, &list}; }

  /// That of this thread; nullptr while it ends, when none is made any more.
  [[nodiscard]] static PoolTable* of_this_thread() noexcept;

 private:
  struct Entry {
    std::uint64_t id = 0; // 0 is no pool's
    MemoryPool::ThreadList* list = nullptr;
  };
  std::vector<Entry> entries_;
};

} // namespace flowcoro::detail
