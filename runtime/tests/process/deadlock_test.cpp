// What a program says whose tasks wait for ever: by a signal, and to a debugger. Each case is a run of deadlocked.cpp.
#include "support/build.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

/// A program and what it prints. Killed at the end.
class Child {
 public:
  explicit Child(std::vector<std::string> command) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    std::vector<char*> argv;
    for (auto& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    const int error = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    EXPECT_EQ(error, 0) << std::strerror(error);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    output_ = ends[0];
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(output_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// Up to `what`, or to the end.
  std::string read_until(const std::string& what) const {
    std::string text;
    char c = 0;
    while ((what.empty() || !text.ends_with(what)) && read(output_, &c, 1) == 1) text += c;
    return text;
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

/// The two that hold what the other one waits for, the ring, and the one whose latch nobody counts down.
void expect_culprits(const std::string& text) {
  for (const std::string name : {"left first", "right first"}) {
    EXPECT_THAT(text, ContainsRegex("task [0-9]+ \"" + name + "\", suspended for [0-9.]+ s of [0-9.]+ s"));
  }
  EXPECT_THAT(text,
              ContainsRegex(
                  "waits at [^\n]*deadlocked.cpp:[0-9]+ \\([^\n]*take_both[^\n]*\\) for AsyncMutex::Lock 0x[0-9a-f]+"));
  EXPECT_THAT(text, HasSubstr("\nring: each waits for the one before it, and the first for the last\n#0  task "));
  EXPECT_THAT(text, ContainsRegex("waits at [^\n]*wait_for_other[^\n]*\\) for Task: task [0-9]+ \"(hen|egg)\""));
  EXPECT_THAT(text, ContainsRegex("first waited at [^\n]*deadlocked.cpp:[0-9]+ \\([^\n]*plain_task"));
}

TEST(Deadlock, IsExplainedOnASignalWhileAllWorkersBlock) {
  const Child child{{FLOWCORO_DEADLOCKED_PROGRAM, "dump"}};
  ASSERT_THAT(child.read_until("ready\n"), HasSubstr("ready"));
  kill(child.pid(), SIGUSR1);
  std::string text = child.read_until("not tracked\n");
  text += child.read_until("\n");
  expect_culprits(text);
}

std::string gdb() {
  for (const char* place : {"/usr/bin/gdb", "/usr/local/bin/gdb"})
    if (access(place, X_OK) == 0) return place;
  return {};
}

std::string ask_gdb(std::vector<std::string> target) {
  std::vector<std::string> command{gdb(), "-nx", "-batch", "-ex", "set pagination off"};
  command.insert(command.end(), target.begin(), target.end());
  for (const char* one : {"source " FLOWCORO_GDB_SCRIPT, "flowcoro tasks"}) {
    command.emplace_back("-ex");
    command.emplace_back(one);
  }
  const Child debugger{command};
  return debugger.read_until("");
}

TEST(Deadlock, IsExplainedByACoreFile) {
  if (gdb().empty()) GTEST_SKIP() << "there is no gdb";
  if (flowcoro::test::address_sanitized || flowcoro::test::thread_sanitized)
    GTEST_SKIP() << "a core of a program with a sanitizer has its shadow memory in it";
  const Child child{{FLOWCORO_DEADLOCKED_PROGRAM, "wait"}};
  ASSERT_THAT(child.read_until("ready\n"), HasSubstr("ready"));
  const std::string core = testing::TempDir() + "flowcoro_core." + std::to_string(child.pid());
  {
    const Child generate{
        {gdb(), "-nx", "-batch", "-p", std::to_string(child.pid()), "-ex", "generate-core-file " + core}};
    const std::string said = generate.read_until("");
    if (said.find("ptrace") != std::string::npos) GTEST_SKIP() << "no debugger may attach here: " << said;
    ASSERT_TRUE(std::filesystem::exists(core)) << said;
  }
  const std::string text = ask_gdb({FLOWCORO_DEADLOCKED_PROGRAM, core});
  std::filesystem::remove(core);
  expect_culprits(text);
  EXPECT_THAT(text, ContainsRegex("not tracked: [^\n]*plain_task")); // the function, which only a debugger knows
}

TEST(Deadlock, IsExplainedByTheLiveProcess) {
  if (gdb().empty()) GTEST_SKIP() << "there is no gdb";
  if (flowcoro::test::address_sanitized || flowcoro::test::thread_sanitized)
    GTEST_SKIP() << "debuggers and sanitizers disturb each other";
  const Child child{{FLOWCORO_DEADLOCKED_PROGRAM, "dump"}};
  ASSERT_THAT(child.read_until("ready\n"), HasSubstr("ready"));
  const std::string text = ask_gdb({"-p", std::to_string(child.pid())});
  if (text.find("ptrace") != std::string::npos) GTEST_SKIP() << "no debugger may attach here: " << text;
  expect_culprits(text);
  EXPECT_THAT(text, ContainsRegex("worker [01] runs "));
}

TEST(Deadlock, IsNotLookedForInAnotherProgram) {
  if (gdb().empty()) GTEST_SKIP() << "there is no gdb";
  EXPECT_THAT(ask_gdb({"/bin/true"}), HasSubstr("this program has no symbols of flowcoro"));
}

} // namespace
