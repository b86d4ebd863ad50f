#pragma once
/// Memory for tables that grow with the number of tasks: what is large goes back to the system when it is freed.
#include <cstddef>
#include <limits>
#include <new>

namespace flowcoro {

/// From this size on, memory is mapped. An allocator keeps what it once got: after large blocks were freed, glibc serves further
/// ones from the heaps of its threads, and never gives back the end of those.
inline constexpr std::size_t large_bytes = std::size_t{64} << 10;

/// Aligned to 16. \return nullptr without memory. Threads: any. In builds with a sanitizer it comes from operator new, whatever
/// its size.
[[nodiscard]] void* try_allocate_large(std::size_t bytes) noexcept;
/// \param bytes the size that was asked for. Threads: any.
void deallocate_large(void* memory, std::size_t bytes) noexcept;

/// Gives back the whole pages within `bytes` from `memory` on, a part of what try_allocate_large() gave: they read as zero from then
/// on, and take memory again when they are written. Does nothing about what is too small to have been mapped. Threads: any; others
/// may be reading there.
void discard_large(void* memory, std::size_t bytes) noexcept;

/// For the storage of a vector. All are equal. Threads: any.
template <class T>
class LargeAllocator {
  static_assert(alignof(T) <= 16);

 public:
  using value_type = T;

  LargeAllocator() = default;
  template <class U>
  LargeAllocator(const LargeAllocator<U>&) noexcept {}

  /// Throws std::bad_alloc.
  [[nodiscard]] T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_array_new_length{};
    void* memory = try_allocate_large(count * sizeof(T));
    if (memory == nullptr) throw std::bad_alloc{};
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) noexcept { deallocate_large(memory, count * sizeof(T)); }

  template <class U>
  [[nodiscard]] bool operator==(const LargeAllocator<U>&) const noexcept {
    return true;
  }
};

} // namespace flowcoro
