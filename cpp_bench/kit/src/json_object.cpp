#include "flowbench_kit/json_object.hpp"

namespace flowbench {

std::string json_string(std::string_view value) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char character : value) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      quoted += '\\';
      quoted += character;
    } else if (byte < 0x20U) {
      quoted += "\\u00";
      quoted += hex[byte >> 4U];
      quoted += hex[byte & 0xfU];
    } else {
      quoted += character;
    }
  }
  quoted += '"';
  return quoted;
}

void JsonObject::begin_member(std::string_view key) {
  if (!members_.empty()) {
    members_ += ',';
  }
  members_ += json_string(key);
  members_ += ':';
}

JsonObject& JsonObject::text(std::string_view key, std::string_view value) {
  begin_member(key);
  members_ += json_string(value);
  return *this;
}

JsonObject& JsonObject::number(std::string_view key, std::uint64_t value) {
  begin_member(key);
  members_ += std::to_string(value);
  return *this;
}

JsonObject& JsonObject::raw(std::string_view key, std::string_view json) {
  begin_member(key);
  members_ += json;
  return *this;
}

std::string JsonObject::str() const { return '{' + members_ + '}'; }

} // namespace flowbench
