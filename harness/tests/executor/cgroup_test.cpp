#include "executor/cgroup.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "failure.hpp"

namespace flowbench {
namespace {

bool group_of_this_process_exists() {
  std::error_code error;
  for (const char* controller : {"", "memory", "pids"}) {
    const std::optional<fs::path> own = own_cgroup(controller);
    for (const fs::directory_entry& entry : fs::directory_iterator(own.value_or("/nonexistent"), error)) {
      const std::string name = entry.path().filename().string();
      const std::string mine = "-" + std::to_string(getpid()) + "-";
      if (name.starts_with("flowbench-") && name.find(mine) != std::string::npos) return true;
    }
  }
  return false;
}

TEST(TrialCgroup, LeavesNoGroupBehind) {
  {
    const TrialCgroup group(TrialLimits{});
    EXPECT_EQ(group_of_this_process_exists(), group.birth_fd() >= 0);
    EXPECT_FALSE(group.populated());
    EXPECT_FALSE(group.description().empty());
  }
  EXPECT_FALSE(group_of_this_process_exists());
}

TEST(TrialCgroup, AGroupOfAnotherNamespaceIsLeftAlone) {
  const std::optional<fs::path> own = own_cgroup("");
  if (!own || TrialCgroup(TrialLimits{}).birth_fd() < 0) GTEST_SKIP() << "no control group here";
  // Numbers of processes in another namespace say nothing here: this one may well be alive there.
  const fs::path theirs = *own / ("flowbench-1-" + std::to_string(getpid()) + "9999999-0");
  ASSERT_TRUE(fs::create_directory(theirs));
  const TrialCgroup group(TrialLimits{});
  EXPECT_TRUE(fs::exists(theirs));
  EXPECT_EQ(rmdir(theirs.c_str()), 0);
}

TEST(TrialCgroup, AGroupThatWasKilledIsReplaced) {
  TrialCgroup group(TrialLimits{});
  if (group.birth_fd() < 0) GTEST_SKIP() << "no control group here";
  group.prepare();
  for (int i = 0; i < 3; ++i) {
    group.kill_all();
    group.prepare();
    EXPECT_GE(group.birth_fd(), 0) << "a process born into it would have been killed";
  }
}

TEST(TrialCgroup, AProcessLimitIsSetOrRefusedAloud) {
  try {
    const TrialCgroup group({.processes = 64});
    EXPECT_EQ(group.refused_forks(), 0U);
    EXPECT_NE(group.description().find("process limit 64"), std::string::npos);
  } catch (const EnvironmentFailure& failure) {
    EXPECT_EQ(failure.exit_code(), 3);
  }
  EXPECT_FALSE(group_of_this_process_exists());
}

TEST(TrialCgroup, AMemoryLimitIsSetOrRefusedAloud) {
  try {
    const TrialCgroup group({.memory_bytes = 64U << 20U});
    EXPECT_TRUE(group.counts_own_oom_kills());
    EXPECT_EQ(group.oom_kills(), 0U);
  } catch (const EnvironmentFailure& failure) {
    EXPECT_EQ(failure.exit_code(), 3);
  }
  EXPECT_FALSE(group_of_this_process_exists());
}

} // namespace
} // namespace flowbench
