#pragma once
#include <cstddef>

namespace flowcoro {

/// Bytes that two cores cannot write at once without taking the line from each other.
/// Fixed instead of std::hardware_destructive_interference_size, whose value depends on compiler flags and so breaks the ABI.
inline constexpr std::size_t cache_line_bytes = 64;

} // namespace flowcoro
