#pragma once
/// Free blocks of one size in the hands of one thread, and the batches in which threads pass them on.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace flowcoro {

/// A block that nobody uses. The first block of a batch also links the next batch.
struct FreeBlock {
  FreeBlock* next;
  FreeBlock* next_batch;
};

namespace detail {

/// Two lists, so that a whole batch is handed over without walking it: one serves, the other is a full batch or empty.
/// A batch may be shorter than the others, when a thread left it behind; counting it as full only makes the next hand-over come
/// earlier. Threads: one at a time, and any for taken().
class FreeList {
 public:
  /// \return the block that was freed last, or nullptr: then there may be a spare batch.
  [[nodiscard]] FreeBlock* pop() noexcept {
    FreeBlock* block = active_;
    if (block == nullptr) return nullptr;
    active_ = block->next;
    add(one_taken - 1);
    return block;
  }
  /// \param batch how many blocks a batch has. \return false when that many are here: then turn_over() comes first.
  [[nodiscard]] bool push(void* memory, std::uint32_t batch) noexcept {
    if (active_blocks() == batch) return false;
    auto* block = static_cast<FreeBlock*>(memory);
    block->next = std::exchange(active_, block);
    add(1);
    return true;
  }

  /// Puts the full list aside as the spare batch. \return the batch that was it until now, or nullptr; it is the caller's.
  [[nodiscard]] FreeBlock* turn_over() noexcept {
    set_active_blocks(0);
    return std::exchange(spare_, std::exchange(active_, nullptr));
  }
  [[nodiscard]] FreeBlock* take_spare() noexcept { return std::exchange(spare_, nullptr); }
  /// Serves from `first` and what follows it. \return `first` itself. Nothing else may be active.
  [[nodiscard]] FreeBlock* serve_from(FreeBlock* first, std::uint32_t batch) noexcept {
    active_ = first->next;
    set_active_blocks(active_ == nullptr ? 0 : batch - 1);
    return first;
  }
  /// What serves now; the list is empty afterwards.
  [[nodiscard]] FreeBlock* take_active() noexcept {
    set_active_blocks(0);
    return std::exchange(active_, nullptr);
  }

  /// How many blocks pop() has given so far. Threads: any.
  [[nodiscard]] std::uint64_t taken() const noexcept { return counts_.load(std::memory_order_relaxed) / one_taken; }

 private:
  static constexpr std::uint64_t one_taken = std::uint64_t{1} << 16;

  [[nodiscard]] std::uint32_t active_blocks() const noexcept {
    return static_cast<std::uint32_t>(counts_.load(std::memory_order_relaxed) % one_taken);
  }
  void set_active_blocks(std::uint32_t blocks) noexcept {
    counts_.store(counts_.load(std::memory_order_relaxed) / one_taken * one_taken + blocks, std::memory_order_relaxed);
  }
  void add(std::uint64_t change) noexcept {
    counts_.store(counts_.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  }

  FreeBlock* active_ = nullptr;
  FreeBlock* spare_ = nullptr;
  // Blocks in the active list, and above that how many were taken: so a pop counts itself with the addition that it needs anyway.
  std::atomic<std::uint64_t> counts_{0};
};

} // namespace detail
} // namespace flowcoro
