// Text that is safe to show: one line, no control characters, bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flowbench {

inline constexpr std::size_t longest_reason = 400;

/// `text` as one printable line of valid UTF-8: control, bidirectional and broken characters become a space or '?'.
/// Whatever a subject prints goes through here before it reaches a terminal or a results file.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t longest = longest_reason);

/// The last line of `text` that is not blank, through one_line(); empty when there is none.
[[nodiscard]] std::string last_line(std::string_view text);

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string join(const std::vector<std::string>& words, std::string_view separator);
[[nodiscard]] std::string_view trim(std::string_view text);

/// Ids of subjects and workloads, which also become file names: [a-z0-9][a-z0-9._-]{0,63}.
[[nodiscard]] bool is_id(std::string_view text);

/// "0:07", "12:30" or "1:02:03".
[[nodiscard]] std::string clock_text(std::uint64_t seconds);

} // namespace flowbench
