#include "flowcoro/base/numa.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

namespace flowcoro {
namespace {

/// Far more than any machine has; what goes beyond is no list of CPUs.
constexpr unsigned most_cpus = 1U << 16;

/// Takes an unsigned number from the front of `text`.
[[nodiscard]] std::optional<unsigned> take_number(std::string_view& text) noexcept {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// As "0-3,8"; nothing for what is no such list.
[[nodiscard]] std::optional<std::vector<unsigned>> parse_list(std::string_view text) {
  std::vector<unsigned> cpus;
  while (!text.empty()) {
    const std::optional<unsigned> first = take_number(text);
    if (!first) return std::nullopt;
    unsigned last = *first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      const std::optional<unsigned> end = take_number(text);
      if (!end) return std::nullopt;
      last = *end;
    }
    if (last < *first || last >= most_cpus) return std::nullopt;
    for (unsigned cpu = *first; cpu <= last; ++cpu) cpus.push_back(cpu);
    if (text.starts_with(','))
      text.remove_prefix(1);
    else if (!text.empty())
      return std::nullopt;
  }
  std::ranges::sort(cpus);
  return cpus;
}

} // namespace

std::vector<NumaNode> numa_nodes(const std::string& root) {
  constexpr std::string_view prefix = "node";
  std::vector<NumaNode> nodes;
  std::error_code ignored; // a folder that is not there has no nodes
  for (const auto& entry : std::filesystem::directory_iterator{root, ignored}) {
    const std::string name = entry.path().filename().string();
    std::string_view rest = name;
    if (!rest.starts_with(prefix)) continue;
    rest.remove_prefix(prefix.size());
    const std::optional<unsigned> id = take_number(rest);
    if (!id || !rest.empty()) continue;
    std::ifstream file{entry.path() / "cpulist"};
    std::string line;
    if (!std::getline(file, line)) continue;
    std::optional<std::vector<unsigned>> cpus = parse_list(line);
    if (cpus && !cpus->empty()) nodes.push_back({*id, *std::move(cpus)});
  }
  std::ranges::sort(nodes, {}, &NumaNode::id);
  return nodes;
}

} // namespace flowcoro
