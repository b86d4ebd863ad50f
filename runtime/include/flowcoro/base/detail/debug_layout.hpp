#pragma once
/// How the library tells a debugger where things lie in its objects, so that flowcoro_gdb.py needs no debug information.
#include <array>
#include <cstddef>
#include <cstdint>

// Nobody in the program refers to the tables.
#if defined(__clang__) || __GNUC__ >= 11
#define FLOWCORO_FOR_DEBUGGERS [[gnu::used, gnu::retain]]
#else
#define FLOWCORO_FOR_DEBUGGERS [[gnu::used]]
#endif

namespace flowcoro::detail {

/// The first number of each table. One that is to be read otherwise gets another.
inline constexpr std::uint32_t debug_layout_version = 1;

/// offsetof() of classes with private members and bases is conditionally supported; the compilers for Linux do, where no base is virtual.
template <std::size_t size>
using DebugLayout = std::array<std::uint32_t, size>;

} // namespace flowcoro::detail
