#include "flowcoro/observe/snapshot_server.hpp"

#include "flowcoro/sched/runtime.hpp"
#include "support/build.hpp"
#include "support/wait_until.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Runtime;
using flowcoro::SnapshotServer;
using flowcoro::test::wait_until;
namespace fs = std::filesystem;

constexpr uid_t nobody = 65'534;

/// A folder_ of its own, which others may enter.
class SnapshotServing : public testing::Test {
 protected:
  SnapshotServing() {
    std::string name = (fs::temp_directory_path() / "snapshot.XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    EXPECT_EQ(chmod(name.c_str(), S_IRWXU | S_IXGRP | S_IXOTH), 0);
    path_ = folder_ / "socket";
  }
  ~SnapshotServing() override { fs::remove_all(folder_); }
  SnapshotServing(const SnapshotServing&) = delete;
  SnapshotServing& operator=(const SnapshotServing&) = delete;

  fs::path folder_;
  fs::path path_;
};

[[nodiscard]] sockaddr_un address_of(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

/// \return the connection, or -1 with errno. Calls nothing that a child of a fork may not.
[[nodiscard]] int connection_to(const sockaddr_un& address) {
  const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made >= 0 && connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return made;
  const int error = errno;
  close(made);
  errno = error;
  return -1;
}
[[nodiscard]] int connection_to(const fs::path& path) { return connection_to(address_of(path)); }

/// To the end of the stream.
[[nodiscard]] std::string read_all(int connection) {
  std::string text;
  std::array<char, 4'096> some{};
  for (;;) {
    const ssize_t n = read(connection, some.data(), some.size());
    if (n <= 0) break;
    text.append(some.data(), static_cast<std::size_t>(n));
  }
  close(connection);
  return text;
}
[[nodiscard]] std::string read_from(const fs::path& path) {
  const int connection = connection_to(path);
  return connection < 0 ? std::string{"no connection"} : read_all(connection);
}

[[nodiscard]] std::errc error_of(auto make) {
  try {
    make();
  } catch (const std::system_error& error) {
    return static_cast<std::errc>(error.code().default_error_condition().value());
  }
  return {};
}

/// What `child` gives, run by another user.
template <class F>
[[nodiscard]] int as_nobody(F child) {
  const pid_t pid = fork();
  if (pid == 0) _exit(setgroups(0, nullptr) == 0 && setgid(nobody) == 0 && setuid(nobody) == 0 ? child() : 99);
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

/// More than a socket takes at once.
constexpr std::size_t large_size = 4'000'000;
[[nodiscard]] std::string large_text() { return std::string(large_size, 'x'); }

void leave_dead_socket_at(const fs::path& path) {
  const int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(path);
  ASSERT_EQ(bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(dead, 1), 0);
  close(dead);
}

TEST_F(SnapshotServing, GivesEachClientASnapshotAsALine) {
  Runtime runtime{{.workers = 2}};
  const SnapshotServer server{path_, runtime, flowcoro::SnapshotSources{"main"}};
  EXPECT_EQ(server.path(), path_);
  for (int i = 0; i < 3; ++i) {
    const std::string text = read_from(path_);
    ASSERT_EQ(std::ranges::count(text, '\n'), 1);
    const auto read = nlohmann::json::parse(text);
    EXPECT_EQ(read["runtime"], "main");
    EXPECT_EQ(read["pid"], getpid());
    EXPECT_EQ(read["workers"].size(), 2u);
  }
  wait_until([&] { return server.stats().served == 3; });
}

TEST_F(SnapshotServing, KeepsTheFileFromOthersAndRemovesItAtItsEnd) {
  {
    const SnapshotServer server{path_, [] { return std::string{"{}"}; }};
    struct stat file{};
    ASSERT_EQ(lstat(path_.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777U, 0600U);
    EXPECT_TRUE(S_ISSOCK(file.st_mode));
  }
  EXPECT_TRUE(fs::is_empty(folder_)) << "nor does it leave anything else";
}

TEST_F(SnapshotServing, ReplacesTheSocketOfADeadProcess) {
  leave_dead_socket_at(path_);
  ASSERT_TRUE(fs::exists(path_));
  const SnapshotServer server{path_, [] { return std::string{"new"}; }};
  EXPECT_EQ(read_from(path_), "new\n");
}

TEST_F(SnapshotServing, RefusesAPathThatIsServedAndLeavesThatAlone) {
  const SnapshotServer server{path_, [] { return std::string{"first"}; }};
  const auto second = [this] { const SnapshotServer other{path_, [] { return std::string{"second"}; }}; };
  EXPECT_EQ(error_of(second), std::errc::address_in_use);
  try {
    second();
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string{error.what()}.find(path_.native()), std::string::npos) << error.what();
  }
  EXPECT_EQ(read_from(path_), "first\n");
}

TEST_F(SnapshotServing, LeavesAloneWhatIsNoSocket) {
  std::ofstream{path_} << "precious";
  EXPECT_EQ(error_of([this] { const SnapshotServer server{path_, [] { return std::string{}; }}; }),
            std::errc::file_exists);
  std::string content;
  std::ifstream{path_} >> content;
  EXPECT_EQ(content, "precious");
}

TEST_F(SnapshotServing, LeavesAloneWhatSomebodyElseHasPutThereMeanwhile) {
  {
    const SnapshotServer server{path_, [] { return std::string{}; }};
    fs::remove(path_);
    std::ofstream{path_} << "precious";
  }
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(SnapshotServing, RefusesPathsAndOptionsThatCannotBe) {
  const auto render = [] { return std::string{}; };
  EXPECT_THROW((SnapshotServer{fs::path{}, render}), std::invalid_argument);
  EXPECT_THROW((SnapshotServer{fs::path{std::string{"\0abstract", 9}}, render}), std::invalid_argument);
  EXPECT_THROW((SnapshotServer{path_, render, {.client_limit = 0ns}}), std::invalid_argument);
  EXPECT_THROW((SnapshotServer{path_, render, {.max_clients = 0}}), std::invalid_argument);
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_EQ(error_of([&] { const SnapshotServer s{folder_ / std::string(200, 'x'), render}; }),
            std::errc::filename_too_long);
  EXPECT_EQ(error_of([&] { const SnapshotServer s{folder_ / "none" / "socket", render}; }),
            std::errc::no_such_file_or_directory);
}

TEST_F(SnapshotServing, IsNotHeldUpByAClientThatDoesNotRead) {
  std::optional<SnapshotServer> server{std::in_place, path_, large_text,
                                       flowcoro::SnapshotServerOptions{.client_limit = 1h, .max_clients = 16}};
  const int slow = connection_to(path_);
  ASSERT_GE(slow, 0);
  EXPECT_EQ(read_from(path_).size(), large_size + 1);
  server.reset(); // and neither is its end
  EXPECT_LT(read_all(slow).size(), large_size);
}

TEST_F(SnapshotServing, DropsClientsThatAreTooSlow) {
  const SnapshotServer server{path_, large_text, {.client_limit = 5ms, .max_clients = 16}};
  const int slow = connection_to(path_);
  ASSERT_GE(slow, 0);
  wait_until([&] { return server.stats().dropped == 1; });
  EXPECT_LT(read_all(slow).size(), large_size);
}

TEST_F(SnapshotServing, DropsTheOldestClientWhenThereAreTooMany) {
  const SnapshotServer server{path_, large_text, {.client_limit = 1h, .max_clients = 2}};
  std::vector<int> slow;
  for (int i = 0; i < 5; ++i) slow.push_back(connection_to(path_));
  wait_until([&] { return server.stats().dropped == 3; });
  EXPECT_EQ(read_all(slow.back()).size(), large_size + 1) << "one of the two that are left";
  for (std::size_t i = 0; i + 1 < slow.size(); ++i) close(slow[i]);
}

TEST_F(SnapshotServing, SurvivesClientsThatGoAtOnce) {
  const SnapshotServer server{path_, large_text};
  for (int i = 0; i < 50; ++i) {
    const int gone = connection_to(path_);
    ASSERT_GE(gone, 0);
    close(gone);
  }
  EXPECT_EQ(read_from(path_).size(), large_size + 1);
  wait_until([&] { return server.stats().dropped == 50; });
}

TEST_F(SnapshotServing, TellsTheClientWhyThereIsNoSnapshot) {
  const SnapshotServer server{path_, []() -> std::string { throw std::runtime_error{"no \"numbers\""}; }};
  EXPECT_EQ(nlohmann::json::parse(read_from(path_))["error"], "no \"numbers\"");
  wait_until([&] { return server.stats().failed == 1; });
}

TEST_F(SnapshotServing, RefusesOtherUsers) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const SnapshotServer server{path_, [] { return std::string{"secret"}; }};
  const sockaddr_un address = address_of(path_);
  const auto read_some = [&address] {
    const int connection = connection_to(address);
    if (connection < 0) return errno;
    char first = 0;
    return read(connection, &first, 1) == 1 ? 97 : 0;
  };
  EXPECT_EQ(as_nobody(read_some), EACCES) << "by the mode of the socket";
  EXPECT_EQ(server.stats().refused, 0u);
  ASSERT_EQ(chmod(path_.c_str(), 0777), 0);
  EXPECT_EQ(as_nobody(read_some), 0) << "by what the kernel knows of the client, who reads nothing";
  wait_until([&] { return server.stats().refused == 1; });
  EXPECT_EQ(read_from(path_), "secret\n");
}

TEST_F(SnapshotServing, ServesRootWhoeverRunsTheProgram) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  if (flowcoro::test::thread_sanitized) GTEST_SKIP() << "a child of a fork starts no threads under ThreadSanitizer";
  ASSERT_EQ(chown(folder_.c_str(), nobody, nobody), 0);
  std::array<int, 2> ready{};
  std::array<int, 2> over{};
  ASSERT_EQ(pipe2(ready.data(), O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(over.data(), O_CLOEXEC), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    close(over[1]);
    if (setgroups(0, nullptr) != 0 || setgid(nobody) != 0 || setuid(nobody) != 0) _exit(99);
    {
      const SnapshotServer server{path_, [] { return std::string{"theirs"}; }};
      char byte = 0;
      if (write(ready[1], &byte, 1) != 1 || read(over[0], &byte, 1) != 0) _exit(98);
    }
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_EQ(read_from(path_), "theirs\n");
  for (const int end : {ready[0], ready[1], over[0], over[1]}) close(end);
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(fs::exists(path_));
}

} // namespace
