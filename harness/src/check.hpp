// The result of one check of the machine, as it stands in run.json.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace flowbench {

/// `note`: numbers are true but less steady, or the reader should know. `bad`: mend it before you measure. `unknown`: the
/// machine does not tell, and nothing is assumed.
enum class Fitness { good, note, bad, unknown };

inline constexpr std::array<std::string_view, 4> fitness_names{"good", "note", "bad", "unknown"};

[[nodiscard]] constexpr std::string_view name(Fitness fitness) {
  return fitness_names[static_cast<std::size_t>(fitness)];
}

/// All texts are one printable line; `advice` is empty when there is nothing to do.
struct Check {
  std::string id;
  std::string seen;
  Fitness verdict = Fitness::unknown;
  std::string advice;
};

} // namespace flowbench
