#pragma once
/// JSON piece by piece; the commas come by themselves.
#include "text.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace flowcoro::detail {

/// What is begun must be ended, and each value of an object has a key: the caller sees to both.
class JsonWriter {
 public:
  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }

  void key(std::string_view name) {
    separate();
    append_string(name);
    text_.push_back(':');
    after_key_ = true;
  }
  void number(std::uint64_t value) {
    separate();
    append(text_, value);
  }
  void signed_number(std::int64_t value) {
    separate();
    append_signed(text_, value);
  }
  /// null when it is not finite, which JSON cannot say.
  void number(double value) {
    if (!std::isfinite(value)) return null();
    separate();
    append(text_, value);
  }
  void boolean(bool value) {
    separate();
    text_.append(value ? "true" : "false");
  }
  void null() {
    separate();
    text_.append("null");
  }
  void string(std::string_view value) {
    separate();
    append_string(value);
  }

  template <class Number>
  void field(std::string_view name, Number value) {
    key(name);
    number(value);
  }

  [[nodiscard]] std::string take() noexcept { return std::move(text_); }

 private:
  void begin(char bracket) {
    separate();
    text_.push_back(bracket);
    first_ = true;
  }
  void end(char bracket) {
    text_.push_back(bracket);
    first_ = false;
  }
  void separate() {
    if (!first_ && !after_key_) text_.push_back(',');
    first_ = false;
    after_key_ = false;
  }
  void append_string(std::string_view value) {
    constexpr std::string_view digits = "0123456789abcdef";
    text_.push_back('"');
    for (const char c : valid_utf8(value)) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        text_.push_back('\\');
        text_.push_back(c);
      } else if (byte < 0x20) {
        text_.append("\\u00").push_back(digits[byte / 16]);
        text_.push_back(digits[byte % 16]);
      } else {
        text_.push_back(c);
      }
    }
    text_.push_back('"');
  }

  std::string text_;
  bool first_ = true;
  bool after_key_ = false;
};

} // namespace flowcoro::detail
