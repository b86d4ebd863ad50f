#include "flowcoro/mem/memory_pool.hpp"

#include "pool_table.hpp"
#include "sanitizer.hpp"

#include "flowcoro/base/assert.hpp"
#include "flowcoro/base/cache_line.hpp"
#include "flowcoro/base/detail/thread_context.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <new>
#include <utility>

namespace flowcoro {
namespace {

constexpr std::size_t largest_default_alignment = 4096;
/// Free blocks that a thread keeps are at most twice this many, and about twice this many bytes.
constexpr std::size_t most_blocks_in_batch = 64;
constexpr std::size_t most_bytes_in_batch = 64 * 1024;

std::size_t alignment_for(std::size_t block_bytes, std::size_t asked) {
  FLOWCORO_ASSERT(block_bytes != 0, "a pool of blocks without bytes");
  FLOWCORO_ASSERT(asked == 0 || std::has_single_bit(asked), "an alignment is a power of two");
  constexpr std::size_t of_operator_new = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
  const std::size_t natural = std::min(block_bytes & (0 - block_bytes), largest_default_alignment);
  // The links of a free block lie in it.
  return asked == 0 ? std::max(natural, of_operator_new) : std::max(asked, alignof(FreeBlock));
}

std::size_t stride_for(std::size_t block_bytes, std::size_t alignment) {
  const std::size_t bytes = std::max(block_bytes, sizeof(FreeBlock));
  if (bytes > std::numeric_limits<std::size_t>::max() / 4) throw std::bad_alloc{};
  return (bytes + alignment - 1) & ~(alignment - 1);
}

std::uint32_t batch_for(std::size_t stride, std::size_t max_blocks) {
  if (max_blocks != 0) return 0;
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(most_bytes_in_batch / stride, 1, most_blocks_in_batch));
}

} // namespace

struct alignas(cache_line_bytes) MemoryPool::ThreadList : detail::FreeList {
  ThreadList* next = nullptr; // among all lists of the pool
  ThreadList* next_idle = nullptr;
};

MemoryPool::MemoryPool(std::size_t block_bytes, std::size_t initial_blocks, MemoryPoolOptions options)
    : block_bytes_{block_bytes},
      alignment_{alignment_for(block_bytes, options.alignment)},
      stride_{stride_for(block_bytes, alignment_)},
      max_blocks_{options.max_blocks},
      batch_{batch_for(stride_, max_blocks_)} {
  if (max_blocks_ != 0) initial_blocks = std::min(initial_blocks, max_blocks_);
  if (initial_blocks != 0 && !add_chunk(initial_blocks)) throw std::bad_alloc{};
  try {
    const detail::PoolRegistry::Place place = detail::pool_registry().enter(*this);
    slot_ = place.slot;
    id_ = place.id;
  } catch (...) {
    free_memory();
    throw;
  }
}

MemoryPool::~MemoryPool() {
  detail::pool_registry().leave(slot_); // from here on no thread that ends comes with its list
  free_memory();
}

void MemoryPool::free_memory() noexcept {
  while (lists_ != nullptr) delete std::exchange(lists_, lists_->next);
  while (chunks_ != nullptr) {
    Chunk* chunk = std::exchange(chunks_, chunks_->older);
    detail::unpoison(chunk->start, chunk->bytes);
    ::operator delete(chunk->start, std::align_val_t{alignment_});
  }
}

void MemoryPool::set_expansion_factor(double factor) {
  FLOWCORO_ASSERT(factor > 1 && std::isfinite(factor), "a pool grows by a factor of more than 1");
  const std::lock_guard lock{mutex_};
  expansion_factor_ = factor;
}

std::size_t MemoryPool::capacity() const noexcept {
  const std::lock_guard lock{mutex_};
  return capacity_;
}

void* MemoryPool::allocate() {
  if (void* block = try_allocate()) return block;
  throw std::bad_alloc{};
}

void* MemoryPool::try_allocate() noexcept {
  if (ThreadList* list = own_list()) {
    if (FreeBlock* block = list->pop()) {
      detail::unpoison(block, block_bytes_);
      return block;
    }
  }
  return allocate_slowly();
}

void MemoryPool::deallocate(void* block) noexcept {
  if (block == nullptr) return;
  poison_free(block); // before another thread may have it
  ThreadList* list = own_list();
  if (list == nullptr || !list->push(block, batch_)) deallocate_slowly(block);
}

MemoryPool::ThreadList* MemoryPool::own_list() const noexcept {
  const detail::PoolTable* table = detail::own_thread_context.pools;
  return table != nullptr ? table->find(slot_, id_) : nullptr;
}

void* MemoryPool::allocate_slowly() noexcept {
  ThreadList* list = own_or_new_list();
  FreeBlock* first = list != nullptr ? list->take_spare() : nullptr;
  if (first == nullptr) {
    const std::lock_guard lock{mutex_};
    first = take_blocks(list != nullptr ? batch_ : 1);
  }
  if (first == nullptr) return nullptr;
  if (list != nullptr) first = list->serve_from(first, batch_);
  detail::unpoison(first, block_bytes_);
  return first;
}

void MemoryPool::deallocate_slowly(void* memory) noexcept {
  if (ThreadList* list = own_or_new_list()) {
    if (!list->push(memory, batch_)) {
      if (FreeBlock* surplus = list->turn_over()) {
        const std::lock_guard lock{mutex_};
        put_batch(surplus);
      }
      static_cast<void>(list->push(memory, batch_));
    }
  } else {
    auto* block = static_cast<FreeBlock*>(memory);
    block->next = nullptr;
    const std::lock_guard lock{mutex_};
    put_batch(block);
  }
}

MemoryPool::ThreadList* MemoryPool::own_or_new_list() noexcept {
  if (batch_ == 0) return nullptr;
  if (ThreadList* list = own_list()) return list;
  detail::PoolTable* table = detail::PoolTable::of_this_thread();
  if (table == nullptr || !table->reserve(slot_)) return nullptr;
  ThreadList* list = list_for_new_thread();
  if (list != nullptr) table->set(slot_, id_, *list);
  return list;
}

MemoryPool::ThreadList* MemoryPool::list_for_new_thread() noexcept {
  const std::lock_guard lock{mutex_};
  if (idle_lists_ != nullptr) return std::exchange(idle_lists_, idle_lists_->next_idle);
  auto* list = new (std::nothrow) ThreadList;
  if (list != nullptr) list->next = std::exchange(lists_, list);
  return list;
}

void MemoryPool::retire(ThreadList& list) noexcept {
  const std::lock_guard lock{mutex_};
  if (FreeBlock* blocks = list.take_active()) put_batch(blocks);
  if (FreeBlock* blocks = list.take_spare()) put_batch(blocks);
  list.next_idle = std::exchange(idle_lists_, &list);
}

/// While a block is free only its links may be touched, which may be larger than it.
void MemoryPool::poison_free(void* block) const noexcept {
  detail::unpoison(block, sizeof(FreeBlock));
  detail::poison_behind(sizeof(FreeBlock), block, stride_);
}

void MemoryPool::put_batch(FreeBlock* batch) noexcept { batch->next_batch = std::exchange(batches_, batch); }

/// \return a list of blocks, of one if that is all that is wanted; nullptr when there are none and no more can be had.
FreeBlock* MemoryPool::take_blocks(std::size_t at_most) noexcept {
  FreeBlock* first = batches_;
  if (first == nullptr) return carve(at_most);
  batches_ = first->next_batch;
  if (at_most == 1 && first->next != nullptr) put_batch(std::exchange(first->next, nullptr));
  return first;
}

FreeBlock* MemoryPool::carve(std::size_t at_most) noexcept {
  if (fresh_ == fresh_end_ && !grow()) return nullptr;
  const std::size_t count = std::min(at_most, static_cast<std::size_t>(fresh_end_ - fresh_) / stride_);
  FreeBlock* list = nullptr;
  std::byte* const begin = std::exchange(fresh_, fresh_ + count * stride_);
  for (std::byte* block = fresh_; block != begin;) {
    block -= stride_;
    detail::unpoison(block, sizeof(FreeBlock));
    list = ::new (static_cast<void*>(block)) FreeBlock{list, nullptr};
  }
  return list;
}

std::size_t MemoryPool::wanted_growth() const noexcept {
  constexpr double most = 1e18; // far more than there is, and no overflow
  const double more = std::min(std::ceil(static_cast<double>(capacity_) * (expansion_factor_ - 1)), most);
  const std::size_t wanted = std::max({static_cast<std::size_t>(more), std::size_t{batch_}, std::size_t{1}});
  return max_blocks_ == 0 ? wanted : std::min(wanted, max_blocks_ - capacity_);
}

bool MemoryPool::grow() noexcept {
  for (std::size_t blocks = wanted_growth(); blocks != 0; blocks /= 2) {
    if (add_chunk(blocks)) return true;
  }
  return false;
}

bool MemoryPool::add_chunk(std::size_t blocks) noexcept {
  constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max() - sizeof(Chunk);
  if (blocks > most / stride_) return false;
  // The chunk's own record stands behind its blocks, where it is in the way of no alignment.
  const std::size_t bytes = blocks * stride_;
  void* memory = ::operator new(bytes + sizeof(Chunk), std::align_val_t{alignment_}, std::nothrow);
  if (memory == nullptr) return false;
  fresh_ = static_cast<std::byte*>(memory);
  fresh_end_ = fresh_ + bytes;
  chunks_ = ::new (static_cast<void*>(fresh_end_)) Chunk{chunks_, fresh_, bytes};
  capacity_ += blocks;
  detail::poison(fresh_, bytes);
  return true;
}

} // namespace flowcoro
