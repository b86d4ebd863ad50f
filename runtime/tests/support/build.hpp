#pragma once
/// What this test was built with, for the few tests whose size or meaning depends on it.
#include <cstddef>

// 1 or 0. clang answers __has_feature; g++ defines a macro.
#if defined(__has_feature)
#define FLOWCORO_TEST_ASAN __has_feature(address_sanitizer)
#define FLOWCORO_TEST_TSAN __has_feature(thread_sanitizer)
#else
#ifdef __SANITIZE_ADDRESS__
#define FLOWCORO_TEST_ASAN 1
#else
#define FLOWCORO_TEST_ASAN 0
#endif
#ifdef __SANITIZE_THREAD__
#define FLOWCORO_TEST_TSAN 1
#else
#define FLOWCORO_TEST_TSAN 0
#endif
#endif

namespace flowcoro::test {

#if FLOWCORO_TEST_ASAN
inline constexpr bool address_sanitized = true;
#else
inline constexpr bool address_sanitized = false;
#endif
#if FLOWCORO_TEST_TSAN
inline constexpr bool thread_sanitized = true;
#else
inline constexpr bool thread_sanitized = false;
#endif

/// How often a stress test repeats something: a tenth under a sanitizer, which costs about that factor.
[[nodiscard]] constexpr std::size_t rounds(std::size_t in_release) noexcept {
  return address_sanitized || thread_sanitized ? (in_release + 9) / 10 : in_release;
}

} // namespace flowcoro::test
