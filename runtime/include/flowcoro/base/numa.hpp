#pragma once
/// Which CPUs lie near the same memory.
#include <string>
#include <vector>

namespace flowcoro {

struct NumaNode {
  unsigned id = 0;
  std::vector<unsigned> cpus; ///< rising
};

/// The nodes that have CPUs, by id; none where the system does not say. A node whose list cannot be read is left out.
/// Reads files below `root`; call it once. \param root another folder with the same files, for tests.
[[nodiscard]] std::vector<NumaNode> numa_nodes(const std::string& root = "/sys/devices/system/node");

} // namespace flowcoro
