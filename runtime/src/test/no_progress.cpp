#include "flowcoro/test/no_progress.hpp"

#include <algorithm>
#include <string_view>

namespace flowcoro::test::detail {
namespace {

struct Crowd {
  std::source_location where;
  std::size_t size;
};

bool same_place(const std::source_location& a, const std::source_location& b) {
  return a.line() == b.line() && a.column() == b.column() &&
         std::string_view{a.file_name()} == std::string_view{b.file_name()};
}

std::string line_for(const Crowd& crowd) {
  std::string line = "\n  ";
  if (crowd.size > 1) line += std::to_string(crowd.size) + " × ";
  if (crowd.where.line() == 0) return line + "(has not waited yet)";
  return line + crowd.where.file_name() + ':' + std::to_string(crowd.where.line()) + " in " +
         crowd.where.function_name();
}

} // namespace

std::string list_of_places(const std::vector<std::source_location>& places) {
  constexpr std::size_t most_lines = 20;
  std::vector<Crowd> crowds;
  for (const std::source_location& place : places) {
    const auto there = std::find_if(crowds.begin(), crowds.end(),
                                    [&place](const Crowd& crowd) { return same_place(crowd.where, place); });
    if (there != crowds.end())
      ++there->size;
    else
      crowds.push_back({place, 1});
  }
  std::sort(crowds.begin(), crowds.end(), [](const Crowd& a, const Crowd& b) {
    return a.size != b.size ? a.size > b.size : a.where.line() < b.where.line();
  });
  std::string list;
  for (std::size_t i = 0; i < std::min(most_lines, crowds.size()); ++i) list += line_for(crowds[i]);
  if (crowds.size() > most_lines) list += "\n  and " + std::to_string(crowds.size() - most_lines) + " places more";
  return list;
}

} // namespace flowcoro::test::detail
