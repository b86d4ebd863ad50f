#include "temp_dir.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "../failure.hpp"
#include "../files.hpp"

namespace flowbench {

TempDir::TempDir() {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  if (error) throw EnvironmentFailure("no folder for temporary files: " + error.message());
  std::string name = (parent / "flowbench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw EnvironmentFailure("cannot make a folder in " + parent.string() + ": " + error_text(errno));
  }
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code error;
  fs::remove_all(path_, error); // symbolic links are removed, not followed
  if (error) std::fprintf(stderr, "flowbench: cannot remove %s: %s\n", path_.c_str(), error.message().c_str());
}

} // namespace flowbench
