#include "machine_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <iostream>

#include "failure.hpp"
#include "numbers.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

constexpr int most_attempts = 100;

[[noreturn]] void cannot_use(const fs::path& file, const std::string& why, const std::string& fix = "remove it") {
  throw EnvironmentFailure("cannot lock " + file.string() + ", which keeps two flowbench from measuring at once: " +
                           why + "; " + fix + ", or name another file with --lock");
}

// Not through a link, and a pipe is not waited for. Opened before it is made: with O_CREAT the kernel refuses a file of
// another user in a folder such as /tmp (fs.protected_regular).
FileDescriptor open_lock_file(const fs::path& file) {
  constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    FileDescriptor fd(open(file.c_str(), flags));
    if (!fd.is_open() && errno == ENOENT) {
      fd = FileDescriptor(open(file.c_str(), flags | O_CREAT | O_EXCL, 0444));
      if (!fd.is_open() && errno == EEXIST) continue; // made by another one meanwhile
      if (!fd.is_open() && errno == ENOENT) cannot_use(file, "there is no such folder", "make it");
      if (fd.is_open()) fchmod(fd.get(), 0444); // whatever the umask: others have to open it
    }
    if (!fd.is_open()) cannot_use(file, errno == ELOOP ? "it is a symbolic link" : error_text(errno));
    struct stat status{};
    if (fstat(fd.get(), &status) != 0) cannot_use(file, error_text(errno));
    if (!S_ISREG(status.st_mode)) cannot_use(file, "it is not a regular file");
    return fd;
  }
  cannot_use(file, "it comes and goes");
}

bool is_still_there(const FileDescriptor& fd, const fs::path& file) {
  struct stat held{}, named{};
  return fstat(fd.get(), &held) == 0 && lstat(file.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

std::string holder_text(const FileDescriptor& fd) {
  struct stat status{};
  const std::string locks = read_system_file("/proc/locks").value_or("");
  const pid_t pid = fstat(fd.get(), &status) == 0 ? flock_holder(locks, status.st_dev, status.st_ino) : 0;
  return "another flowbench (" + (pid > 0 ? "pid " + std::to_string(pid) : std::string("its pid is out of sight")) +
         ") is measuring on this machine";
}

} // namespace

fs::path machine_lock_file() {
  constexpr mode_t for_all = S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO;
  struct stat status{};
  const bool run_lock = stat("/run/lock", &status) == 0 && S_ISDIR(status.st_mode) &&
                        (status.st_mode & for_all) == for_all; // the same answer for every user
  return fs::path(run_lock ? "/run/lock" : "/tmp") / "flowbench.lock";
}

pid_t flock_holder(std::string_view locks, dev_t device, ino_t inode) {
  char device_text[32];
  std::snprintf(device_text, sizeof device_text, "%02x:%02x:", major(device), minor(device));
  const std::string place = device_text + std::to_string(inode);
  for (const std::string& line : split(locks, '\n')) {
    // 1: FLOCK  ADVISORY  WRITE 23568 fe:00:9980299 0 EOF; one who waits has "->" behind the number
    std::vector<std::string> words = split(line, ' ');
    std::erase(words, "");
    if (words.size() < 6 || words[1] != "FLOCK" || words[3] != "WRITE" || words[5] != place) continue;
    return static_cast<pid_t>(parse_u64(words[4]).value_or(0));
  }
  return 0;
}

MachineLock::MachineLock(const fs::path& file, bool wait) {
  // A file that was removed while we waited is no longer where the next one looks. Nobody removes it again and again.
  bool told = false;
  for (int attempt = 0; !is_still_there(file_, file); ++attempt) {
    if (attempt == most_attempts) cannot_use(file, "it comes and goes");
    file_ = open_lock_file(file);
    if (flock(file_.get(), LOCK_EX | LOCK_NB) == 0) continue;
    if (errno != EWOULDBLOCK) cannot_use(file, error_text(errno));
    if (!wait) {
      throw BusyFailure(holder_text(file_) + "; two at once would disturb each other: try again later, or with --wait");
    }
    if (!told) std::cerr << "flowbench: " << holder_text(file_) << "; waiting for it to end" << std::endl;
    told = true;
    while (flock(file_.get(), LOCK_EX) != 0) {
      if (errno != EINTR) cannot_use(file, error_text(errno));
    }
  }
}

std::optional<pid_t> machine_lock_holder(const fs::path& file) {
  struct stat status{};
  if (lstat(file.c_str(), &status) != 0) return std::nullopt;
  // Trying the lock would tell too, and would turn away whoever tries at the same moment.
  const pid_t pid = flock_holder(read_system_file("/proc/locks").value_or(""), status.st_dev, status.st_ino);
  return pid > 0 ? std::optional(pid) : std::nullopt;
}

} // namespace flowbench
