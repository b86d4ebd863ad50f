#include "text.hpp"

#include <array>
#include <charconv>
#include <cstddef>

namespace flowcoro::detail {
namespace {

constexpr std::uint64_t ns_in_second = 1'000'000'000;
constexpr std::size_t digits_of_ns = 9;

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> text; // the longest double has 24 characters
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out.append(text.data(), end);
}

[[nodiscard]] bool is_continuation(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// Bytes of the well-formed character that `text` begins with; 0 when it begins with none (Unicode, table 3-7).
[[nodiscard]] std::size_t character_at_start(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) noexcept {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!is_continuation(text[i])) return 0;
  const unsigned second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool too_large = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

} // namespace

void append(std::string& out, std::uint64_t number) { append_number(out, number); }
void append_signed(std::string& out, std::int64_t number) { append_number(out, number); }
void append(std::string& out, double number) { append_number(out, number); }

void append_seconds(std::string& out, std::uint64_t ns) {
  append(out, ns / ns_in_second);
  std::uint64_t rest = ns % ns_in_second;
  if (rest == 0) return;
  std::array<char, digits_of_ns> digits;
  for (std::size_t i = digits_of_ns; i-- > 0; rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
  std::string_view text{digits.data(), digits.size()};
  text.remove_suffix(text.size() - 1 - text.find_last_not_of('0'));
  out.push_back('.');
  out.append(text);
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character_at_start(text);
    if (length == 0)
      out.append("\xEF\xBF\xBD");
    else
      out.append(text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

} // namespace flowcoro::detail
