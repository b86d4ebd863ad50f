#include "flowcoro/observe/dump_on_signal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>

namespace {

using flowcoro::DumpFormat;
using flowcoro::DumpOnSignal;
using flowcoro::TaskScope;
using testing::HasSubstr;

volatile sig_atomic_t former_calls = 0;
void count_former(int) { former_calls = former_calls + 1; }

class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe(ends_), 0); }
  ~Pipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] int to_write() const noexcept { return ends_[1]; }
  /// Up to a line that begins so.
  std::string read_until(const std::string& what) const {
    std::string text;
    char c = 0;
    while (text.find(what) == std::string::npos && read(ends_[0], &c, 1) == 1) text += c;
    return text;
  }

 private:
  int ends_[2] = {-1, -1};
};

TEST(DumpOnSignal, WritesToADescriptorWhatIsAlive) {
  const TaskScope scope{"import", "file 1"};
  const Pipe pipe;
  const DumpOnSignal dump{pipe.to_write()};
  kill(getpid(), SIGUSR1);
  const std::string text = pipe.read_until("\"import\" (file 1), running for ");
  EXPECT_THAT(text, HasSubstr("flowcoro, process " + std::to_string(getpid()) + ": 1 task, 0 in sync_wait\n"));
}

TEST(DumpOnSignal, WorksForASignalThatAllOtherThreadsBlock) {
  sigset_t mine, before;
  sigemptyset(&mine);
  sigaddset(&mine, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &mine, &before);
  {
    const Pipe pipe;
    const DumpOnSignal dump{pipe.to_write(), SIGUSR2, DumpFormat::json};
    kill(getpid(), SIGUSR2);
    EXPECT_EQ(pipe.read_until("\n"), "{\"v\":1,\"tasks\":[],\"calls\":[],\"rings\":[]}\n");
  }
  sigset_t now;
  pthread_sigmask(SIG_SETMASK, &before, &now);
  EXPECT_TRUE(sigismember(&now, SIGUSR2)); // the mask of this thread was not touched
}

TEST(DumpOnSignal, AppendsToAFileOfThisUser) {
  const auto file = std::filesystem::path{testing::TempDir()} / ("flowcoro_dump." + std::to_string(getpid()));
  std::filesystem::remove(file);
  {
    const DumpOnSignal dump{file, SIGUSR1, DumpFormat::json};
    for (std::uint64_t i = 1; i <= 2; ++i) {
      raise(SIGUSR1);
      while (dump.written() < i) std::this_thread::yield();
    }
    EXPECT_EQ(dump.failed(), 0u);
  }
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms{0600});
  std::ifstream in{file};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  std::filesystem::remove(file);
}

TEST(DumpOnSignal, CountsWhatCouldNotBeWritten) {
  const DumpOnSignal dump{std::filesystem::path{"/nowhere/at/all"}};
  raise(SIGUSR1);
  while (dump.failed() == 0) std::this_thread::yield();
  EXPECT_EQ(dump.written(), 0u);
}

TEST(DumpOnSignal, RestoresTheActionThatThereWasBefore) {
  struct sigaction mine{}, before{};
  mine.sa_handler = count_former;
  sigaction(SIGUSR1, &mine, &before);
  former_calls = 0;
  {
    const DumpOnSignal dump{std::filesystem::path{"/dev/null"}};
    raise(SIGUSR1);
    EXPECT_EQ(former_calls, 0);
  }
  raise(SIGUSR1);
  EXPECT_EQ(former_calls, 1);
  sigaction(SIGUSR1, &before, nullptr);
}

TEST(DumpOnSignal, RefusesASecondOneAndSignalsThatHaveNoHandler) {
  const DumpOnSignal dump{std::filesystem::path{"/dev/null"}};
  try {
    const DumpOnSignal second{std::filesystem::path{"/dev/null"}};
    FAIL() << "two objects for one signal";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::device_or_resource_busy);
  }
  for (const int signal : {SIGKILL, 0, -1, 1'000}) {
    try {
      const DumpOnSignal other{std::filesystem::path{"/dev/null"}, signal};
      FAIL() << signal;
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code(), std::errc::invalid_argument) << signal;
    }
  }
}

} // namespace
