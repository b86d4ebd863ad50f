#pragma once
// With what this program was built, for the results.

#include <string>

namespace flowbench {

struct BuildInfo {
  std::string compiler; ///< "Clang 19.1.7"
  std::string flags;    ///< those that every C++ subject gets, then those that only this one needs
};

[[nodiscard]] BuildInfo build_info(const std::string& library_flags);

/// The version of a subject that is nothing but the standard library: "libstdc++ 12, glibc 2.36".
[[nodiscard]] std::string standard_library_version();

} // namespace flowbench
