#pragma once
/// Which frames share a free list.
#include "flowcoro/mem/frame_pool.hpp"

#include <cstddef>

namespace flowcoro::detail {

constexpr std::size_t class_of(std::size_t bytes) noexcept { return (bytes - 1) / frame_class_bytes; }
constexpr std::size_t class_bytes(std::size_t size_class) noexcept { return (size_class + 1) * frame_class_bytes; }

} // namespace flowcoro::detail
