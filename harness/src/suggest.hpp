// "Unknown X; did you mean Y?": the nearest valid names for a mistyped one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flowbench {

/// Number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. O(|a| * |b|).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// `unknown subject 'goo'; did you mean go? (valid: go, serial)` as one line.
[[nodiscard]] std::string unknown_name(std::string_view what, std::string_view name,
                                       const std::vector<std::string>& valid);

} // namespace flowbench
