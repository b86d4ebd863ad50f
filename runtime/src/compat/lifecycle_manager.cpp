#include "flowcoro/compat/lifecycle_manager.hpp"

#include <array>
#include <cstdio>
#include <sstream>
#include <string_view>
#include <utility>

namespace flowcoro {
namespace {

constexpr std::array<std::pair<TaskKind, std::string_view>, task_kinds> kinds = {
    {{TaskKind::plain, "compatible"}, {TaskKind::tracked, "enhanced"}, {TaskKind::pooled, "pooled"}}};

double percent(std::uint64_t part, std::uint64_t whole) noexcept {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

/// One digit behind the point, whatever the locale of a stream.
std::string one_digit(double value) {
  char text[32];
  const auto tenths = static_cast<unsigned long long>(value * 10 + 0.5);
  std::snprintf(text, sizeof text, "%llu.%llu", tenths / 10, tenths % 10);
  return text;
}

std::string line(std::string_view kind, const TaskCounts& c) {
  const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  char text[160];
  std::snprintf(text, sizeof text, "%-10.*s %12llu %12llu %12llu %12llu %12llu\n", static_cast<int>(kind.size()),
                kind.data(), number(c.created), number(c.active()), number(c.completed), number(c.cancelled),
                number(c.failed));
  return text;
}

} // namespace

lifecycle_adoption lifecycle_manager::adoption() const noexcept {
  const TaskSnapshot snapshot = stats();
  const std::uint64_t all = snapshot.all().created;
  return {percent(snapshot.of(TaskKind::pooled).created, all), percent(snapshot.of(TaskKind::tracked).created, all)};
}

std::string lifecycle_manager::report() const {
  const TaskSnapshot snapshot = stats();
  std::string text = "tasks           created       active    completed    cancelled       failed\n";
  for (const auto& [kind, name] : kinds) text += line(name, snapshot.of(kind));
  text += line("all", snapshot.all());
  const lifecycle_adoption share = adoption();
  text += "pooled " + one_digit(share.pooled_percent) + " %, enhanced " + one_digit(share.enhanced_percent) + " %\n";
  return text;
}

void lifecycle_manager::print_report(std::ostream& out) const { out << report(); }

std::string lifecycle_manager::to_json() const {
  const TaskSnapshot snapshot = stats();
  std::string json = "{";
  const auto field = [&json](std::string_view name, std::uint64_t value, const char* separator) {
    json += '"';
    json += name;
    json += "\": " + std::to_string(value) + separator;
  };
  for (const auto& [kind, name] : kinds) {
    const TaskCounts& c = snapshot.of(kind);
    json += '"';
    json += name;
    json += "\": {";
    field("created", c.created, ", ");
    field("active", c.active(), ", ");
    field("completed", c.completed, ", ");
    field("cancelled", c.cancelled, ", ");
    field("failed", c.failed, "}, ");
  }
  const lifecycle_adoption share = adoption();
  json += "\"pooled_percent\": " + one_digit(share.pooled_percent) +
          ", \"enhanced_percent\": " + one_digit(share.enhanced_percent) + "}";
  return json;
}

} // namespace flowcoro
