#include "flowcoro/mem/bounded_frame_pool.hpp"

#include "frame_classes.hpp"
#include "sanitizer.hpp"

#include "flowcoro/base/assert.hpp"
#include "flowcoro/base/detail/never_destroyed.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>

namespace flowcoro {
namespace {

// To look at the clock costs more than a block.
constexpr std::uint64_t frees_between_looks = 256;

const BoundedFramePoolOptions& valid(const BoundedFramePoolOptions& options) {
  if (options.max_free == 0) throw std::invalid_argument{"max_free: must be at least 1"};
  if (options.min_free > options.max_free) throw std::invalid_argument{"min_free: must be at most max_free"};
  if (options.idle <= Nanoseconds{0}) throw std::invalid_argument{"idle: must be more than 0"};
  if (options.cleanup_interval <= Nanoseconds{0}) throw std::invalid_argument{"cleanup_interval: must be more than 0"};
  if (options.clock == nullptr) throw std::invalid_argument{"clock: must be a function"};
  return options;
}

} // namespace

BoundedFramePool::BoundedFramePool(const BoundedFramePoolOptions& options)
    : options_{valid(options)}, next_cleanup_{deadline_after(options.clock(), options.cleanup_interval)} {}

BoundedFramePool::~BoundedFramePool() {
  FLOWCORO_ASSERT(stats().live() == 0, "a BoundedFramePool ended while frames were in its blocks");
  clear();
}

void* BoundedFramePool::allocate(std::size_t bytes) {
  if (bytes > pooled_frame_bytes) {
    void* block = ::operator new(bytes);
    large_allocations_.fetch_add(1, std::memory_order_relaxed);
    return block;
  }
  const std::size_t size_class = detail::class_of(bytes);
  Shelf& shelf = shelves_[size_class];
  FreeBlock* block = nullptr;
  {
    const std::lock_guard hold{shelf.lock};
    block = shelf.blocks;
    if (block != nullptr) {
      shelf.blocks = block->next;
      shelf.least_free = std::min(shelf.least_free, --shelf.free);
      ++shelf.hits;
    }
  }
  if (block == nullptr) return allocate_first(shelf, detail::class_bytes(size_class));
  detail::unpoison(block, detail::class_bytes(size_class));
  return block;
}

void* BoundedFramePool::allocate_first(Shelf& shelf, std::size_t bytes) {
  void* block = ::operator new(bytes);
  bool first = false;
  {
    const std::lock_guard hold{shelf.lock};
    ++shelf.misses;
    first = !std::exchange(shelf.used, true);
  }
  if (first) {
    try {
      prepare(bytes);
    } catch (const std::bad_alloc&) {
      // What was asked for is there; the rest was for later, and is asked for then.
      const std::lock_guard hold{shelf.lock};
      shelf.used = false;
    }
  }
  return block;
}

void BoundedFramePool::prepare(std::size_t bytes) {
  if (bytes > pooled_frame_bytes) return;
  const std::size_t size_class = detail::class_of(bytes);
  Shelf& shelf = shelves_[size_class];
  const SteadyTime now = options_.clock();
  for (;;) {
    {
      const std::lock_guard hold{shelf.lock};
      shelf.used = true;
      if (shelf.free >= options_.min_free) {
        shelf.since = now;
        shelf.least_free = shelf.free;
        return;
      }
    }
    auto* block = static_cast<FreeBlock*>(::operator new(detail::class_bytes(size_class)));
    detail::poison_behind(sizeof(FreeBlock), block, detail::class_bytes(size_class));
    const std::lock_guard hold{shelf.lock};
    block->next = std::exchange(shelf.blocks, block);
    ++shelf.free;
  }
}

void BoundedFramePool::deallocate(void* memory, std::size_t bytes) noexcept {
  if (bytes > pooled_frame_bytes) {
    ::operator delete(memory, bytes);
    large_frees_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const std::size_t size_class = detail::class_of(bytes);
  Shelf& shelf = shelves_[size_class];
  detail::poison_behind(sizeof(FreeBlock), memory,
                        detail::class_bytes(size_class)); // before another thread may have it
  auto* block = static_cast<FreeBlock*>(memory);
  bool look = false;
  {
    const std::lock_guard hold{shelf.lock};
    look = ++shelf.frees % frees_between_looks == 0;
    if (shelf.free < options_.max_free) {
      block->next = std::exchange(shelf.blocks, block);
      ++shelf.free;
      block = nullptr;
    } else {
      ++shelf.returned;
    }
  }
  if (block != nullptr) {
    block->next = nullptr;
    return_all(block, detail::class_bytes(size_class));
  }
  if (look) look_at_clock();
}

void BoundedFramePool::look_at_clock() noexcept {
  const SteadyTime now = options_.clock();
  SteadyTime due = next_cleanup_.load(std::memory_order_relaxed);
  if (now < due) return;
  // One of those that see it does it.
  if (next_cleanup_.compare_exchange_strong(due, deadline_after(now, options_.cleanup_interval),
                                            std::memory_order_relaxed))
    cleanup(now);
}

/// A block that lay there all the time is one of the least that there were.
std::size_t BoundedFramePool::cleanup(SteadyTime now) noexcept {
  std::size_t returned = 0;
  for (std::size_t i = 0; i < shelves_.size(); ++i) {
    Shelf& shelf = shelves_[i];
    FreeBlock* idle = nullptr;
    {
      const std::lock_guard hold{shelf.lock};
      if (!shelf.used || deadline_after(shelf.since, options_.idle) > now) continue;
      const std::size_t kept = std::min(shelf.free, options_.min_free);
      const std::size_t count = std::min(shelf.least_free, shelf.free - kept);
      idle = take(shelf, count);
      shelf.since = now;
      shelf.least_free = shelf.free;
      returned += count;
    }
    return_all(idle, detail::class_bytes(i));
  }
  return returned;
}

std::size_t BoundedFramePool::clear() noexcept {
  std::size_t returned = 0;
  for (std::size_t i = 0; i < shelves_.size(); ++i) {
    Shelf& shelf = shelves_[i];
    FreeBlock* all = nullptr;
    {
      const std::lock_guard hold{shelf.lock};
      returned += shelf.free;
      all = take(shelf, shelf.free);
      shelf.least_free = 0;
      shelf.used = false;
    }
    return_all(all, detail::class_bytes(i));
  }
  return returned;
}

FreeBlock* BoundedFramePool::take(Shelf& shelf, std::size_t count) noexcept {
  FreeBlock* taken = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    FreeBlock* block = std::exchange(shelf.blocks, shelf.blocks->next);
    block->next = std::exchange(taken, block);
  }
  shelf.free -= count;
  shelf.returned += count;
  return taken;
}

void BoundedFramePool::return_all(FreeBlock* blocks, std::size_t bytes) noexcept {
  while (blocks != nullptr) {
    FreeBlock* block = std::exchange(blocks, blocks->next);
    detail::unpoison(block, bytes);
    ::operator delete(block, bytes);
  }
}

BoundedFramePoolStats BoundedFramePool::stats() const noexcept {
  BoundedFramePoolStats sum;
  sum.misses = large_allocations_.load(std::memory_order_relaxed);
  sum.frees = large_frees_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < shelves_.size(); ++i) {
    const Shelf& shelf = shelves_[i];
    const std::lock_guard hold{shelf.lock};
    sum.hits += shelf.hits;
    sum.misses += shelf.misses;
    sum.frees += shelf.frees;
    sum.returned += shelf.returned;
    sum.free += shelf.free;
    sum.bytes_saved += shelf.hits * detail::class_bytes(i);
  }
  return sum;
}

BoundedFramePool& default_frame_pool() noexcept {
  static detail::NeverDestroyed<BoundedFramePool> pool;
  return pool.get();
}

} // namespace flowcoro
