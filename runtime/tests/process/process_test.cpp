// What happens to a whole process around a runtime. Each case is a run of child.cpp, which must end by itself.
#include "support/build.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

/// "exit 0", "signal 11 …", or "hangs"; a child that hangs is killed.
std::string end_of_child(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  arguments.insert(arguments.begin(), FLOWCORO_CHILD_PROGRAM);
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  if (const int error = posix_spawn(&pid, FLOWCORO_CHILD_PROGRAM, nullptr, nullptr, argv.data(), environ); error != 0)
    return std::string{"not started: "} + std::strerror(error);
  const auto end = std::chrono::steady_clock::now() + 100s;
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) {
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      return "hangs";
    }
    std::this_thread::sleep_for(1ms);
  }
  if (WIFEXITED(status)) return "exit " + std::to_string(WEXITSTATUS(status));
  return "signal " + std::to_string(WTERMSIG(status)) + " " + strsignal(WTERMSIG(status));
}

class EndOfAProcess : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(By, EndOfAProcess,
                         testing::Values("return", "exit", "quick_exit", "exit_from_task", "static_destructor"),
                         [](const auto& mode) { return std::string{mode.param}; });

TEST_P(EndOfAProcess, KeepsItsExitCodeWithSleepersAndRunningWorkers) {
  for (std::size_t i = 0; i < flowcoro::test::rounds(20); ++i) ASSERT_EQ(end_of_child({GetParam()}), "exit 7");
}

TEST(Process, ForksAndStartsOtherProgramsWhileWorkersRun) { EXPECT_EQ(end_of_child({"fork"}), "exit 0"); }

TEST(Process, NeedsNoMoreThanTwiceItsMemoryAfterABurstOfAMillionTasksAndATrim) {
  EXPECT_EQ(end_of_child({"memory"}), "exit 0");
}

TEST(Process, LivesThroughAStormOfSignals) { EXPECT_EQ(end_of_child({"signals"}), "exit 0"); }

TEST(Process, RunsSixtyFourWorkersOnOneCpu) { EXPECT_EQ(end_of_child({"one_cpu"}), "exit 0"); }

TEST(Process, IsToldWhenTheSystemHasNoThreadForAWorker) { EXPECT_EQ(end_of_child({"threads", "0"}), "exit 0"); }

TEST(Process, GetsItsThreadsBackWhenAnyLaterWorkerHasNone) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become a user without processes, of which a number is known";
  for (int available = 1; available < 8; ++available)
    EXPECT_EQ(end_of_child({"threads", std::to_string(available)}), "exit 0") << available;
}

} // namespace
