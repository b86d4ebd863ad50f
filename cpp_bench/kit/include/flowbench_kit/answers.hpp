#pragma once
// How the results of the tasks become the one number that a trial is checked by.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "flowbench_kit/mix.hpp"

namespace flowbench {

[[nodiscard]] constexpr std::uint64_t wrapping_sum(std::span<const std::uint64_t> results) noexcept {
  std::uint64_t sum = 0;
  for (const std::uint64_t result : results) {
    sum += result;
  }
  return sum;
}

/// FNV-1a, 64 bits, over the bytes of all strings in task order: the answer of `request`.
class Fnv1a {
 public:
  constexpr void add(std::string_view text) noexcept {
    for (const char character : text) {
      hash_ = (hash_ ^ static_cast<unsigned char>(character)) * 0x100000001b3U;
    }
  }
  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

[[nodiscard]] constexpr std::uint64_t hash_strings(std::span<const std::string> strings) noexcept {
  Fnv1a hash;
  for (const std::string& text : strings) {
    hash.add(text);
  }
  return hash.value();
}

/// Depends on the order of the messages: the answer of `channel`. Starts as the seed.
[[nodiscard]] constexpr std::uint64_t fold_message(std::uint64_t hash, std::uint64_t message) noexcept {
  return mix(hash ^ message);
}

/// What a task of `request` returns: "req-" and the 16 lower-case hex digits of x.
[[nodiscard]] std::string request_text(std::uint64_t x);

} // namespace flowbench
