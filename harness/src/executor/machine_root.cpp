#include "machine_root.hpp"

#include <cstdlib>
#include <string>

#include "../failure.hpp"

namespace flowbench {

std::optional<std::filesystem::path> test_machine() {
  const char* const folder = std::getenv(test_machine_variable);
  if (folder == nullptr) return std::nullopt;
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return folder;
  throw UsageFailure(std::string(test_machine_variable) + " names no folder: '" + folder +
                     "'; unset it, it is for tests");
}

} // namespace flowbench
