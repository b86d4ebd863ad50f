// The commands behind main(); each returns an exit code and throws Failure.
#pragma once

#include "options.hpp"

namespace flowbench {

int run_command(RunOptions options);
int pair_command(const PairOptions& options);
int doctor_command(const DoctorOptions& options);
int list_command(const ListOptions& options);

/// Where the subjects of this build are: `subjects` beside the executable.
[[nodiscard]] std::filesystem::path subject_folder();

} // namespace flowbench
