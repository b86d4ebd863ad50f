#pragma once
/// What this test was built with, for the few tests whose size or meaning depends on it.
#include <cstddef>

namespace flowcoro::test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool address_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool address_sanitized = true;
#else
inline constexpr bool address_sanitized = false;
#endif
#else
inline constexpr bool address_sanitized = false;
#endif

#if defined(__SANITIZE_THREAD__)
inline constexpr bool thread_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool thread_sanitized = true;
#else
inline constexpr bool thread_sanitized = false;
#endif
#else
inline constexpr bool thread_sanitized = false;
#endif

/// How often a stress test repeats something: a tenth under a sanitizer, which costs about that factor.
[[nodiscard]] constexpr std::size_t rounds(std::size_t in_release) noexcept {
  return address_sanitized || thread_sanitized ? (in_release + 9) / 10 : in_release;
}

} // namespace flowcoro::test
