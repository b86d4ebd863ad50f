// What happens to a whole process around a runtime. Each case is a run of child.cpp, which must end by itself.
#include "support/build.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

/// "exit 0", "signal 11 …", or "hangs"; a child that hangs is killed. What it writes to stderr goes to `errors`, if given, and to ours.
std::string end_of_child(std::vector<std::string> arguments, std::string* errors = nullptr) {
  std::FILE* const file = errors != nullptr ? std::tmpfile() : nullptr;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (file != nullptr) posix_spawn_file_actions_adddup2(&actions, fileno(file), STDERR_FILENO);
  std::vector<char*> argv;
  arguments.insert(arguments.begin(), FLOWCORO_CHILD_PROGRAM);
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, FLOWCORO_CHILD_PROGRAM, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return std::string{"not started: "} + std::strerror(error);
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
  if (file != nullptr) {
    std::rewind(file);
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) errors->push_back(static_cast<char>(c));
    std::fclose(file);
    std::fputs(errors->c_str(), stderr);
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

TEST(Process, IsToldWhenABlockingPoolHasNoThreadAtAll) { EXPECT_EQ(end_of_child({"blocking_threads", "0"}), "exit 0"); }

TEST(Process, LetsCallsThatBlockWaitForTheThreadsThatThereAre) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become a user without processes, of which a number is known";
  for (const int available : {1, 3})
    EXPECT_EQ(end_of_child({"blocking_threads", std::to_string(available)}), "exit 0") << available;
}

/// A failure that nobody can receive ends the program as std::terminate does, with the text of the exception.
void expect_terminate(const std::vector<std::string>& arguments, const std::string& text) {
  std::string errors;
  EXPECT_THAT(end_of_child(arguments, &errors), testing::StartsWith("signal 6 "));
  EXPECT_THAT(errors, testing::HasSubstr("terminate called after throwing an instance of 'std::runtime_error'"));
  EXPECT_THAT(errors, testing::ContainsRegex("what\\(\\): +" + text));
}

class DestructorThatThrows : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(On, DestructorThatThrows, testing::Values("sync_wait", "worker", "start", "frame"),
                         [](const auto& where) { return std::string{where.param}; });

TEST_P(DestructorThatThrows, WhileACoroutineUnwindsEndsTheProgram) {
  expect_terminate({"destructor", GetParam()}, "destructor");
}

class CallbackThatThrows : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Of, CallbackThatThrows,
                         testing::Values("timer", "stop", "scope_end", "unhandled", "blocking", "turn"),
                         [](const auto& which) { return std::string{which.param}; });

TEST_P(CallbackThatThrows, EndsTheProgramWithItsText) { expect_terminate({"callback", GetParam()}, GetParam()); }

TEST(Process, FansOutToAMillionTasksInTheMemoryThatTheirFramesTake) {
  constexpr bool sanitized = flowcoro::test::address_sanitized || flowcoro::test::thread_sanitized;
  EXPECT_EQ(end_of_child({"fan_out", sanitized ? "14" : "19", "400"}), "exit 0");
}

TEST(Process, IsToldByASpawnThatItsMemoryIsAtAnEndAndGoesOn) {
  if (flowcoro::test::address_sanitized || flowcoro::test::thread_sanitized)
    GTEST_SKIP() << "a sanitizer needs memory of its own, which the limit would count";
  EXPECT_EQ(end_of_child({"fan_out", "14", "40"}), "exit 3");
}

} // namespace
