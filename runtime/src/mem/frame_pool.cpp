#include "flowcoro/mem/frame_pool.hpp"

#include "flowcoro/base/detail/never_destroyed.hpp"
#include "flowcoro/base/detail/thread_context.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define FLOWCORO_ASAN 1
#define FLOWCORO_SANITIZED 1
#elif defined(__SANITIZE_THREAD__)
#define FLOWCORO_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLOWCORO_ASAN 1
#define FLOWCORO_SANITIZED 1
#elif __has_feature(thread_sanitizer)
#define FLOWCORO_SANITIZED 1
#endif
#endif

#ifdef FLOWCORO_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace flowcoro {
namespace {

constexpr std::size_t class_of(std::size_t bytes) noexcept { return (bytes - 1) / frame_class_bytes; }
constexpr std::size_t class_bytes(std::size_t size_class) noexcept { return (size_class + 1) * frame_class_bytes; }

/// While a block is free only its links may be touched; address-sanitizer builds enforce that.
void poison(FreeBlock* block, std::size_t size_class) noexcept {
#ifdef FLOWCORO_ASAN
  const std::size_t bytes = class_bytes(size_class);
  if (bytes > sizeof(FreeBlock)) __asan_poison_memory_region(block + 1, bytes - sizeof(FreeBlock));
#else
  static_cast<void>(block);
  static_cast<void>(size_class);
#endif
}
void unpoison(void* block, std::size_t size_class) noexcept {
#ifdef FLOWCORO_ASAN
  __asan_unpoison_memory_region(block, class_bytes(size_class));
#else
  static_cast<void>(block);
  static_cast<void>(size_class);
#endif
}

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

std::size_t FrameArena::mapped_bytes() const noexcept {
  const std::lock_guard lock{mutex_};
  return mapped_bytes_;
}

FrameCache::~FrameCache() {
  for (std::size_t i = 0; i < frame_classes; ++i) {
    if (classes_[i].active != nullptr) arena_.give_batch(i, classes_[i].active);
    if (classes_[i].spare != nullptr) arena_.give_batch(i, classes_[i].spare);
  }
  // What was never carved stays mapped but untouched until the arena ends: it costs address space, not memory.
}

void* FrameCache::allocate(std::size_t bytes) {
  const std::size_t size_class = class_of(bytes);
  SizeClass& blocks = classes_[size_class];
  FreeBlock* block = blocks.active;
  if (block == nullptr) return refill(size_class);
  blocks.active = block->next;
  --blocks.active_blocks;
  unpoison(block, size_class);
  return block;
}

void FrameCache::deallocate(void* memory, std::size_t bytes) noexcept {
  const std::size_t size_class = class_of(bytes);
  SizeClass& blocks = classes_[size_class];
  if (blocks.active_blocks == frame_batch) return deallocate_to_full(memory, size_class);
  auto* block = static_cast<FreeBlock*>(memory);
  block->next = std::exchange(blocks.active, block);
  ++blocks.active_blocks;
  poison(block, size_class);
}

void FrameCache::deallocate_to_full(void* memory, std::size_t size_class) noexcept {
  SizeClass& blocks = classes_[size_class];
  if (blocks.spare != nullptr) arena_.give_batch(size_class, blocks.spare);
  blocks.spare = std::exchange(blocks.active, nullptr);
  blocks.active_blocks = 0;
  deallocate(memory, class_bytes(size_class));
}

void* FrameCache::refill(std::size_t size_class) {
  SizeClass& blocks = classes_[size_class];
  FreeBlock* batch = std::exchange(blocks.spare, nullptr);
  if (batch == nullptr) batch = arena_.take_batch(size_class);
  if (batch == nullptr) return carve(class_bytes(size_class));
  blocks.active = batch->next;
  // A batch of an ended cache may be short; counting it as full only makes the next hand-over come earlier.
  blocks.active_blocks = blocks.active == nullptr ? 0 : frame_batch - 1;
  unpoison(batch, size_class);
  return batch;
}

void* FrameCache::carve(std::size_t bytes) {
  if (static_cast<std::size_t>(fresh_end_ - fresh_) < bytes) {
    std::byte* region = arena_.map_region(next_region_bytes_);
    fresh_ = region;
    fresh_end_ = region + next_region_bytes_;
    next_region_bytes_ = std::min(next_region_bytes_ * 2, huge_page_bytes);
  }
  return std::exchange(fresh_, fresh_ + bytes);
}

FrameArena& frame_arena() noexcept {
  static detail::NeverDestroyed<FrameArena> arena;
  return arena.get();
}

#ifdef FLOWCORO_SANITIZED

void* allocate_frame(std::size_t bytes) { return ::operator new(bytes); }

void deallocate_frame(void* frame, std::size_t bytes) noexcept { ::operator delete(frame, bytes); }

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

#endif

} // namespace flowcoro
