#include "files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "text.hpp"

namespace flowbench {
namespace {

// Reads until the end, or until `text` is longer than `most`. Returns 0 or an errno.
int read_until_end(int fd, std::size_t most, std::string& text) {
  char chunk[64 * 1024];
  while (text.size() <= most) {
    const ssize_t got = read(fd, chunk, sizeof chunk);
    if (got == 0) return 0;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    text.append(chunk, static_cast<std::size_t>(got));
  }
  return 0;
}

} // namespace

void FileDescriptor::reset() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

FileText read_regular_file(const fs::path& path, std::size_t most, Links links) {
  // O_NONBLOCK: opening a named pipe must not wait for its writer.
  const int no_links = links == Links::refused ? O_NOFOLLOW : 0;
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | no_links));
  if (!file.is_open() && errno == ELOOP && no_links != 0) return {{}, "a symbolic link; copy the file itself"};
  if (!file.is_open()) return {{}, error_text(errno)};
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return {{}, error_text(errno)};
  if (!S_ISREG(status.st_mode)) return {{}, "not a regular file"};
  const std::string too_large = "larger than " + std::to_string(most) + " bytes";
  if (std::cmp_greater(status.st_size, most)) return {{}, too_large};
  FileText content;
  if (const int error = read_until_end(file.get(), most, content.text); error != 0) return {{}, error_text(error)};
  if (content.text.size() > most) return {{}, too_large}; // it grew
  return content;
}

std::optional<std::string> read_system_file(const fs::path& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  constexpr std::size_t most = 4U << 20U;
  if (!file.is_open() || read_until_end(file.get(), most, text) != 0) return std::nullopt;
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

std::string error_text(int error) { return std::generic_category().message(error); }

} // namespace flowbench
