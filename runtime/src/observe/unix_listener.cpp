#include "unix_listener.hpp"

#include "flowcoro/base/time.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace flowcoro::detail {
namespace {

constexpr auto longest_wait_for_lock = std::chrono::seconds{1};
constexpr int waiting_clients = 16;

[[noreturn]] void fail(int error, const std::filesystem::path& path, const std::string& what) {
  throw std::system_error{error, std::system_category(), "the socket " + path.native() + " " + what};
}

[[nodiscard]] sockaddr_un address_of(const std::filesystem::path& path) {
  const std::string& name = path.native();
  sockaddr_un address{};
  // An address that begins with a zero byte is one outside of the file system, where no mode protects it.
  if (name.empty() || name.find('\0') != std::string::npos)
    throw std::invalid_argument{"the path of a socket must be the name of a file"};
  if (name.size() >= sizeof address.sun_path)
    fail(ENAMETOOLONG, path,
         "cannot be there: the system takes " + std::to_string(sizeof address.sun_path - 1) + " bytes");
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  return address;
}

[[nodiscard]] FileDescriptor new_socket(const std::filesystem::path& path) {
  FileDescriptor made{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!made) fail(errno, path, "cannot be made");
  return made;
}

[[nodiscard]] const sockaddr* general(const sockaddr_un& address) noexcept {
  return reinterpret_cast<const sockaddr*>(&address); // as the system's calls want it
}

/// Of two that find a dead socket, the second must not remove what the first has put there. So both lock the folder: a lock that goes with
/// its process, and leaves no file behind.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& path) {
    const std::filesystem::path parent = path.parent_path();
    const std::string folder = parent.empty() ? "." : parent.native();
    folder_ = FileDescriptor{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder_) fail(errno, path, "cannot be there: the folder " + folder + " cannot be opened");
    const SteadyTime end = deadline_after(steady_now(), longest_wait_for_lock);
    while (flock(folder_.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) fail(errno, path, "cannot be made: the lock of its folder failed");
      if (steady_now() >= end) fail(EWOULDBLOCK, path, "cannot be made: another process keeps its folder locked");
      std::this_thread::sleep_for(std::chrono::milliseconds{1}); // flock() has no form with a time limit
    }
  }

 private:
  FileDescriptor folder_;
};

} // namespace

FileDescriptor::~FileDescriptor() {
  if (number_ >= 0) close(number_);
}

UnixListener::UnixListener(std::filesystem::path path) : path_{std::move(path)} {
  const sockaddr_un address = address_of(path_);
  FileDescriptor made = new_socket(path_);
  // The file gets the mode of the socket, so there is no moment with another one.
  if (fchmod(made.get(), S_IRUSR | S_IWUSR) != 0) fail(errno, path_, "cannot be kept from others");
  {
    const FolderLock lock{path_};
    make_room();
    if (bind(made.get(), general(address), sizeof address) != 0) fail(errno, path_, "cannot be made");
    struct stat file{};
    if (listen(made.get(), waiting_clients) != 0 || lstat(path_.c_str(), &file) != 0) {
      const int error = errno;
      unlink(path_.c_str());
      fail(error, path_, "cannot be listened to");
    }
    device_ = file.st_dev;
    file_ = file.st_ino;
  }
  socket_ = std::move(made);
}

UnixListener::~UnixListener() {
  struct stat file{};
  if (lstat(path_.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == file_) unlink(path_.c_str());
}

/// Under the lock: removes the socket of a dead process.
void UnixListener::make_room() const {
  struct stat file{};
  if (lstat(path_.c_str(), &file) != 0) {
    if (errno == ENOENT) return;
    fail(errno, path_, "cannot be looked at");
  }
  if (!S_ISSOCK(file.st_mode)) fail(EEXIST, path_, "cannot be made: there is something else, which stays");
  const FileDescriptor probe = new_socket(path_);
  const sockaddr_un address = address_of(path_);
  // Nobody is waited for: a server whose queue is full is one, too.
  if (connect(probe.get(), general(address), sizeof address) == 0 || errno == EAGAIN)
    fail(EADDRINUSE, path_, "is in use: give this process another path, or end the one that serves there");
  if (errno != ECONNREFUSED) fail(errno, path_, "is there, and cannot be replaced");
  if (unlink(path_.c_str()) != 0 && errno != ENOENT) fail(errno, path_, "of a dead process cannot be removed");
}

UnixListener::Accepted UnixListener::accept(FileDescriptor& client) noexcept {
  FileDescriptor accepted;
  do {
    accepted = FileDescriptor{accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  } while (!accepted && (errno == EINTR || errno == ECONNABORTED));
  if (!accepted) return errno == EAGAIN || errno == EWOULDBLOCK ? Accepted::none : Accepted::no_means;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(accepted.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
      (peer.uid != geteuid() && peer.uid != 0))
    return Accepted::refused;
  client = std::move(accepted);
  return Accepted::client;
}

} // namespace flowcoro::detail
