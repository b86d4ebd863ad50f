/// flowcoro-top as a person sees it: in tmux, beside a program that runs.
#include "terminal.hpp"

#include "support/wait_until.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct Output {
  int code;
  std::string text; ///< of both streams
};

Output run(const std::string& command) {
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::string text;
  std::array<char, 4'096> some{};
  for (std::size_t n = 0; (n = std::fread(some.data(), 1, some.size(), pipe)) > 0;) text.append(some.data(), n);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text};
}

/// A child that serves snapshots until its end.
class BusyProgram {
 public:
  explicit BusyProgram(const fs::path& socket) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) std::abort();
    pid_ = fork();
    if (pid_ == 0) {
      dup2(in[0], STDIN_FILENO);
      dup2(out[1], STDOUT_FILENO);
      execl(FLOWCORO_BUSY_PROGRAM, FLOWCORO_BUSY_PROGRAM, socket.c_str(), nullptr);
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    input_ = in[1];
    char ready = 0;
    EXPECT_EQ(read(out[0], &ready, 1), 1) << "it has not started";
    close(out[0]);
  }
  ~BusyProgram() { end(); }
  BusyProgram(const BusyProgram&) = delete;
  BusyProgram& operator=(const BusyProgram&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  void end() {
    if (pid_ == 0) return;
    close(input_);
    int status = 0;
    waitpid(pid_, &status, 0);
    EXPECT_EQ(status, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
  int input_ = -1;
};

class TopTest : public testing::Test {
 protected:
  TopTest() {
    std::string name = (fs::temp_directory_path() / "top.XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    socket_ = folder_ / "app.sock";
  }
  ~TopTest() override { fs::remove_all(folder_); }
  TopTest(const TopTest&) = delete;
  TopTest& operator=(const TopTest&) = delete;

  [[nodiscard]] static Output top(const std::string& arguments) {
    return run(std::string{FLOWCORO_TOP} + " " + arguments);
  }

  fs::path folder_;
  fs::path socket_;
};

/// A shell in a detached terminal of 80 columns and 24 rows, on a tmux server of its own.
class Pane {
 public:
  explicit Pane(const fs::path& folder) : tmux_{"tmux -S " + (folder / "tmux").string() + " -f /dev/null "} {
    const Output made = run(tmux_ + "new-session -d -x 80 -y 24 'env -u NO_COLOR PS1=\"ready> \" sh'");
    EXPECT_EQ(made.code, 0) << made.text;
    wait_for("ready>");
  }
  ~Pane() { run(tmux_ + "kill-server"); }
  Pane(const Pane&) = delete;
  Pane& operator=(const Pane&) = delete;

  void type(const std::string& line) const {
    run(tmux_ + "send-keys -l '" + line + "'");
    key("Enter");
  }
  void key(const std::string& name) const { run(tmux_ + "send-keys " + name); }
  [[nodiscard]] std::string text() const { return run(tmux_ + "capture-pane -p").text; }
  [[nodiscard]] std::string raw_text() const { return run(tmux_ + "capture-pane -e -p").text; }
  [[nodiscard]] std::string asked(const std::string& format) const {
    return run(tmux_ + "display-message -p '#{" + format + "}'").text;
  }
  void resize(int columns, int rows) const {
    run(tmux_ + "resize-window -x " + std::to_string(columns) + " -y " + std::to_string(rows));
  }
  /// \return what is seen then. Ends the test's waiting, and fails it, when it does not come for long.
  std::string wait_for(const std::string& part) const {
    std::string seen;
    const auto end = std::chrono::steady_clock::now() + 60s;
    flowcoro::test::wait_until([&] {
      seen = text();
      return seen.find(part) != std::string::npos || std::chrono::steady_clock::now() > end;
    });
    EXPECT_NE(seen.find(part), std::string::npos) << "waited for '" << part << "', saw\n" << seen;
    return seen;
  }
  /// The terminal is as a shell has left it: its own screen, a cursor, echo and line editing.
  void expect_restored() const {
    EXPECT_EQ(asked("alternate_on"), "0\n");
    EXPECT_EQ(asked("cursor_flag"), "1\n");
    type("stty -a | tr \" \" \"\\n\" | grep -cxE \"icanon|echo|isig\" | sed s/^/modes:/");
    wait_for("modes:3");
  }

 private:
  std::string tmux_;
};

class TopInTmux : public TopTest {
 protected:
  void SetUp() override {
    if (run("tmux -V").code != 0) GTEST_SKIP() << "tmux is not installed";
  }
};

TEST_F(TopInTmux, ShowsTheWorkersOfARunningProgramAndGivesTheTerminalBackOnQ) {
  const BusyProgram program{socket_};
  const Pane pane{folder_};
  pane.type("echo before");
  pane.wait_for("\nbefore");
  pane.type(std::string{FLOWCORO_TOP} + " " + socket_.string() + " --interval 100ms");
  // Not '-': two snapshots have come, so that there are rates.
  std::string seen = pane.wait_for("q quits");
  flowcoro::test::wait_until([&] { return (seen = pane.text()).find("fired/s -") == std::string::npos; });
  EXPECT_EQ(pane.asked("alternate_on"), "1\n");
  EXPECT_TRUE(seen.starts_with("flowcoro-top  pid " + std::to_string(program.pid()) + "  runtime busy  workers 3"))
      << seen;
  EXPECT_NE(seen.find("worker    state cpu%  queued  tasks/s"), std::string::npos) << seen;
  EXPECT_NE(seen.find("pool    requests: active 0"), std::string::npos) << seen;
  for (const char* row : {"\n      0  ", "\n      1  ", "\n      2  "})
    EXPECT_NE(seen.find(row), std::string::npos) << seen;
  EXPECT_EQ(seen.find("before"), std::string::npos) << "it has a screen of its own";
  EXPECT_NE(pane.raw_text().find("\x1b[7m"), std::string::npos) << "the heading stands out";
  pane.key("q");
  seen = pane.wait_for("\nbefore");
  EXPECT_EQ(seen.find("q quits"), std::string::npos) << seen;
  pane.type("echo code:$?");
  pane.wait_for("code:0");
  pane.expect_restored();
}

TEST_F(TopInTmux, GivesTheTerminalBackOnCtrlCAndOnSigterm) {
  const BusyProgram program{socket_};
  const Pane pane{folder_};
  const std::string command = std::string{FLOWCORO_TOP} + " " + socket_.string() + " --interval 1m";
  pane.type(command);
  pane.wait_for("q quits");
  pane.key("C-c");
  pane.wait_for("ready>");
  pane.type("echo code:$?");
  pane.wait_for("code:0");
  pane.expect_restored();
  pane.type("sh -c \"echo \\$\\$ > " + (folder_ / "pid").string() + "; exec " + command + "\"");
  pane.wait_for("q quits");
  pid_t pid = 0;
  std::ifstream{folder_ / "pid"} >> pid;
  ASSERT_GT(pid, 0);
  EXPECT_EQ(kill(pid, SIGTERM), 0);
  pane.wait_for("ready>");
  pane.type("echo signal:$?");
  pane.wait_for("signal:143");
  pane.expect_restored();
}

TEST_F(TopInTmux, FollowsTheSizeOfTheWindowAndHasNoColoursWhenToldSo) {
  const BusyProgram program{socket_};
  const Pane pane{folder_};
  pane.type("NO_COLOR=1 " + std::string{FLOWCORO_TOP} + " " + socket_.string() + " --interval 1m");
  pane.wait_for("q quits");
  EXPECT_EQ(pane.raw_text().find("\x1b[7m"), std::string::npos);
  pane.resize(40, 10);
  const std::string seen = pane.wait_for("more workers");
  EXPECT_NE(seen.find("q quits"), std::string::npos) << seen;
  pane.key("q");
}

TEST_F(TopInTmux, SaysThatTheProgramHasEndedAndEndsWell) {
  BusyProgram program{socket_};
  const std::string pid = std::to_string(program.pid());
  const Pane pane{folder_};
  pane.type(std::string{FLOWCORO_TOP} + " " + socket_.string() + " --interval 100ms");
  pane.wait_for("q quits");
  program.end();
  pane.wait_for("process " + pid + " has ended");
  pane.type("echo code:$?");
  pane.wait_for("code:0");
  pane.expect_restored();
}

TEST_F(TopTest, PrintsOneViewAsTextWhenAskedForOne) {
  const BusyProgram program{socket_};
  const Output once = top("--once --interval 100ms " + socket_.string());
  EXPECT_EQ(once.code, 0);
  EXPECT_EQ(once.text.find('\x1b'), std::string::npos);
  EXPECT_NE(once.text.find("runtime busy  workers 3\n"), std::string::npos) << once.text;
  EXPECT_EQ(once.text.find("fired/s -"), std::string::npos) << once.text;
  EXPECT_NE(once.text.find("\n      2  "), std::string::npos) << once.text;
}

TEST_F(TopTest, SaysInOneLineWhatIsWrong) {
  const BusyProgram program{socket_};
  const fs::path other = folder_ / "other";
  std::ofstream{other} << "no socket";
  for (const std::string& arguments :
       {std::string{}, std::string{"--twice"}, "--once " + (folder_ / "none").string(), "--once " + other.string(),
        "--once " + std::string(200, 'x'), socket_.string() + " < /dev/null"}) {
    const Output output = top(arguments);
    EXPECT_EQ(output.code, 2) << output.text;
    EXPECT_TRUE(output.text.starts_with("flowcoro-top: ")) << output.text;
    EXPECT_EQ(output.text.find('\n'), output.text.size() - 1) << output.text;
  }
}

TEST_F(TopTest, HasHelpAndAVersion) {
  EXPECT_EQ(top("--help").code, 0);
  EXPECT_TRUE(top("--help").text.starts_with("usage: flowcoro-top SOCKET"));
  EXPECT_TRUE(top("--version").text.starts_with("flowcoro-top 0."));
}

} // namespace
