#include "flowbench_kit/record_sink.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <system_error>
#include <thread>

#include "flowbench_kit/usage_error.hpp"

namespace flowbench {
namespace {

class Pipe {
 public:
  Pipe() {
    if (::pipe(ends_.data()) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int read_end() const { return ends_[0]; }
  [[nodiscard]] int write_end() const { return ends_[1]; }

  void close_end(std::size_t end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }

  std::string drain() {
    std::string text;
    std::array<char, 65536> block{};
    for (ssize_t got = 0; (got = ::read(ends_[0], block.data(), block.size())) > 0;) {
      text.append(block.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

TEST(RecordSink, WritesALineAndItsEnd) {
  Pipe pipe;
  RecordSink(pipe.write_end()).write("{}");
  pipe.close_end(1);
  EXPECT_EQ(pipe.drain(), "{}\n");
}

TEST(RecordSink, WritesMoreThanAPipeHolds) {
  Pipe pipe;
  const std::string line(1'000'000, 'x');
  std::jthread writer([&] {
    RecordSink(pipe.write_end()).write(line);
    pipe.close_end(1);
  });
  EXPECT_EQ(pipe.drain(), line + '\n');
}

TEST(RecordSink, ReportsAReaderThatIsGone) {
  const auto previous = std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.close_end(0);
  EXPECT_THROW(RecordSink(pipe.write_end()).write("{}"), std::system_error);
  std::signal(SIGPIPE, previous);
}

TEST(ChooseDescriptor, TakesTheNamedOneWhenItIsOpenForWriting) {
  Pipe pipe;
  EXPECT_EQ(choose_descriptor(std::to_string(pipe.write_end()).c_str()), pipe.write_end());
  EXPECT_NE(choose_descriptor(std::to_string(pipe.read_end()).c_str()), pipe.read_end());
}

// Runs in a process of its own: what is open as descriptor 3 here belongs to the test's runner.
TEST(ChooseDescriptorDeathTest, TakesThreeThenStdout) {
  const auto expect_three_then_stdout = [] {
    Pipe pipe;
    ::dup2(pipe.write_end(), 3);
    const bool three = choose_descriptor(nullptr) == 3 && choose_descriptor("999") == 3;
    ::close(3);
    const bool out = choose_descriptor(nullptr) == STDOUT_FILENO && choose_descriptor("999") == STDOUT_FILENO;
    ::_exit(three && out ? 0 : 1);
  };
  EXPECT_EXIT(expect_three_then_stdout(), testing::ExitedWithCode(0), "");
}

TEST(ChooseDescriptor, RefusesWhatIsNoDescriptor) {
  for (const char* text : {"", "x", "3x", "-1", "99999999999"}) {
    EXPECT_THROW(static_cast<void>(choose_descriptor(text)), UsageError) << text;
  }
}

} // namespace
} // namespace flowbench
