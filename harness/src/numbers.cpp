#include "numbers.hpp"

#include <charconv>
#include <limits>
#include <set>

#include "text.hpp"

namespace flowbench {
namespace {

constexpr int largest_cpu = 8191;

std::optional<std::uint64_t> parse_suffixed(std::string_view text, std::uint64_t kilo) {
  std::uint64_t scale = 1;
  if (!text.empty()) {
    switch (text.back()) {
      case 'k':
      case 'K': scale = kilo; break;
      case 'm':
      case 'M': scale = kilo * kilo; break;
      case 'g':
      case 'G': scale = kilo * kilo * kilo; break;
      default: break;
    }
    if (scale != 1) text.remove_suffix(1);
  }
  const std::optional<std::uint64_t> number = parse_u64(text);
  if (!number || *number > std::numeric_limits<std::uint64_t>::max() / scale) return std::nullopt;
  return *number * scale;
}

std::optional<int> parse_cpu(std::string_view text) {
  const std::optional<std::uint64_t> cpu = parse_u64(text);
  if (!cpu || *cpu > largest_cpu) return std::nullopt;
  return static_cast<int>(*cpu);
}

} // namespace

std::optional<std::uint64_t> parse_u64(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_count(std::string_view text) { return parse_suffixed(text, 1000); }

std::optional<std::uint64_t> parse_bytes(std::string_view text) { return parse_suffixed(text, 1024); }

std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::optional<std::uint64_t> whole = parse_u64(text.substr(0, point));
  std::uint64_t thousandths = 0;
  if (point != std::string_view::npos) {
    std::string decimals(text.substr(point + 1));
    if (decimals.empty() || decimals.size() > 3) return std::nullopt;
    decimals.resize(3, '0');
    const std::optional<std::uint64_t> fraction = parse_u64(decimals);
    if (!fraction) return std::nullopt;
    thousandths = *fraction;
  }
  constexpr std::uint64_t longest_seconds = 1'000'000;
  if (!whole || *whole > longest_seconds || (*whole == 0 && thousandths == 0)) return std::nullopt;
  return std::chrono::milliseconds(*whole * 1000 + thousandths);
}

std::optional<std::vector<int>> parse_cpu_list(std::string_view text) {
  std::set<int> cpus;
  for (const std::string& part : split(text, ',')) {
    const std::size_t dash = part.find('-');
    const std::optional<int> first = parse_cpu(std::string_view(part).substr(0, dash));
    const std::optional<int> last =
        dash == std::string::npos ? first : parse_cpu(std::string_view(part).substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    for (int cpu = *first; cpu <= *last; ++cpu) cpus.insert(cpu);
  }
  return std::vector<int>(cpus.begin(), cpus.end());
}

std::string cpu_list_text(const std::vector<int>& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(cpus[i]);
    if (last > i) text += "-" + std::to_string(cpus[last]);
    i = last + 1;
  }
  return text;
}

std::string seconds_text(std::chrono::milliseconds duration) {
  std::string text = std::to_string(duration.count() / 1000);
  const auto rest = duration.count() % 1000;
  if (rest == 0) return text;
  std::string decimals = std::to_string(1000 + rest).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return text + "." + decimals;
}

} // namespace flowbench
