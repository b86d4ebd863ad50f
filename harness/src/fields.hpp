// Typed reading of one JSON object: every missing or mistyped key is an error that names the key.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "strict_json.hpp"

namespace flowbench {

inline constexpr std::uint64_t most_tasks = 1'000'000'000;
inline constexpr std::uint64_t any_u64 = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::uint64_t any_u32 = std::numeric_limits<std::uint32_t>::max();

struct FieldError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Reads keys of `object`, which must outlive it. All members throw FieldError.
class Fields {
 public:
  explicit Fields(const Json& object);

  [[nodiscard]] bool has(const char* key) const { return object_.contains(key); }
  [[nodiscard]] const Json& any(const char* key) const;
  [[nodiscard]] const Json& array(const char* key) const;
  [[nodiscard]] Fields object(const char* key) const;
  [[nodiscard]] bool boolean(const char* key) const;
  [[nodiscard]] std::uint64_t count(const char* key, std::uint64_t least = 0, std::uint64_t most = any_u64) const;
  [[nodiscard]] std::string text(const char* key) const;
  [[nodiscard]] std::string line(const char* key) const; // text without a line break, not empty
  [[nodiscard]] std::string id(const char* key) const;
  [[nodiscard]] std::uint64_t decimal(const char* key) const; // a 64-bit number as a decimal string
  [[nodiscard]] std::map<std::string, std::string> reasons(const char* key) const; // {id: line}

  [[nodiscard]] std::optional<std::uint64_t> optional_count(const char* key) const;
  [[nodiscard]] std::optional<std::string> optional_line(const char* key) const;
  [[nodiscard]] bool flag(const char* key) const;                                           // false when absent
  [[nodiscard]] std::map<std::string, std::string> optional_reasons(const char* key) const; // empty when absent

  /// "v" must be there and 1.
  void expect_version() const;

 private:
  const Json& object_;
};

[[nodiscard]] bool is_line(const Json& value);

} // namespace flowbench
