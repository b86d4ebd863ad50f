#include "flowbench_kit/build_info.hpp"

#include <utility>
#include <version>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

namespace flowbench {

BuildInfo build_info(const std::string& library_flags) {
  std::string flags = FLOWBENCH_FLAGS;
  if (!library_flags.empty()) flags += " " + library_flags;
  return {.compiler = FLOWBENCH_COMPILER, .flags = std::move(flags)};
}

std::string standard_library_version() {
#if defined(_GLIBCXX_RELEASE)
  std::string version = "libstdc++ " + std::to_string(_GLIBCXX_RELEASE);
#elif defined(_LIBCPP_VERSION)
  std::string version = "libc++ " + std::to_string(_LIBCPP_VERSION);
#else
  std::string version = "unknown standard library";
#endif
#ifdef __GLIBC__
  version += std::string(", glibc ") + ::gnu_get_libc_version();
#endif
  return version;
}

} // namespace flowbench
