// `flowbench validate RUN`: whether the files of a run keep the contract.
#pragma once

#include <filesystem>
#include <iosfwd>

#include "options.hpp"

namespace flowbench {

/// Prints what it found; returns the exit code. Changes nothing on disk. Throws UsageFailure when run.json is unusable.
int validate_run(const ValidateOptions& options, const std::filesystem::path& results, std::ostream& out,
                 std::ostream& err);

} // namespace flowbench
