#include "suggest.hpp"

#include <algorithm>

#include "text.hpp"

namespace flowbench {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::string unknown_name(std::string_view what, std::string_view name, const std::vector<std::string>& valid) {
  const std::string_view compared = name.substr(0, 64);
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& candidate : valid) {
    const std::size_t distance = edit_distance(compared, candidate);
    const bool begins_alike = !compared.empty() && candidate.starts_with(compared);
    if (begins_alike || distance <= std::max<std::size_t>(1, candidate.size() / 3)) {
      near.emplace_back(begins_alike ? 0 : distance, candidate);
    }
  }
  std::sort(near.begin(), near.end());

  std::string message = "unknown " + std::string(what) + " '" + one_line(name, 64) + "'";
  for (std::size_t i = 0; i < near.size() && i < 3; ++i) {
    message += (i == 0 ? "; did you mean " : " or ") + near[i].second;
  }
  if (!near.empty()) message += "?";
  return message + " (valid: " + join(valid, ", ") + ")";
}

} // namespace flowbench
