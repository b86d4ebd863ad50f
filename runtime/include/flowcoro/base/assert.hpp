#pragma once
/// Broken preconditions: print what was wrong, then abort. Stays on in release builds.

namespace flowcoro::detail {

[[noreturn]] void assertion_failed(const char* condition, const char* message, const char* file, int line) noexcept;

} // namespace flowcoro::detail

/// Aborts with `message` unless `condition` holds. For mistakes of the caller or of this library, never for input.
#define FLOWCORO_ASSERT(condition, message)            \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::flowcoro::detail::assertion_failed(#condition, message, __FILE__, __LINE__))
