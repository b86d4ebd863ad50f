// The CRC at the end of a line of trials.jsonl: whether its bytes are those that were written. docs/contract.md defines it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace flowbench {

/// CRC-32 of IEEE 802.3, as zlib computes it.
[[nodiscard]] std::uint32_t crc32(std::string_view bytes);

/// A line that is a JSON object with at least one key gets the CRC of its text as its last key.
[[nodiscard]] std::string with_crc(std::string line);

/// Holds the lines of one file, from the first, against their CRCs.
class CrcCheck {
 public:
  /// `line` has no line break. Throws FieldError. One without a CRC is good where none before it has one: it is from
  /// before there were any.
  void operator()(std::string_view line);

 private:
  bool expected_ = false;
};

} // namespace flowbench
