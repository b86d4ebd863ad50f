#pragma once
/// Free blocks of one size in the hands of one thread, and the batches in which threads pass them on.
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
/// earlier. Threads: one at a time.
class FreeList {
 public:
  /// \return the block that was freed last, or nullptr: then there may be a spare batch.
  [[nodiscard]] FreeBlock* pop() noexcept {
    FreeBlock* block = active_;
    if (block == nullptr) return nullptr;
    active_ = block->next;
    --active_blocks_;
    return block;
  }
  /// \param batch how many blocks a batch has. \return false when that many are here: then turn_over() comes first.
  [[nodiscard]] bool push(void* memory, std::uint32_t batch) noexcept {
    if (active_blocks_ == batch) return false;
    auto* block = static_cast<FreeBlock*>(memory);
    block->next = std::exchange(active_, block);
    ++active_blocks_;
    return true;
  }

  /// Puts the full list aside as the spare batch. \return the batch that was it until now, or nullptr; it is the caller's.
  [[nodiscard]] FreeBlock* turn_over() noexcept {
    active_blocks_ = 0;
    return std::exchange(spare_, std::exchange(active_, nullptr));
  }
  [[nodiscard]] FreeBlock* take_spare() noexcept { return std::exchange(spare_, nullptr); }
  /// Serves from `first` and what follows it. \return `first` itself. Nothing else may be active.
  [[nodiscard]] FreeBlock* serve_from(FreeBlock* first, std::uint32_t batch) noexcept {
    active_ = first->next;
    active_blocks_ = active_ == nullptr ? 0 : batch - 1;
    return first;
  }
  /// What serves now; the list is empty afterwards.
  [[nodiscard]] FreeBlock* take_active() noexcept {
    active_blocks_ = 0;
    return std::exchange(active_, nullptr);
  }

 private:
  FreeBlock* active_ = nullptr;
  FreeBlock* spare_ = nullptr;
  std::uint32_t active_blocks_ = 0;
};

} // namespace detail
} // namespace flowcoro
