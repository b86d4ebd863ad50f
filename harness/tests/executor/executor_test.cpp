#include "executor/executor.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <set>

#include "cpus.hpp"
#include "executor/descendants.hpp"
#include "support/programs.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::HasSubstr;

// The number of tasks marks what a fake leaves running, so that tests which run at once do not see each other's.
ProcessOutcome run_fake(const std::string& fake, int tasks, milliseconds timeout = milliseconds(20'000)) {
  StopSignals signals;
  Executor executor(signals);
  return executor.run({.command = {std::string(FLOWBENCH_FAKES) + "/" + fake, "--workload", "plain", "--tasks",
                                   std::to_string(tasks), "--workers", "1", "--phases", "1", "--seed", "5"},
                       .workers = 3,
                       .cpus = {allowed_cpus().front()},
                       .timeout = timeout});
}

bool nothing_left(int tasks) { return test::processes_with_argument("86400." + std::to_string(tasks)) == 0; }

std::ptrdiff_t open_descriptors() {
  return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
}

TEST(Executor, ReportsHowAProcessEndedAndWhatItUsed) {
  const ProcessOutcome outcome = run_fake("noisy", 1001);
  EXPECT_EQ(outcome.launch_error, "");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_FALSE(outcome.signal.has_value());
  EXPECT_THAT(outcome.result, HasSubstr(R"("kind":"done")"));
  EXPECT_EQ(outcome.result_bytes, outcome.result.size());
  EXPECT_EQ(outcome.err.text(), "a banner of some library\n");
  EXPECT_GT(outcome.wall_ns, 0U);
  EXPECT_GT(outcome.user_ns + outcome.sys_ns, 0U);
  EXPECT_GT(outcome.minor_faults, 0U);
  EXPECT_EQ(outcome.leaked, "");
}

TEST(Executor, GivesEveryProcessTheConditionsOfTheContract) {
  const ProcessOutcome outcome = run_fake("environment", 1002);
  const std::vector<std::string> lines = split(outcome.out.text(), '\n');
  const auto value = [&](const std::string& key) -> std::string {
    for (const std::string& line : lines) {
      if (line.starts_with(key + "=")) return line.substr(key.size() + 1);
    }
    return "missing";
  };
  for (const char* line : {"LC_ALL=C", "TZ=UTC", "FLOWBENCH_FD=3", "GOMAXPROCS=3", "TOKIO_WORKER_THREADS=3", "files=0",
                           "stdin=/dev/null", "core=0"}) {
    EXPECT_THAT(lines, Contains(line));
  }
  EXPECT_EQ(value("HOME"), value("cwd"));
  EXPECT_FALSE(fs::exists(value("cwd"))) << "its folder is gone with it";
  EXPECT_EQ(value("cpus"), std::to_string(allowed_cpus().front()));
  EXPECT_THAT(value("signals"), HasSubstr("0000000000000000 0000000000000000"));
  const std::string session = value("session");
  const std::string pid = session.substr(session.rfind('=') + 1);
  EXPECT_EQ(session, pid + " group=" + pid + " pid=" + pid);
  // PWD, OLDPWD and _ are the shell's own.
  const std::set<std::string> allowed{
      "PATH", "HOME", "LC_ALL", "TZ", "FLOWBENCH_FD", "GOMAXPROCS", "TOKIO_WORKER_THREADS", "PWD", "OLDPWD", "_"};
  for (const std::string& line : lines) {
    if (line.starts_with("cwd=")) break;
    EXPECT_TRUE(allowed.contains(line.substr(0, line.find('=')))) << line;
  }
}

/// Ignores a signal while it lives, by the kernel's call: the C library refuses its own two, 32 and 33.
class IgnoredSignal {
 public:
  explicit IgnoredSignal(int signal) : signal_(signal) { set(SIG_IGN); }
  ~IgnoredSignal() { set(SIG_DFL); }
  IgnoredSignal(const IgnoredSignal&) = delete;
  IgnoredSignal& operator=(const IgnoredSignal&) = delete;

 private:
  void set(void (*handler)(int)) const {
    const struct {
      void (*handler)(int);
      unsigned long flags;
      void (*restorer)();
      std::uint64_t mask;
    } action{handler, 0, nullptr, 0};
    ASSERT_EQ(syscall(SYS_rt_sigaction, signal_, &action, nullptr, sizeof action.mask), 0);
  }

  int signal_;
};

TEST(Executor, ResetsSignalsThatItsParentIgnores) {
  const IgnoredSignal internal(33);
  const IgnoredSignal user(SIGUSR1);
  const ProcessOutcome outcome = run_fake("environment", 1003);
  EXPECT_THAT(outcome.out.text(), HasSubstr("signals=0000000000000000 0000000000000000"));
}

TEST(Executor, PassesNoOtherDescriptorOn) {
  const FileDescriptor inherited(open("/dev/null", O_RDONLY)); // without O_CLOEXEC
  StopSignals signals;
  Executor executor(signals);
  const ProcessOutcome outcome = executor.run(
      {.command = {"/bin/ls", "/proc/self/fd"}, .workers = 1, .cpus = {}, .timeout = std::chrono::minutes(1)});
  EXPECT_EQ(outcome.out.text(), "0\n1\n2\n3\n4\n") << "4 is the folder that ls reads";
}

TEST(Executor, EndsWhatRunsTooLong) {
  int tasks = 1010;
  for (const char* fake : {"hang", "ignores_term", "stops_itself", "hang_with_daemon"}) {
    ++tasks;
    const auto start = std::chrono::steady_clock::now();
    const ProcessOutcome outcome = run_fake(fake, tasks, milliseconds(500));
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_TRUE(outcome.timed_out) << fake;
    EXPECT_GE(took, milliseconds(500)) << fake;
    EXPECT_TRUE(nothing_left(tasks)) << fake;
    EXPECT_EQ(outcome.leaked, "") << fake << ": what was killed at the time limit is no leak";
  }
}

TEST(Executor, NoticesAndEndsADaemon) {
  const ProcessOutcome outcome = run_fake("daemon", 1020);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.leaked, HasSubstr(" (pid "));
  EXPECT_TRUE(nothing_left(1020));
}

TEST(Executor, DoesNotWaitForAPipeThatAChildHoldsOpen) {
  const auto start = std::chrono::steady_clock::now();
  const ProcessOutcome outcome = run_fake("holds_pipe", 1021);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_THAT(outcome.leaked, HasSubstr(" (pid "));
  EXPECT_THAT(outcome.result, HasSubstr("done"));
  EXPECT_TRUE(nothing_left(1021));
}

TEST(Executor, DrainsBothLogsAndKeepsTheirEnds) {
  const ProcessOutcome outcome = run_fake("flood_stdout", 1022);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out.bytes(), 10'000'000U);
  EXPECT_EQ(outcome.err.bytes(), 10'000'000U);
  EXPECT_LT(outcome.out.text().size(), 200'000U);
  EXPECT_THAT(outcome.result, HasSubstr("done"));
}

TEST(Executor, CountsRecordsBeyondTheLimitWithoutKeepingThem) {
  const ProcessOutcome outcome = run_fake("flood_result", 1023);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.result.size(), most_result_bytes);
  EXPECT_GT(outcome.result_bytes, 17'000'000U);
}

TEST(Executor, SaysWhyAProgramDidNotStart) {
  EXPECT_THAT(run_fake("missing", 1024).launch_error, HasSubstr("missing: No such file or directory"));
  EXPECT_THAT(run_fake("not_executable", 1024).launch_error, HasSubstr("Permission denied"));
  EXPECT_THAT(run_fake("no_interpreter", 1024).launch_error, HasSubstr("its interpreter or loader does not exist"));
}

TEST(Executor, AStopSignalEndsTheProcess) {
  StopSignals signals;
  Executor executor(signals);
  ASSERT_EQ(raise(SIGTERM), 0);
  const ProcessOutcome outcome = executor.run(
      {.command = {"/bin/sleep", "86400.1025"}, .workers = 1, .cpus = {}, .timeout = std::chrono::minutes(1)});
  EXPECT_TRUE(outcome.cancelled);
  EXPECT_EQ(signals.received(), SIGTERM);
  EXPECT_TRUE(nothing_left(1025));
}

TEST(Executor, LeavesChildrenFromBeforeAlone) {
  const test::Folder folder;
  test::Program before({"sleep", "86400.1026"}, folder.path());
  EXPECT_EQ(run_fake("honest", 1027).leaked, "");
  EXPECT_THAT(run_fake("daemon", 1028).leaked, HasSubstr(" (pid "));
  EXPECT_TRUE(nothing_left(1028));
  EXPECT_EQ(test::processes_with_argument("86400.1026"), 1);
}

TEST(Executor, LeavesNoDescriptorOpen) {
  (void)run_fake("honest", 1029);
  const std::ptrdiff_t before = open_descriptors();
  for (const char* fake : {"honest", "daemon", "missing", "crash"}) (void)run_fake(fake, 1029);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Executor, CountsNoiseAroundTheProcess) {
  const test::Folder pressure;
  const auto line = [](int us) { return "some avg10=0.00 avg60=0.00 avg300=0.00 total=" + std::to_string(us) + "\n"; };
  const fs::path cpu = pressure.write("cpu", line(100));
  (void)pressure.write("memory", line(100));
  const fs::path after = pressure.write("cpu_after", line(107));
  StopSignals signals;
  std::uint64_t steal = 100;
  Executor executor(signals, {}, [&](const std::vector<int>& cpus) {
    EXPECT_EQ(cpus, std::vector<int>{allowed_cpus().front()});
    NoiseReading reading;
    reading.cpus.steal_ns = steal += 7;
    reading.pressure = read_pressure(pressure.path());
    return reading;
  });
  const ProcessOutcome outcome = executor.run({.command = {"/bin/cp", after.string(), cpu.string()},
                                               .workers = 1,
                                               .cpus = {allowed_cpus().front()},
                                               .timeout = std::chrono::minutes(1)});
  EXPECT_EQ(outcome.noise.steal_ns, 7U);
  EXPECT_EQ(outcome.noise.pressure, (Pressure{.cpu_ns = 7'000, .memory_ns = 0, .io_ns = {}}));
}

} // namespace
} // namespace flowbench
