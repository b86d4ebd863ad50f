// Reading whole files, with an upper bound and no surprises.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace flowbench {

namespace fs = std::filesystem;

/// Owns one file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

struct FileText {
  std::string text;
  std::string error; // empty when `text` is the whole file
};

/// Whether the last name of a path may be a symbolic link: of a file that others may have put there it may not.
enum class Links { followed, refused };

/// The content of a regular file of at most `most` bytes; anything else (a pipe, a directory, too large) is an error.
[[nodiscard]] FileText read_regular_file(const fs::path& path, std::size_t most, Links links = Links::followed);

/// The content of a file of /proc or /sys without its final line break; nothing when it cannot be read.
[[nodiscard]] std::optional<std::string> read_system_file(const fs::path& path);

/// Writes all of `text` with one call where the kernel allows. Returns 0 or the errno of the failure.
[[nodiscard]] int write_all(int fd, std::string_view text);

/// The text of an errno.
[[nodiscard]] std::string error_text(int error);

} // namespace flowbench
