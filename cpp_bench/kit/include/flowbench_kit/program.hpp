#pragma once
// What main() of a C++ subject does.

#include <functional>

#include "flowbench_kit/subject.hpp"

namespace flowbench {

/// Runs the subject that `describe` gives with the arguments of main(); says on stderr what went wrong.
/// \return the exit code: 2 for a usage error, 1 for any other failure.
[[nodiscard]] int run_program(int argc, const char* const* argv, const std::function<Subject()>& describe) noexcept;

} // namespace flowbench
