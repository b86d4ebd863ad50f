#include "flowcoro/mem/frame_pool.hpp"

#include "frame_classes.hpp"
#include "sanitizer.hpp"

#include "flowcoro/base/detail/never_destroyed.hpp"
#include "flowcoro/base/detail/thread_context.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <utility>

namespace flowcoro {

using detail::class_bytes;
using detail::class_of;

namespace {

std::byte* map_pages(std::size_t bytes) noexcept {
  void* start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return start == MAP_FAILED ? nullptr : static_cast<std::byte*>(start);
}

std::byte* map_huge_page() noexcept {
  // Twice the size holds an aligned page wherever it begins; what is around it goes back.
  std::byte* start = map_pages(2 * huge_page_bytes);
  if (start == nullptr) return nullptr;
  const std::size_t before = (0 - reinterpret_cast<std::uintptr_t>(start)) % huge_page_bytes;
  if (before != 0) munmap(start, before);
  munmap(start + before + huge_page_bytes, huge_page_bytes - before);
  madvise(start + before, huge_page_bytes, MADV_HUGEPAGE); // a wish: without it the page is made of small ones
  return start + before;
}

} // namespace

FrameArena::~FrameArena() {
  for (const Region& region : regions_) munmap(region.start, region.bytes);
}

std::byte* FrameArena::map_region(std::size_t bytes) {
  const std::lock_guard lock{mutex_};
  Region& region = regions_.emplace_back(); // before the mapping: it may throw
  region = {bytes == huge_page_bytes ? map_huge_page() : map_pages(bytes), bytes};
  if (region.start == nullptr) {
    regions_.pop_back();
    throw std::bad_alloc{};
  }
  mapped_bytes_ += bytes;
  return region.start;
}

void FrameArena::give_batch(std::size_t size_class, FreeBlock* batch) noexcept {
  const std::lock_guard lock{mutex_};
  batch->next_batch = batches_[size_class].load(std::memory_order_relaxed);
  batches_[size_class].store(batch, std::memory_order_relaxed);
}

FreeBlock* FrameArena::take_batch(std::size_t size_class) noexcept {
  if (batches_[size_class].load(std::memory_order_relaxed) == nullptr) return nullptr;
  const std::lock_guard lock{mutex_};
  FreeBlock* batch = batches_[size_class].load(std::memory_order_relaxed);
  if (batch != nullptr) batches_[size_class].store(batch->next_batch, std::memory_order_relaxed);
  return batch;
}

void FrameArena::give_extent(std::byte* start, std::size_t bytes) noexcept {
  auto* extent = reinterpret_cast<FreeExtent*>(start);
  extent->bytes = bytes;
  const std::lock_guard lock{mutex_};
  extent->next = std::exchange(extents_, extent);
}

std::span<std::byte> FrameArena::take_extent() noexcept {
  const std::lock_guard lock{mutex_};
  FreeExtent* extent = extents_;
  if (extent == nullptr) return {};
  extents_ = extent->next;
  return {reinterpret_cast<std::byte*>(extent), extent->bytes};
}

std::size_t FrameArena::mapped_bytes() const noexcept {
  const std::lock_guard lock{mutex_};
  return mapped_bytes_;
}

std::size_t FrameArena::trimmed_bytes() const noexcept {
  const std::lock_guard lock{mutex_};
  return trimmed_bytes_;
}

void FrameArena::enter(FrameCache& cache) noexcept {
  const std::lock_guard lock{mutex_};
  caches_.push_back(cache);
}

namespace {

void add_caches(FrameStatistics& to, const FrameStatistics& from) noexcept {
  to.hits += from.hits;
  to.batches_taken += from.batches_taken;
  to.carved += from.carved;
  to.batches_given += from.batches_given;
}

} // namespace

void FrameArena::leave(FrameCache& cache) noexcept {
  const std::lock_guard lock{mutex_};
  caches_.remove(cache);
  add_caches(ended_, cache.statistics());
}

FrameStatistics FrameArena::statistics() const noexcept {
  const std::lock_guard lock{mutex_};
  FrameStatistics sum = ended_;
  caches_.for_each([&sum](const FrameCache& cache) { add_caches(sum, cache.statistics()); });
  sum.mapped_bytes = mapped_bytes_;
  sum.trimmed_bytes = trimmed_bytes_;
  return sum;
}

FrameCache::~FrameCache() {
  flush();
  arena_.leave(*this);
}

FrameStatistics FrameCache::statistics() const noexcept {
  FrameStatistics sum;
  sum.hits = spares_used_.get();
  for (const detail::FreeList& blocks : classes_) sum.hits += blocks.taken();
  sum.batches_taken = batches_taken_.get();
  sum.carved = carved_.get();
  sum.batches_given = batches_given_.get();
  return sum;
}

void FrameCache::flush() noexcept {
  retire_fresh();
  next_region_bytes_ = first_region_bytes;
  for (std::size_t i = 0; i < frame_classes; ++i) {
    if (FreeBlock* blocks = classes_[i].take_active()) give_batch(i, blocks);
    if (FreeBlock* blocks = classes_[i].take_spare()) give_batch(i, blocks);
  }
}

void* FrameCache::allocate(std::size_t bytes) {
  const std::size_t size_class = class_of(bytes);
  FreeBlock* block = classes_[size_class].pop();
  if (block == nullptr) return refill(size_class);
  detail::unpoison(block, class_bytes(size_class));
  return block;
}

void FrameCache::deallocate(void* memory, std::size_t bytes) noexcept {
  const std::size_t size_class = class_of(bytes);
  if (!classes_[size_class].push(memory, frame_batch)) return deallocate_to_full(memory, size_class);
  detail::poison_behind(sizeof(FreeBlock), memory, class_bytes(size_class));
}

void FrameCache::deallocate_to_full(void* memory, std::size_t size_class) noexcept {
  if (FreeBlock* surplus = classes_[size_class].turn_over()) give_batch(size_class, surplus);
  deallocate(memory, class_bytes(size_class));
}

void FrameCache::give_batch(std::size_t size_class, FreeBlock* batch) noexcept {
  arena_.give_batch(size_class, batch);
  batches_given_.add();
}

void* FrameCache::refill(std::size_t size_class) {
  FreeBlock* batch = classes_[size_class].take_spare();
  if (batch != nullptr) {
    spares_used_.add();
  } else if (batch = arena_.take_batch(size_class); batch != nullptr) {
    batches_taken_.add();
  } else {
    void* block = carve(class_bytes(size_class));
    carved_.add();
    return block;
  }
  detail::unpoison(batch, class_bytes(size_class));
  return classes_[size_class].serve_from(batch, frame_batch);
}

void* FrameCache::carve(std::size_t bytes) {
  if (static_cast<std::size_t>(fresh_end_ - fresh_) < bytes) {
    std::span<std::byte> more = arena_.take_extent();
    if (more.empty()) {
      more = {arena_.map_region(next_region_bytes_), next_region_bytes_};
      next_region_bytes_ = std::min(next_region_bytes_ * 2, huge_page_bytes);
    }
    retire_fresh();
    fresh_ = more.data();
    fresh_end_ = fresh_ + more.size();
  }
  return std::exchange(fresh_, fresh_ + bytes);
}

/// What is left of the fresh memory becomes an extent or free blocks: a trim can give back a region only when it finds all of it.
void FrameCache::retire_fresh() noexcept {
  std::byte* start = std::exchange(fresh_, nullptr);
  auto left = static_cast<std::size_t>(std::exchange(fresh_end_, nullptr) - start);
  if (left >= least_extent_bytes) return arena_.give_extent(start, left);
  while (left != 0) {
    const std::size_t bytes = std::min(left, pooled_frame_bytes);
    deallocate(start, bytes);
    start += bytes;
    left -= bytes;
  }
}

FrameArena& frame_arena() noexcept {
  static detail::NeverDestroyed<FrameArena> arena;
  return arena.get();
}

FrameStatistics frame_statistics() noexcept { return frame_arena().statistics(); }

#ifdef FLOWCORO_SANITIZED

void* allocate_frame(std::size_t bytes) { return ::operator new(bytes); }

void deallocate_frame(void* frame, std::size_t bytes) noexcept { ::operator delete(frame, bytes); }

std::size_t trim_frames() noexcept { return frame_arena().trim(); }

#else

namespace {

/// For threads that are no workers: one cache behind a lock.
struct SharedCache {
  std::mutex mutex;
  FrameCache cache{frame_arena()};
};
SharedCache& shared_cache() noexcept {
  static detail::NeverDestroyed<SharedCache> shared;
  return shared.get();
}

// Not inlined, for the same reason as FrameCache::refill.
[[gnu::noinline]] void* allocate_shared(std::size_t bytes) {
  SharedCache& shared = shared_cache();
  const std::lock_guard lock{shared.mutex};
  return shared.cache.allocate(bytes);
}
[[gnu::noinline]] void deallocate_shared(void* frame, std::size_t bytes) noexcept {
  SharedCache& shared = shared_cache();
  const std::lock_guard lock{shared.mutex};
  shared.cache.deallocate(frame, bytes);
}

} // namespace

void* allocate_frame(std::size_t bytes) {
  if (bytes > pooled_frame_bytes) return ::operator new(bytes);
  if (FrameCache* cache = detail::own_thread_context.frames) return cache->allocate(bytes);
  return allocate_shared(bytes);
}

void deallocate_frame(void* frame, std::size_t bytes) noexcept {
  if (bytes > pooled_frame_bytes) return ::operator delete(frame, bytes);
  if (FrameCache* cache = detail::own_thread_context.frames) return cache->deallocate(frame, bytes);
  deallocate_shared(frame, bytes);
}

std::size_t trim_frames() noexcept {
  if (FrameCache* cache = detail::own_thread_context.frames) cache->flush();
  {
    SharedCache& shared = shared_cache();
    const std::lock_guard lock{shared.mutex};
    shared.cache.flush();
  }
  return frame_arena().trim();
}

#endif

} // namespace flowcoro
