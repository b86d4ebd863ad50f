#include "../../src/base/cgroup.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

using flowcoro::detail::no_quota;

/// A tree of control groups in files, with the groups of one process in it.
class CgroupCpus : public testing::Test {
 protected:
  CgroupCpus() { std::filesystem::create_directories(root_); }
  ~CgroupCpus() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& content) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream{root_ / path} << content;
  }
  [[nodiscard]] unsigned cpus() const {
    return flowcoro::detail::cgroup_cpus(root_.c_str(), (root_ / "membership").c_str());
  }

 private:
  const std::filesystem::path root_ =
      std::filesystem::temp_directory_path() / ("flowcoro_cgroup_" + std::to_string(getpid()) + "_" +
                                                testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(CgroupCpus, WithoutControlGroupsHaveNoQuota) { EXPECT_EQ(cpus(), no_quota); }

TEST_F(CgroupCpus, AreTheQuotaOfTheUnifiedGroupRoundedUp) {
  write("membership", "0::/service\n");
  write("service/cpu.max", "150000 100000\n");
  EXPECT_EQ(cpus(), 2u);
}

TEST_F(CgroupCpus, AreAtLeastOne) {
  write("membership", "0::/service\n");
  write("service/cpu.max", "5000 100000\n");
  EXPECT_EQ(cpus(), 1u);
}

TEST_F(CgroupCpus, HaveNoQuotaWhereItSaysMax) {
  write("membership", "0::/service\n");
  write("service/cpu.max", "max 100000\n");
  EXPECT_EQ(cpus(), no_quota);
}

TEST_F(CgroupCpus, AreThoseOfTheRootInAContainer) {
  write("membership", "0::/\n");
  write("cpu.max", "300000 100000\n");
  EXPECT_EQ(cpus(), 3u);
}

TEST_F(CgroupCpus, AreTheQuotaOfTheCpuControllerOfVersionOne) {
  write("membership", "5:memory:/jobs\n4:cpu,cpuacct:/jobs\n");
  write("cpu/jobs/cpu.cfs_quota_us", "400000\n");
  write("cpu/jobs/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpus(), 4u);
}

TEST_F(CgroupCpus, HaveNoQuotaForMinusOneInVersionOne) {
  write("membership", "4:cpu:/jobs\n");
  write("cpu/jobs/cpu.cfs_quota_us", "-1\n");
  write("cpu/jobs/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpus(), no_quota);
}

TEST_F(CgroupCpus, AreTheSmallestOfAllQuotas) {
  write("membership", "4:cpu:/jobs\n0::/service\n");
  write("cpu/jobs/cpu.cfs_quota_us", "400000\n");
  write("cpu/jobs/cpu.cfs_period_us", "100000\n");
  write("service/cpu.max", "300000 100000\n");
  write("cpu.max", "800000 100000\n");
  EXPECT_EQ(cpus(), 3u);
}

TEST_F(CgroupCpus, AreNotReadFromTheGroupOfAnotherController) {
  write("membership", "4:cpuset:/jobs\n");
  write("cpu/jobs/cpu.cfs_quota_us", "100000\n");
  write("cpu/jobs/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpus(), no_quota);
}

TEST_F(CgroupCpus, AreNotChangedByGarbage) {
  write("membership", "no colons here\n0:\n::\n0::/service\n");
  write("service/cpu.max", "lots of it\n");
  EXPECT_EQ(cpus(), no_quota);
}

} // namespace
