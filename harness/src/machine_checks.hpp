// Is this machine fit for measuring? One check after the other: what was seen, what it means, what to do about it.
#pragma once

#include <string>
#include <vector>

#include "environment.hpp"
#include "surroundings.hpp"

namespace flowbench {

/// One line for each check that asks for attention, the bad ones first.
[[nodiscard]] std::vector<std::string> warnings_of(const std::vector<Check>& checks);

/// Pure: reads nothing. All checks, in the order of docs/noise.md, whatever they found.
[[nodiscard]] std::vector<Check> judge_machine(const Environment& environment, const Surroundings& surroundings);

} // namespace flowbench
