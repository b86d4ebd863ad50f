#pragma once
/// The text of the library's sources, for tests that compare it with something.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace flowcoro::model {

/// \param path below runtime/. Comments are blank, so that all else stays where it is.
[[nodiscard]] std::string source_text(std::string_view path);
/// May the character be part of a name?
[[nodiscard]] bool in_name(char c) noexcept;
/// Behind the bracket that closes the one at `open`.
[[nodiscard]] std::size_t behind_closing(std::string_view text, std::size_t open);
/// The bodies of all functions of that name that are defined in the text.
[[nodiscard]] std::vector<std::string_view> bodies_of(std::string_view text, std::string_view function);

} // namespace flowcoro::model
