#pragma once
// What the allocators of this floor tell AddressSanitizer: memory that nobody uses must not be touched.
#include "flowcoro/base/detail/sanitized.hpp"

#include <cstddef>

#ifdef FLOWCORO_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace flowcoro::detail {

inline void poison([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef FLOWCORO_ASAN
  __asan_poison_memory_region(memory, bytes);
#endif
}
inline void unpoison([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef FLOWCORO_ASAN
  __asan_unpoison_memory_region(memory, bytes);
#endif
}

/// Of a block that is free, all but the links at its begin.
inline void poison_behind(std::size_t links, void* block, std::size_t bytes) noexcept {
  if (bytes > links) poison(static_cast<std::byte*>(block) + links, bytes - links);
}

} // namespace flowcoro::detail
