// Starting one process in the environment that docs/contract.md promises.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "../files.hpp"
#include "cgroup.hpp"

namespace flowbench {

struct SpawnRequest {
  std::vector<std::string> command;     // the first word is the path of the executable
  std::vector<std::string> environment; // NAME=value, and nothing else reaches the process
  std::filesystem::path working_directory;
  std::vector<int> cpus; // empty: those of this process
};

/// A started process and the ends of its pipes that stay here.
struct Child {
  pid_t pid = 0;
  FileDescriptor handle; // pidfd: readable when the process has ended
  FileDescriptor result; // what it writes to descriptor 3
  FileDescriptor out, err;
  std::string error; // why it could not be started; empty when it runs
};

/// Own session and process group, killed with its parent, stdin from /dev/null, default signals, no core files, no other
/// descriptor. Blocks until the program runs or could not be started; in the second case nothing is left behind.
/// Throws EnvironmentFailure when this process is out of descriptors.
[[nodiscard]] Child spawn(const SpawnRequest& request, const TrialCgroup& cgroup);

} // namespace flowbench
