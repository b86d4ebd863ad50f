// A fresh empty folder that disappears with its owner: the working directory and HOME of one process.
#pragma once

#include <filesystem>

namespace flowbench {

class TempDir {
 public:
  /// Throws EnvironmentFailure when no folder can be made.
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

} // namespace flowbench
