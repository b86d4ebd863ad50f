#pragma once
/// A worker's own run queue: a growing FIFO ring that others steal half of.
#include "flowcoro/base/atomics.hpp"
#include "flowcoro/base/cache_line.hpp"
#include "flowcoro/base/large_memory.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace flowcoro {

/// FIFO of pointers with one producer (the owner) and many consumers (the owner and thieves).
///
/// head_ and tail_ count items since the start and never wrap in practice (64 bits); slot i is i modulo the capacity.
/// Only the owner moves tail_ and replaces the ring; everybody takes items by a compare-exchange on head_, so an item is
/// taken exactly once and a thief that read a stale slot fails its exchange. A thief may also still be reading a ring that growth
/// has left behind: that one keeps its addresses until destruction, or shrink(), but gives back its memory. A thief that has read
/// slots looks whether the ring is still the present one before it believes them.
/// Source of the idea: the run queues of Go and tokio (packed FIFO ring, steal half), here with growth instead of overflow.
template <class T, class Atomics = StdAtomics>
class LocalQueue {
  static_assert(std::is_pointer_v<T>);
  template <class U>
  using Atomic = typename Atomics::template Atomic<U>;
  using Slot = typename Atomics::template Slot<T>;

 public:
  static constexpr std::size_t initial_capacity = 256;

  /// \param capacity initial number of slots, rounded up to a power of two, at least 2.
  /// \param first_index where the counters start; tests use it to cross the wrap of the index.
  explicit LocalQueue(std::size_t capacity = initial_capacity, std::uint64_t first_index = 0)
      : head_{first_index},
        tail_{first_index},
        ring_{new_ring(std::bit_ceil(std::max<std::size_t>(capacity, 2)), nullptr)} {
    if (ring_.load(std::memory_order_relaxed) == nullptr) throw std::bad_alloc{};
  }
  LocalQueue(const LocalQueue&) = delete;
  LocalQueue& operator=(const LocalQueue&) = delete;
  ~LocalQueue() { free_rings(ring_.load(std::memory_order_relaxed)); }

  /// Owner only. \return how many are queued now, this one included; 0 when the ring is full and memory for a larger one is
  /// refused: the item is not queued then.
  [[nodiscard]] std::size_t push(T item) noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    // acquire: pairs with the release of whoever moved head; its reads of those slots are over.
    const std::uint64_t head = head_.load(std::memory_order_acquire);
    if (tail - head == ring_.load(std::memory_order_relaxed)->capacity()) return grow_and_push(item);
    ring_.load(std::memory_order_relaxed)->slot(tail).store(item, std::memory_order_relaxed);
    // release: publishes the slot, and what the item points to.
    tail_.store(tail + 1, std::memory_order_release);
    return static_cast<std::size_t>(tail + 1 - head);
  }

  /// Owner only. \return the oldest item, or nullptr.
  [[nodiscard]] T pop() noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    Ring* ring = ring_.load(std::memory_order_relaxed);
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    while (head != tail) {
      T item = ring->slot(head).load(std::memory_order_relaxed);
      // release: the slot was read before the owner may see the new head and write over it.
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_release, std::memory_order_relaxed))
        return item;
    }
    return nullptr;
  }

  /// Moves half of this queue, rounded up and at most `limit` (at least 1), behind the items of `thief`.
  /// Threads: the owner of `thief`. \return one of the items instead of queueing it, or nullptr when there was none.
  [[nodiscard]] T steal_half(LocalQueue& thief, std::size_t limit = 128) noexcept {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      // acquire: pairs with the publication in push(); the slots below tail, and the ring that holds them, are visible.
      const std::uint64_t tail = tail_.load(std::memory_order_acquire);
      Ring* ring = ring_.load(std::memory_order_acquire);
      const auto queued = static_cast<std::int64_t>(tail - head);
      if (queued <= 0) return nullptr;
      std::size_t count =
          std::min({static_cast<std::size_t>(queued - queued / 2), std::max<std::size_t>(limit, 1), ring->capacity()});
      const std::uint64_t thief_tail = thief.tail_.load(std::memory_order_relaxed);
      const std::uint64_t thief_head = thief.head_.load(std::memory_order_acquire);
      while (count > 1 && !thief.reserve(thief_head, thief_tail, count - 1)) count /= 2;
      Ring* own = thief.ring_.load(std::memory_order_relaxed);
      // acquire: whoever reads a slot of a discarded ring sees the newer ring below.
      T first = ring->slot(head).load(std::memory_order_acquire);
      for (std::size_t i = 1; i < count; ++i)
        own->slot(thief_tail + i - 1)
            .store(ring->slot(head + i).load(std::memory_order_acquire), std::memory_order_relaxed);
      if (ring_.load(std::memory_order_relaxed) != ring) {
        head = head_.load(std::memory_order_acquire);
        continue;
      }
      // release as in pop(); acquire on failure: the retry reads slots behind the newer head.
      if (head_.compare_exchange_weak(head, head + count, std::memory_order_acq_rel, std::memory_order_acquire)) {
        if (count > 1) thief.tail_.store(thief_tail + count - 1, std::memory_order_seq_cst);
        return first;
      }
    }
  }

  /// Frees the rings that growth has left behind, and exchanges the present one for one of `capacity` slots, or what is queued.
  /// Does nothing without memory for that. Owner only, while there are no thieves: none between two steps of steal_half(), and
  /// whoever steals next must have been synchronised with.
  void shrink(std::size_t capacity) noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    Ring* ring = ring_.load(std::memory_order_relaxed);
    const std::size_t least =
        std::bit_ceil(std::max<std::size_t>({capacity, static_cast<std::size_t>(tail - head), 2}));
    if (ring->capacity() > least) {
      Ring* smaller = new_ring(least, nullptr);
      if (smaller == nullptr) return;
      copy(*ring, *smaller, head, tail);
      smaller->older = std::exchange(ring, smaller);
      ring_.store(ring, std::memory_order_relaxed);
    }
    free_rings(std::exchange(ring->older, nullptr));
  }

  /// What growth makes of a capacity. A ring is gone through from end to end, so a large one is no larger than it must be; slots
  /// take no memory before they are used for the first time.
  [[nodiscard]] static constexpr std::size_t grown(std::size_t capacity) noexcept {
    return capacity * (Ring::bytes(capacity) < large_bytes ? 4 : 2);
  }

  /// How many items have been taken so far. Threads: any. Unchanged between two looks at a queue with items in it means that its
  /// owner was busy with something else all the time.
  [[nodiscard]] std::uint64_t taken() const noexcept { return head_.load(std::memory_order_relaxed); }

  /// Threads: any. Exact for the owner; for others a moment's view.
  [[nodiscard]] std::size_t size() const noexcept {
    const std::uint64_t head = head_.load(std::memory_order_seq_cst);
    const std::uint64_t tail = tail_.load(std::memory_order_seq_cst);
    const auto queued = static_cast<std::int64_t>(tail - head);
    return queued > 0 ? static_cast<std::size_t>(queued) : 0;
  }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

 private:
  struct Ring {
    std::size_t mask;
    Ring* older;

    [[nodiscard]] static constexpr std::size_t bytes(std::size_t capacity) noexcept {
      return sizeof(Ring) + capacity * sizeof(Slot);
    }
    [[nodiscard]] std::size_t capacity() const noexcept { return mask + 1; }
    [[nodiscard]] Slot& slot(std::uint64_t index) noexcept { return reinterpret_cast<Slot*>(this + 1)[index & mask]; }
  };
  static_assert(sizeof(Ring) % alignof(Slot) == 0);

  [[nodiscard]] static Ring* new_ring(std::size_t capacity, Ring* older) noexcept {
    void* memory = try_allocate_large(Ring::bytes(capacity));
    if (memory == nullptr) return nullptr;
    Ring* ring = new (memory) Ring{capacity - 1, older};
    std::uninitialized_default_construct_n(reinterpret_cast<Slot*>(ring + 1), capacity);
    return ring;
  }

  static void free_rings(Ring* newest) noexcept {
    while (newest != nullptr) {
      Ring* ring = std::exchange(newest, newest->older);
      deallocate_large(ring, Ring::bytes(ring->capacity()));
    }
  }
  static void copy(Ring& from, Ring& to, std::uint64_t head, std::uint64_t tail) noexcept {
    for (std::uint64_t i = head; i != tail; ++i)
      to.slot(i).store(from.slot(i).load(std::memory_order_relaxed), std::memory_order_relaxed);
  }

  /// Owner only: room for `count` items behind `tail`, in a larger ring if need be.
  [[nodiscard]] bool reserve(std::uint64_t head, std::uint64_t tail, std::size_t count) noexcept {
    return tail - head + count <= ring_.load(std::memory_order_relaxed)->capacity() || grow(head, tail, count);
  }
  /// Not inlined, so that push() saves no registers for it.
  [[nodiscard, gnu::noinline]] std::size_t grow_and_push(T item) noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint64_t head = head_.load(std::memory_order_acquire); // as in push()
    return grow(head, tail, 1) ? push(item) : 0;
  }
  [[nodiscard]] bool grow(std::uint64_t head, std::uint64_t tail, std::size_t count) noexcept {
    Ring* ring = ring_.load(std::memory_order_relaxed);
    const std::size_t needed = static_cast<std::size_t>(tail - head) + count;
    Ring* larger = new_ring(std::bit_ceil(std::max(needed, grown(ring->capacity()))), ring);
    if (larger == nullptr) return false;
    copy(*ring, *larger, head, tail);
    ring_.store(larger, std::memory_order_release);
    Atomics::discard(&ring->slot(0), ring->capacity());
    return true;
  }

  alignas(cache_line_bytes) Atomic<std::uint64_t> head_;
  alignas(cache_line_bytes) Atomic<std::uint64_t> tail_;
  Atomic<Ring*> ring_;
};

} // namespace flowcoro
