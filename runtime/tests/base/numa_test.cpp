#include "flowcoro/base/numa.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace {

using flowcoro::numa_nodes;
using flowcoro::NumaNode;

/// A folder as that of the system, until the end of the test.
class Folder {
 public:
  Folder()
      : path_{std::filesystem::temp_directory_path() /
              ("flowcoro_numa_" + std::to_string(getpid()) + "_" +
               testing::UnitTest::GetInstance()->current_test_info()->name())} {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void add(const std::string& node, const std::string& cpus) const {
    std::filesystem::create_directories(path_ / node);
    std::ofstream{path_ / node / "cpulist"} << cpus << '\n';
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST(NumaNodes, AreReadWithTheirCpusInOrder) {
  const Folder folder;
  folder.add("node10", "4-5");
  folder.add("node0", "8,0-2");
  folder.add("node1", "3");
  const std::vector<NumaNode> nodes = numa_nodes(folder.path());
  ASSERT_EQ(nodes.size(), 3u);
  EXPECT_EQ(nodes[0].id, 0u);
  EXPECT_EQ(nodes[0].cpus, (std::vector<unsigned>{0, 1, 2, 8}));
  EXPECT_EQ(nodes[1].id, 1u);
  EXPECT_EQ(nodes[1].cpus, (std::vector<unsigned>{3}));
  EXPECT_EQ(nodes[2].id, 10u);
  EXPECT_EQ(nodes[2].cpus, (std::vector<unsigned>{4, 5}));
}

TEST(NumaNodes, LeaveOutThoseWithoutCpusAndWhatIsNone) {
  const Folder folder;
  folder.add("node0", "0");
  folder.add("node1", ""); // memory only
  folder.add("node2", "1-");
  folder.add("node3", "3-1");
  folder.add("node4", "x");
  folder.add("node5", "1 2");
  folder.add("node6", "99999999");
  folder.add("nodes", "1");
  folder.add("node7x", "1");
  folder.add("has_cpu", "1");
  std::filesystem::create_directories(folder.path() + "/node8"); // without a list
  const std::vector<NumaNode> nodes = numa_nodes(folder.path());
  ASSERT_EQ(nodes.size(), 1u);
  EXPECT_EQ(nodes[0].id, 0u);
}

TEST(NumaNodes, AreNoneWhereTheSystemDoesNotSay) { EXPECT_TRUE(numa_nodes("/nowhere/at/all").empty()); }

TEST(NumaNodes, OfThisMachineHaveEachCpuOnce) {
  std::set<unsigned> seen;
  for (const NumaNode& node : numa_nodes())
    for (const unsigned cpu : node.cpus) EXPECT_TRUE(seen.insert(cpu).second) << cpu;
}

} // namespace
