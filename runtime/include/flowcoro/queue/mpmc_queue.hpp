#pragma once
/// A queue of values from any number of threads for any number of threads.
#include "flowcoro/base/atomics.hpp"
#include "flowcoro/base/cache_line.hpp"
#include "flowcoro/base/spin_wait.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace flowcoro {

/// Unbounded FIFO: a list of blocks of slots. Whoever pushes or pops takes a number from a counter by a compare-exchange, and with it a slot
/// that nobody else has; so a value is neither lost nor given twice, whatever else happens.
///
/// Numbers go up by one; the last of each `block_slots + 1` belongs to no slot, and is passed by who took the last slot of a block: while a
/// counter shows it, that thread is on its way to the next block, and others wait. A consumer also waits for the value of its slot when
/// the producer has taken that number and was preempted: there is no lock, and no operation waits for more than one step of another
/// thread, but it is not lock-free in the strict sense. Waiting threads give up their CPU.
///
/// Blocks end without hazard pointers: who has read the last slot goes through the others, and leaves a mark in the first that is still being
/// read. Whoever finds the mark behind its read goes on from there, and the one who comes to the end deletes the block.
/// A producer's last touch of a block is to say that its slot is written.
/// Source of the idea: the SegQueue of crossbeam.
///
/// Its end destroys what is left; nobody may use it then.
template <class T, class Atomics = StdAtomics, std::size_t block_slots = 31>
class MpmcQueue {
  static_assert(std::is_nothrow_move_constructible_v<T>, "a slot that was taken has to be filled");
  template <class U>
  using Atomic = typename Atomics::template Atomic<U>;

 public:
  /// Throws std::bad_alloc.
  MpmcQueue() : MpmcQueue{new Block} {}
  MpmcQueue(const MpmcQueue&) = delete;
  MpmcQueue& operator=(const MpmcQueue&) = delete;
  ~MpmcQueue() {
    while (try_pop()) {
    }
    delete head_.block.load(std::memory_order_relaxed);
  }

  /// Threads: any. Throws std::bad_alloc; then nothing has changed. Cost: two atomic operations, and an allocation for each block.
  void push(T value) {
    std::unique_ptr<Block> spare;
    typename Atomics::SpinWait wait;
    std::uint64_t number = tail_.number.load(std::memory_order_acquire);
    for (;;) {
      const std::size_t place = number % lap;
      if (place == block_slots) {
        wait.once();
        number = tail_.number.load(std::memory_order_acquire);
        continue;
      }
      const bool last = place + 1 == block_slots;
      if (last && spare == nullptr) spare = std::make_unique<Block>(); // while the number is still to be had
      Block* block = tail_.block.load(std::memory_order_relaxed);
      // seq_cst: pairs with the look at the tail in try_pop(), so that queues which threads look at crosswise are never all empty.
      if (!tail_.number.compare_exchange_weak(number, number + 1, std::memory_order_seq_cst, std::memory_order_acquire))
        continue;
      if (last) {
        tail_.block.store(spare.get(), std::memory_order_relaxed);
        // release: pairs with the acquire of who reads the number and then the block; also through the numbers that others take.
        tail_.number.store(number + 2, std::memory_order_release);
        // What it leads to has been published with the number: nobody touches a slot there who has not seen that it was taken.
        block->next.store(spare.release(), std::memory_order_relaxed);
      }
      Slot& slot = block->slots[place];
      std::construct_at(&slot.value, std::move(value));
      // release: publishes the value, and what it leads to; the last touch of the block.
      slot.state.fetch_or(written, std::memory_order_release);
      return;
    }
  }

  /// \return the oldest value that nobody else takes, or nothing. Threads: any.
  [[nodiscard]] std::optional<T> try_pop() noexcept {
    typename Atomics::SpinWait wait;
    std::uint64_t number = head_.number.load(std::memory_order_acquire);
    for (;;) {
      const std::size_t place = number % lap;
      if (place == block_slots) {
        wait.once();
        number = head_.number.load(std::memory_order_acquire);
        continue;
      }
      Block* block = head_.block.load(std::memory_order_relaxed);
      if (number >= tail_.number.load(std::memory_order_seq_cst)) return std::nullopt;
      // A success publishes nothing and learns nothing: what leads to the slot was acquired with the number.
      if (!head_.number.compare_exchange_weak(number, number + 1, std::memory_order_relaxed, std::memory_order_acquire))
        continue;
      const bool last = place + 1 == block_slots;
      if (last) {
        head_.block.store(next_of(*block), std::memory_order_relaxed);
        head_.number.store(number + 2, std::memory_order_release); // as that of the tail
      }
      return read(block, place, last);
    }
  }

  /// A moment's view. Threads: any.
  [[nodiscard]] bool empty() const noexcept {
    const std::uint64_t head = head_.number.load(std::memory_order_relaxed);
    return head >= tail_.number.load(std::memory_order_seq_cst);
  }

 private:
  static constexpr std::uint64_t lap = block_slots + 1;

  using State = std::uint32_t;
  static constexpr State written = 1;  // by the producer
  static constexpr State was_read = 2; // by the consumer, which does not touch the slot again
  static constexpr State ending = 4;   // by who deletes the block: who reads the slot goes on with that

  struct Slot {
    Slot() noexcept {}
    ~Slot() {}

    Atomic<State> state{0};
    union {
      T value;
    };
  };
  struct Block {
    Atomic<Block*> next{nullptr};
    std::array<Slot, block_slots> slots;
  };
  struct alignas(cache_line_bytes) End {
    explicit End(Block* first) noexcept : block{first} {}
    Atomic<std::uint64_t> number{0};
    Atomic<Block*> block;
  };

  explicit MpmcQueue(Block* first) noexcept : head_{first}, tail_{first} {}

  /// Who took the last slot of the tail block has yet to say where it goes on, or has.
  [[nodiscard]] static Block* next_of(Block& block) noexcept {
    typename Atomics::SpinWait wait;
    for (;;) {
      if (Block* next = block.next.load(std::memory_order_relaxed)) return next;
      wait.once();
    }
  }

  [[nodiscard]] static std::optional<T> read(Block* block, std::size_t place, bool last) noexcept {
    Slot& slot = block->slots[place];
    typename Atomics::SpinWait wait;
    // acquire: pairs with the release of its producer.
    while ((slot.state.load(std::memory_order_acquire) & written) == 0) wait.once();
    std::optional<T> value{std::move(slot.value)};
    std::destroy_at(&slot.value);
    if (last)
      end_from(block, 0);
    else if ((slot.state.fetch_or(was_read, std::memory_order_acq_rel) & ending) != 0)
      end_from(block, place + 1);
    return value;
  }

  /// Deletes the block when all slots from `place` on have been read, but for the last, whose reader began this.
  /// The acq_rel of both sides: whoever deletes it has seen the last touch of each reader.
  static void end_from(Block* block, std::size_t place) noexcept {
    for (; place + 1 < block_slots; ++place) {
      Slot& slot = block->slots[place];
      if ((slot.state.fetch_or(ending, std::memory_order_acq_rel) & was_read) == 0) return;
    }
    dispose(block);
  }

  /// A model may keep the memory, so that a use of it is found out and does no harm.
  static void dispose(Block* block) noexcept {
    if constexpr (requires { Atomics::dispose(block); })
      Atomics::dispose(block);
    else
      delete block;
  }

  End head_;
  End tail_;
};

} // namespace flowcoro
