// What a subject prints: the beginning and the end are kept, the middle is only counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace flowbench {

class CappedLog {
 public:
  static constexpr std::size_t part_bytes = 64 * 1024; // kept at each end

  void add(std::string_view bytes);

  /// Everything that was added, counted.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  /// Whether nothing was left out.
  [[nodiscard]] bool is_whole() const { return bytes_ <= 2 * part_bytes; }

  /// The kept text, with a line that says how much is missing in the middle.
  [[nodiscard]] std::string text() const;

 private:
  std::string head_;
  std::string tail_; // up to twice part_bytes between trims, so that a trim is rare
  std::uint64_t bytes_ = 0;
};

} // namespace flowbench
