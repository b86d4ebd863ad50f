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

TEST(ParseProcess, ReadsAroundANameThatHoldsAnything) {
  const std::optional<ProcessInfo> process = parse_process(
      7, "7 (a) b (c\x1b[31m) S 3 7 7 0 -1 4194560 5 6 7 8 100 23 0 0 20 0 1 0 98765 4096 1 18446744073709551615");
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(process->pid, 7);
  EXPECT_EQ(process->parent, 3);
  EXPECT_EQ(process->state, 'S');
  EXPECT_EQ(process->name, "a) b (c [31m");
  EXPECT_EQ(process->cpu_ticks, 123U);
  EXPECT_EQ(process->started_ticks, 98765U);
}

TEST(ParseProcess, HasNoValueForAnotherText) {
  for (const char* other : {"", "7 (a", "7 (a)", "7 (a) S", "7 (a) S x", ")7( S 3"}) {
    EXPECT_FALSE(parse_process(7, other).has_value()) << other;
  }
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
