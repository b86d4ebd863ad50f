#include "client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace flowcoro::top {
namespace {

using Clock = std::chrono::steady_clock;

class Connection {
 public:
  Connection() : fd_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {}
  ~Connection() {
    if (fd_ >= 0) close(fd_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

[[nodiscard]] Fetched failed(int error, const std::string& socket) {
  switch (error) {
    case ENOENT: return {Answer::nobody, {}, "there is no socket " + socket};
    case ECONNREFUSED: return {Answer::nobody, {}, "nobody serves " + socket + " any more"};
    case EACCES:
    case EPERM: return {Answer::refused, {}, socket + " is for the user that runs the program"};
    case EAGAIN: return {Answer::late, {}, "the program does not answer"};
    default:
      return {Answer::broken, {}, socket + ": " + std::strerror(error)}; // NOLINT(concurrency-mt-unsafe): one thread
  }
}

} // namespace

Fetched fetch(const std::string& socket, std::chrono::milliseconds limit, std::span<const int> others) {
  sockaddr_un address{};
  if (socket.size() >= sizeof address.sun_path)
    return {Answer::broken,
            {},
            "the path of a socket has at most " + std::to_string(sizeof address.sun_path - 1) + " bytes"};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket.data(), socket.size());
  const Connection connection;
  if (connection.fd() < 0) return failed(errno, socket);
  if (connect(connection.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed(errno, socket);

  const Clock::time_point end = Clock::now() + limit;
  std::vector<pollfd> waits{{.fd = connection.fd(), .events = POLLIN, .revents = 0}};
  for (const int other : others) waits.push_back({.fd = other, .events = POLLIN, .revents = 0});
  std::string text;
  std::array<char, 65'536> some; // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return {Answer::late, {}, "the program does not answer"};
    const int ready = poll(waits.data(), waits.size(), static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return failed(errno, socket);
    if (ready <= 0) continue;
    if (std::any_of(waits.begin() + 1, waits.end(), [](const pollfd& one) { return one.revents != 0; }))
      return {Answer::interrupted, {}, {}};
    const ssize_t n = read(connection.fd(), some.data(), some.size());
    if (n < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      if (errno != ECONNRESET) return failed(errno, socket);
    }
    if (n <= 0 && text.empty()) return {Answer::refused, {}, socket + " is for the user that runs the program"};
    if (n <= 0) return {Answer::closed, {}, "the program has closed " + socket};
    text.append(some.data(), static_cast<std::size_t>(n));
    if (text.ends_with('\n')) return {Answer::snapshot, std::move(text), {}};
  }
}

} // namespace flowcoro::top
