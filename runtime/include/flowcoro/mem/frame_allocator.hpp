#pragma once
/// Standard containers in the memory of frames: their blocks are recycled and trimmed with them.
#include "flowcoro/base/large_memory.hpp"
#include "flowcoro/mem/frame_pool.hpp"

#include <cstddef>

namespace flowcoro {

/// For containers with blocks of up to pooled_frame_bytes, as those of a deque are; larger ones are those of LargeAllocator. All
/// are equal. Threads: any.
template <class T>
class FrameAllocator {
  static_assert(alignof(T) <= 16, "frames are aligned to 16 bytes");

 public:
  using value_type = T;

  FrameAllocator() = default;
  template <class U>
  FrameAllocator(const FrameAllocator<U>&) noexcept {}

  /// Throws std::bad_alloc.
  [[nodiscard]] T* allocate(std::size_t count) {
    if (!pooled(count)) return LargeAllocator<T>{}.allocate(count);
    return static_cast<T*>(allocate_frame(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    if (!pooled(count)) return LargeAllocator<T>{}.deallocate(memory, count);
    deallocate_frame(memory, count * sizeof(T));
  }

  template <class U>
  [[nodiscard]] bool operator==(const FrameAllocator<U>&) const noexcept {
    return true;
  }

 private:
  [[nodiscard]] static constexpr bool pooled(std::size_t count) noexcept {
    return count <= pooled_frame_bytes / sizeof(T);
  }
};

} // namespace flowcoro
