#pragma once
/// The names of jobs: finds one by its id, and remembers for a while how those ended that are gone.
#include "flowcoro/pool/pool_task.hpp"

#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <vector>

namespace flowcoro::pool::detail {

class Job;

/// An id is a slot and how often that has been used. A slot is used again when `remembered` others have become free after it.
/// Threads: one at a time.
class JobTable {
 public:
  explicit JobTable(std::size_t initial_slots, std::size_t remembered = 1024) : remembered_{remembered} {
    slots_.reserve(initial_slots);
  }

  /// Throws std::bad_alloc.
  [[nodiscard]] TaskId add(Job& job) {
    std::uint32_t index = oldest_free_;
    if (free_ <= remembered_) {
      if (slots_.size() == none) throw std::bad_alloc{}; // four billion tasks at once
      index = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      oldest_free_ = slots_[index].next_free;
      --free_;
    }
    Slot& slot = slots_[index];
    slot.job = &job;
    ++slot.uses;
    return name(index, slot.uses);
  }

  void remove(TaskId id, TaskEnd end) noexcept {
    const std::uint32_t index = index_of(id);
    Slot& slot = slots_[index];
    slot.job = nullptr;
    slot.end = end;
    slot.next_free = none;
    if (free_++ == 0)
      oldest_free_ = index;
    else
      slots_[newest_free_].next_free = index;
    newest_free_ = index;
  }

  struct Found {
    Job* job = nullptr;
    std::optional<TaskEnd> end;
  };
  /// A job, or how it ended, or neither when there never was one of that id.
  [[nodiscard]] Found find(TaskId id) const noexcept {
    const std::uint32_t index = index_of(id), uses = uses_of(id);
    if (index >= slots_.size() || uses == 0 || uses > slots_[index].uses) return {};
    const Slot& slot = slots_[index];
    if (uses < slot.uses) return {nullptr, TaskEnd::forgotten};
    if (slot.job != nullptr) return {slot.job, std::nullopt};
    return {nullptr, slot.end};
  }

  [[nodiscard]] std::size_t slots() const noexcept { return slots_.capacity(); }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct Slot {
    Job* job = nullptr;
    std::uint32_t uses = 0;
    std::uint32_t next_free = none;
    TaskEnd end = TaskEnd::forgotten;
  };

  [[nodiscard]] static TaskId name(std::uint32_t index, std::uint32_t uses) noexcept {
    return TaskId{std::uint64_t{uses} << 32 | index};
  }
  [[nodiscard]] static std::uint32_t index_of(TaskId id) noexcept {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(id));
  }
  [[nodiscard]] static std::uint32_t uses_of(TaskId id) noexcept {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(id) >> 32);
  }

  const std::size_t remembered_;
  std::vector<Slot> slots_;
  std::uint32_t oldest_free_ = none;
  std::uint32_t newest_free_ = none;
  std::size_t free_ = 0;
};

} // namespace flowcoro::pool::detail
