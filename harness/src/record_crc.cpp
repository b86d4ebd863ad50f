#include "record_crc.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "fields.hpp"

namespace flowbench {
namespace {

constexpr std::string_view key = R"(,"crc32":")";
constexpr std::size_t digits = 8;
constexpr std::string_view end = R"("})";
constexpr std::size_t length = key.size() + digits + end.size();

// One entry for each value of a byte: what it does to the remainder (polynomial 0x04C11DB7, bits reversed).
constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest & 1U) != 0 ? 0xEDB88320U ^ (rest >> 1U) : rest >> 1U;
    table[byte] = rest;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> table = make_table();

std::string crc_text(std::string_view bytes) {
  std::array<char, digits + 1> text{};
  std::snprintf(text.data(), text.size(), "%08x", static_cast<unsigned>(crc32(bytes)));
  return text.data();
}

} // namespace

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t rest = 0xFFFFFFFFU;
  for (const char c : bytes) rest = table[(rest ^ static_cast<std::uint8_t>(c)) & 0xFFU] ^ (rest >> 8U);
  return rest ^ 0xFFFFFFFFU;
}

std::string with_crc(std::string line) {
  line.pop_back(); // the bracket that closes it
  return line + std::string(key) + crc_text(line) + std::string(end);
}

void CrcCheck::operator()(std::string_view line) {
  constexpr const char* fix = "; restore the file from a copy, or measure again";
  const std::size_t record = line.size() < length ? 0 : line.size() - length;
  if (line.find(key) == std::string_view::npos) {
    if (!expected_) return;
    throw FieldError(std::string("is damaged: it has no CRC, and lines before it have one") + fix);
  }
  expected_ = true;
  const std::string_view said = line.substr(std::min(record + key.size(), line.size()), digits);
  const std::string is = crc_text(line.substr(0, record));
  if (line.substr(record).starts_with(key) && line.ends_with(end) && said == is) return;
  throw FieldError("is damaged: its CRC-32 does not fit its text" + std::string(fix));
}

} // namespace flowbench
