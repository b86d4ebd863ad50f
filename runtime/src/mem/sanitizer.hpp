#pragma once
// What the allocators of this floor tell AddressSanitizer: memory that nobody uses must not be touched.
#include <cstddef>

// FLOWCORO_SANITIZED: in a build with a sanitizer that looks at memory. FLOWCORO_ASAN: with that one.
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

} // namespace flowcoro::detail
