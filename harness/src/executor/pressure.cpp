#include "pressure.hpp"

#include <string>

#include "../files.hpp"
#include "../numbers.hpp"
#include "../text.hpp"

namespace flowbench {
namespace {

using Total = std::optional<std::uint64_t>;

Total read_total(const std::filesystem::path& file) { return parse_pressure(read_system_file(file).value_or("")); }

Total growth(Total before, Total after) {
  if (!before || !after || *after < *before) return std::nullopt;
  return *after - *before;
}

} // namespace

std::optional<std::uint64_t> parse_pressure(std::string_view text) {
  for (const std::string& line : split(text, '\n')) {
    // some avg10=0.00 avg60=0.00 avg300=0.00 total=0
    if (!line.starts_with("some ")) continue;
    for (const std::string& field : split(line, ' ')) {
      constexpr std::string_view key = "total=";
      if (!field.starts_with(key)) continue;
      const Total us = parse_u64(std::string_view(field).substr(key.size()));
      return us ? Total(*us * 1000) : std::nullopt;
    }
  }
  return std::nullopt;
}

Pressure pressure_since_boot() { return read_pressure("/proc/pressure"); }

Pressure read_pressure(const std::filesystem::path& folder) {
  return {.cpu_ns = read_total(folder / "cpu"),
          .memory_ns = read_total(folder / "memory"),
          .io_ns = read_total(folder / "io")};
}

Pressure pressure_between(const Pressure& before, const Pressure& after) {
  return {.cpu_ns = growth(before.cpu_ns, after.cpu_ns),
          .memory_ns = growth(before.memory_ns, after.memory_ns),
          .io_ns = growth(before.io_ns, after.io_ns)};
}

} // namespace flowbench
