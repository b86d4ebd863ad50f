#include "fields.hpp"

#include "numbers.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

[[noreturn]] void wrong(const char* key, const std::string& what) {
  throw FieldError("'" + std::string(key) + "' " + what);
}

} // namespace

bool is_line(const Json& value) {
  if (!value.is_string()) return false;
  const std::string& text = value.get_ref<const std::string&>();
  return !text.empty() && text.find_first_of("\r\n") == std::string::npos;
}

Fields::Fields(const Json& object) : object_(object) {
  if (!object.is_object()) throw FieldError("is not a JSON object");
}

const Json& Fields::any(const char* key) const {
  const auto found = object_.find(key);
  if (found == object_.end()) wrong(key, "is missing");
  return *found;
}

const Json& Fields::array(const char* key) const {
  const Json& value = any(key);
  if (!value.is_array()) wrong(key, "is not a list");
  return value;
}

Fields Fields::object(const char* key) const {
  const Json& value = any(key);
  if (!value.is_object()) wrong(key, "is not an object");
  return Fields(value);
}

bool Fields::boolean(const char* key) const {
  const Json& value = any(key);
  if (!value.is_boolean()) wrong(key, "is not true or false");
  return value.get<bool>();
}

std::uint64_t Fields::count(const char* key, std::uint64_t least, std::uint64_t most) const {
  const Json& value = any(key);
  if (!value.is_number_integer()) wrong(key, "is not an integer");
  if (!value.is_number_unsigned() && value.get<std::int64_t>() < 0) wrong(key, "is negative");
  const auto number = value.get<std::uint64_t>();
  if (number < least || number > most) {
    wrong(key, "is " + std::to_string(number) + ", outside " + std::to_string(least) + " ... " + std::to_string(most));
  }
  return number;
}

std::string Fields::text(const char* key) const {
  const Json& value = any(key);
  if (!value.is_string()) wrong(key, "is not a string");
  return value.get<std::string>();
}

std::string Fields::line(const char* key) const {
  std::string value = text(key);
  if (!is_line(any(key))) wrong(key, "is empty or has a line break");
  return value;
}

std::string Fields::id(const char* key) const {
  std::string value = text(key);
  if (!is_id(value)) wrong(key, "is '" + one_line(value, 40) + "', not an id ([a-z0-9][a-z0-9._-]{0,63})");
  return value;
}

std::uint64_t Fields::decimal(const char* key) const {
  const std::string value = text(key);
  const std::optional<std::uint64_t> number = parse_u64(value);
  if (!number || std::to_string(*number) != value) wrong(key, "is not an unsigned 64-bit number in decimal");
  return *number;
}

std::map<std::string, std::string> Fields::reasons(const char* key) const {
  const Json& value = any(key);
  if (!value.is_object()) wrong(key, "is not an object");
  std::map<std::string, std::string> reasons;
  for (const auto& [id, reason] : value.items()) {
    if (!is_id(id) || !is_line(reason)) wrong(key, "does not map ids to one-line reasons");
    reasons.emplace(id, reason.get<std::string>());
  }
  return reasons;
}

std::optional<std::uint64_t> Fields::optional_count(const char* key) const {
  if (!has(key)) return std::nullopt;
  return count(key);
}

std::optional<std::string> Fields::optional_line(const char* key) const {
  if (!has(key)) return std::nullopt;
  return line(key);
}

std::map<std::string, std::string> Fields::optional_reasons(const char* key) const {
  if (!has(key)) return {};
  return reasons(key);
}

bool Fields::flag(const char* key) const { return has(key) && boolean(key); }

void Fields::expect_version() const {
  const Json& version = any("v");
  if (!version.is_number_integer()) wrong("v", "is not an integer");
  if (version != 1) {
    wrong("v", "is " + json_line(version) + ", and this program knows version 1 only");
  }
}

} // namespace flowbench
