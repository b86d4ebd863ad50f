#pragma once
/// Numbers and names as text, the same in every locale.
#include "flowcoro/base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace flowcoro::detail {

void append(std::string& out, std::uint64_t number);
void append_signed(std::string& out, std::int64_t number);
/// The shortest text that reads as the same number. \param number finite.
void append(std::string& out, double number);
/// Exact: "0.000001023". \param ns not negative.
void append_seconds(std::string& out, std::uint64_t ns);
/// What is no UTF-8 in `text` becomes U+FFFD, byte by byte; what is stays.
[[nodiscard]] std::string valid_utf8(std::string_view text);

} // namespace flowcoro::detail
