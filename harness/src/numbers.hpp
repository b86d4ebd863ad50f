// Numbers as people type them: 10k, 1.5 seconds, 0-1,3, 512m.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowbench {

/// A plain decimal number without sign, spaces or suffix.
[[nodiscard]] std::optional<std::uint64_t> parse_u64(std::string_view text);

/// A decimal number with an optional suffix k, m or g: thousands, millions, thousand millions.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);

/// As parse_count(), but k, m and g are 1024, 1024² and 1024³.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);

/// Seconds with up to three decimals, more than zero: "60", "0.5".
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text);

/// A Linux CPU list, "0-1,3"; sorted, without duplicates, never empty.
[[nodiscard]] std::optional<std::vector<int>> parse_cpu_list(std::string_view text);

/// The inverse of parse_cpu_list().
[[nodiscard]] std::string cpu_list_text(const std::vector<int>& cpus);

/// The inverse of parse_seconds().
[[nodiscard]] std::string seconds_text(std::chrono::milliseconds duration);

} // namespace flowbench
