#include "pool_table.hpp"

#include "flowcoro/base/detail/never_destroyed.hpp"
#include "flowcoro/base/detail/thread_context.hpp"

#include <algorithm>
#include <new>

namespace flowcoro::detail {

PoolRegistry& pool_registry() noexcept {
  static NeverDestroyed<PoolRegistry> registry; // threads may end after static destructors have run
  return registry.get();
}

PoolRegistry::Place PoolRegistry::enter(MemoryPool& pool) {
  const std::lock_guard lock{mutex_};
  auto place = std::find_if(pools_.begin(), pools_.end(), [](const Entry& entry) { return entry.pool == nullptr; });
  if (place == pools_.end()) place = pools_.insert(place, Entry{});
  *place = {&pool, next_id_++};
  return {static_cast<std::size_t>(place - pools_.begin()), place->id};
}

void PoolRegistry::leave(std::size_t slot) noexcept {
  const std::lock_guard lock{mutex_};
  pools_[slot].pool = nullptr;
}

namespace {
/// Stands in for the table of a thread that ends. It has no entries.
PoolTable& ended_table() noexcept {
  static NeverDestroyed<PoolTable> none;
  return none.get();
}
} // namespace

PoolTable::~PoolTable() {
  own_thread_context.pools = &ended_table();
  PoolRegistry& registry = pool_registry();
  const std::lock_guard lock{registry.mutex_};
  for (std::size_t slot = 0; slot < std::min(entries_.size(), registry.pools_.size()); ++slot) {
    const PoolRegistry::Entry& there = registry.pools_[slot];
    if (there.pool != nullptr && there.id == entries_[slot].id) there.pool->retire(*entries_[slot].list);
  }
}

bool PoolTable::reserve(std::size_t slot) noexcept {
  if (slot < entries_.size()) return true;
  try {
    entries_.resize(slot + 1);
  } catch (const std::bad_alloc&) {
    return false; // the caller goes on without a list
  }
  return true;
}

PoolTable* PoolTable::of_this_thread() noexcept {
  if (own_thread_context.pools == nullptr) {
    static thread_local PoolTable mine; // for its end, which is that of the thread; found through the context
    own_thread_context.pools = &mine;
  }
  return own_thread_context.pools == &ended_table() ? nullptr : own_thread_context.pools;
}

} // namespace flowcoro::detail
