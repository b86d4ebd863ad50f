// JSON as the contract allows it: integers only, no duplicate keys, bounded depth, valid UTF-8, nothing after the value.
// What others write (Google Benchmark's reports, files of people) may have fractions, and nothing else more.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace flowbench {

/// Keys keep the order they were written in, so that results files read like the contract.
using Json = nlohmann::ordered_json;

inline constexpr int deepest_json = 32;

struct ParsedJson {
  Json value;
  std::string error; // empty when `value` holds the document
};

enum class Fractions { refused, allowed };

/// Refuses fractions, exponents, numbers beyond 64 bits, NaN, duplicate keys, NUL bytes, a byte order mark, invalid
/// UTF-8, more than deepest_json levels and trailing text. Never throws on bad input.
[[nodiscard]] ParsedJson parse_strict(std::string_view text, Fractions fractions = Fractions::refused);

/// One line of JSON, integers only; bytes that are not UTF-8 are replaced.
[[nodiscard]] std::string json_line(const Json& value);

} // namespace flowbench
