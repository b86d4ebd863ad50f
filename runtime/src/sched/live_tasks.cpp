#include "live_tasks.hpp"

#include "flowcoro/coro/detail/awaited_by.hpp"

#include <sched.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <new>

namespace flowcoro::detail {

LiveTasks::~LiveTasks() {
  const std::uint32_t chunks = chunk_count_.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < chunks; ++i) delete entry(i).load(std::memory_order_relaxed);
  for (const auto& block : blocks_) delete block.load(std::memory_order_relaxed);
}

std::atomic<LiveTasks::Chunk*>& LiveTasks::entry(std::uint32_t index) const noexcept {
  Block* block = blocks_[index / chunks_per_block].load(std::memory_order_acquire);
  return (*block)[index % chunks_per_block];
}

LiveTasks::Chunk& LiveTasks::chunk(std::uint32_t index) const noexcept {
  return *entry(index).load(std::memory_order_acquire);
}

void LiveTasks::add(std::size_t shard, PromiseBase& task, std::source_location where) {
  const PlaceNames::Id place = places_.id_of(where, shards_[shard].known_places);
  const std::uint32_t index = find_chunk(shard);
  Chunk& home = chunk(index);
  const auto slot = static_cast<std::uint32_t>(std::countr_zero(home.free));
  home.free &= home.free - 1;
  home.where[slot].store(place, std::memory_order_relaxed);
  task.set_live_slot(index * indices_per_chunk + slot);
  // release: pairs with the acquire in request_stop_all() and places().
  home.tasks[slot].store(reinterpret_cast<std::uintptr_t>(&task), std::memory_order_release);
}

void LiveTasks::remove(std::size_t shard, PromiseBase& task, std::uint32_t slot_index) noexcept {
  Chunk& home = chunk(slot_index / indices_per_chunk);
  const std::uint32_t slot = slot_index % indices_per_chunk;
  const auto self = reinterpret_cast<std::uintptr_t>(&task);
  std::uintptr_t expected = self;
  while (!home.tasks[slot].compare_exchange_weak(expected, 0, std::memory_order_acq_rel, std::memory_order_relaxed)) {
    expected = self;
    sched_yield(); // a stop request for this task is being delivered on another thread; that is short
  }
  const std::uint64_t bit = std::uint64_t{1} << slot;
  if (home.shard == shard)
    home.free |= bit;
  else
    home.returned.fetch_or(bit, std::memory_order_release);
}

std::uint32_t LiveTasks::find_chunk(std::size_t shard_index) {
  Shard& shard = shards_[shard_index];
  // A full chunk is likely to have room again after a turn through the others. Looking at a few and then growing keeps the
  // cost of one task constant; the table stays within a small factor of the largest number of tasks alive.
  constexpr std::size_t looks = 4;
  for (std::size_t i = 0; i < std::min(looks, shard.chunks.size()); ++i) {
    const std::uint32_t index = shard.chunks[shard.cursor];
    Chunk& some = chunk(index);
    // acquire: pairs with the release in remove().
    if (some.free == 0 && some.returned.load(std::memory_order_relaxed) != 0)
      some.free = some.returned.exchange(0, std::memory_order_acquire);
    if (some.free != 0) return index;
    shard.cursor = (shard.cursor + 1) % shard.chunks.size();
  }
  if (shard.chunks.size() == shard.chunks.capacity())
    shard.chunks.reserve(std::max<std::size_t>(8, 2 * shard.chunks.size()));
  const std::uint32_t index = new_chunk(shard_index);
  shard.cursor = shard.chunks.size();
  shard.chunks.push_back(index);
  return index;
}

std::uint32_t LiveTasks::new_chunk(std::size_t shard_index) {
  const std::lock_guard lock{growth_};
  if (!vacant_.empty()) {
    const std::uint32_t index = vacant_.back();
    entry(index).store(new Chunk{shard_index}, std::memory_order_release);
    vacant_.pop_back();
    return index;
  }
  const std::uint32_t index = chunk_count_.load(std::memory_order_relaxed);
  if (index / chunks_per_block == max_blocks) throw std::bad_alloc{};
  auto fresh = std::make_unique<Chunk>(shard_index);
  std::atomic<Block*>& block = blocks_[index / chunks_per_block];
  if (block.load(std::memory_order_relaxed) == nullptr) block.store(new Block{}, std::memory_order_release);
  (*block.load(std::memory_order_relaxed))[index % chunks_per_block].store(fresh.release(), std::memory_order_release);
  chunk_count_.store(index + 1, std::memory_order_release);
  return index;
}

void LiveTasks::trim(std::size_t shard_index) noexcept {
  Shard& shard = shards_[shard_index];
  const std::lock_guard lock{growth_};
  try {
    vacant_.reserve(vacant_.size() + shard.chunks.size());
  } catch (const std::bad_alloc&) {
    return;
  }
  std::erase_if(shard.chunks, [this](std::uint32_t index) {
    // acquire: pairs with the release in remove(), which is the last touch of whoever emptied a slot.
    const Chunk& some = chunk(index);
    if ((some.free | some.returned.load(std::memory_order_acquire)) != all_free) return false;
    delete entry(index).exchange(nullptr, std::memory_order_relaxed);
    vacant_.push_back(index);
    return true;
  });
  shard.chunks.shrink_to_fit();
  shard.cursor = 0;
}

void LiveTasks::request_stop_all() noexcept {
  const std::uint32_t chunks = chunk_count_.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < chunks; ++i) {
    Chunk* some = entry(i).load(std::memory_order_acquire);
    if (some == nullptr) continue;
    for (auto& slot : some->tasks) {
      std::uintptr_t task = slot.load(std::memory_order_acquire);
      for (; (task & busy_bit) != 0; task = slot.load(std::memory_order_acquire)) sched_yield(); // list() is at it
      if (task == 0 || !slot.compare_exchange_strong(task, task | busy_bit, std::memory_order_acquire)) continue;
      reinterpret_cast<PromiseBase*>(task)->stop_state().request_stop();
      slot.store(task, std::memory_order_release);
    }
  }
}

std::vector<std::source_location> LiveTasks::places() const {
  std::vector<std::source_location> all;
  const std::uint32_t chunks = chunk_count_.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < chunks; ++i) {
    const Chunk* some = entry(i).load(std::memory_order_acquire);
    if (some == nullptr) continue;
    for (std::uint32_t slot = 0; slot < slots_per_chunk; ++slot)
      if (some->tasks[slot].load(std::memory_order_acquire) != 0)
        all.push_back(places_.place(some->where[slot].load(std::memory_order_relaxed)));
  }
  return all;
}

void LiveTasks::list(std::vector<LiveWork::Task>& to) {
  const std::uint32_t chunks = chunk_count_.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < chunks; ++i) {
    Chunk* some = entry(i).load(std::memory_order_acquire);
    if (some == nullptr) continue;
    for (std::uint32_t slot = 0; slot < slots_per_chunk; ++slot) {
      std::uintptr_t task = some->tasks[slot].load(std::memory_order_acquire);
      if (task == 0) continue;
      LiveWork::Task seen{reinterpret_cast<const void*>(task & ~busy_bit), {}, {}};
      const PlaceId place = some->where[slot].load(std::memory_order_relaxed);
      // A callback of request_stop_all() may take long, and may be where this is called. So that is not waited for.
      if ((task & busy_bit) == 0) {
        if (!some->tasks[slot].compare_exchange_strong(task, task | busy_bit, std::memory_order_acquire)) continue;
        seen.awaited_by = awaited_by(*reinterpret_cast<const PromiseBase*>(task));
        some->tasks[slot].store(task, std::memory_order_release);
      }
      seen.waited_at = places_.place(place);
      to.push_back(seen);
    }
  }
}

} // namespace flowcoro::detail
