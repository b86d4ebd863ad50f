#include "executor/descendants.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/programs.hpp"

namespace flowbench {
namespace {

std::vector<pid_t> pids_of(const std::vector<ProcessInfo>& processes) {
  std::vector<pid_t> pids;
  for (const ProcessInfo& process : processes) pids.push_back(process.pid);
  return pids;
}

TEST(LivingDescendants, FindGrandchildrenAndLeaveOutForeignOnes) {
  const test::Folder folder;
  test::Program shell({"sh", "-c", "sleep 1000; true"}, folder.path());
  EXPECT_TRUE(test::eventually([] { return living_descendants({}).size() == 2; })) << "the shell and its sleep";
  EXPECT_TRUE(living_descendants({shell.pid()}).empty());
  EXPECT_TRUE(children().contains(shell.pid()));
  become_reaper();
  for (const ProcessInfo& process : living_descendants({})) kill_process(process);
  EXPECT_TRUE(shell.wait().exit_code < 0);
  EXPECT_TRUE(test::eventually([] {
    reap_zombies({});
    return children().empty();
  }));
}

TEST(KillProcess, DoesNotKillANumberThatBelongsToAnother) {
  const test::Folder folder;
  test::Program sleep({"sleep", "1000"}, folder.path());
  kill_process({sleep.pid(), 1, 'S', "another"}); // the parent that was seen is not this one, yet we are its parent now
  EXPECT_TRUE(sleep.wait().exit_code < 0);
  test::Program other({"sh", "-c", "sleep 1000; true"}, folder.path());
  pid_t grandchild = 0;
  ASSERT_TRUE(test::eventually([&] {
    for (const pid_t pid : pids_of(living_descendants({}))) {
      if (pid != other.pid()) grandchild = pid;
    }
    return grandchild != 0;
  }));
  kill_process({grandchild, 1, 'S', "sleep"}); // its parent is neither 1 nor this process: the number was reused
  EXPECT_EQ(living_descendants({}).size(), 2U);
  for (const ProcessInfo& process : living_descendants({})) kill_process(process);
  (void)other.wait();
}

} // namespace
} // namespace flowbench
