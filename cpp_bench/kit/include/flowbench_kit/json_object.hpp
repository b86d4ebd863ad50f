#pragma once
// Writes one JSON object on one line. Integers and strings only: what the contract has.

#include <cstdint>
#include <string>
#include <string_view>

namespace flowbench {

/// Keys come in the order of the calls; a key must not be given twice. Strings must be UTF-8.
class JsonObject {
 public:
  JsonObject& text(std::string_view key, std::string_view value);
  JsonObject& number(std::string_view key, std::uint64_t value);
  /// `json` is itself valid JSON: an object or an array.
  JsonObject& raw(std::string_view key, std::string_view json);

  [[nodiscard]] std::string str() const;

 private:
  void begin_member(std::string_view key);

  std::string members_;
};

/// value in quotes, with everything escaped that would end the string or the line.
[[nodiscard]] std::string json_string(std::string_view value);

} // namespace flowbench
