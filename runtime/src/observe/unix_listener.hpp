#pragma once
/// A listening unix socket at a path, for one user.
#include <sys/types.h>

#include <filesystem>
#include <utility>

namespace flowcoro::detail {

/// Closes what it has.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) noexcept : number_{number} {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~FileDescriptor();

  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] explicit operator bool() const noexcept { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// The file is there, with mode 0600, from the constructor to the destructor; then it is removed if it still is the same.
class UnixListener {
 public:
  /// Throws as SnapshotServer does.
  explicit UnixListener(std::filesystem::path path);
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;
  ~UnixListener();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }

  enum class Accepted : unsigned char {
    client,
    refused,  ///< of another user; closed
    none,     ///< nobody waits any more
    no_means, ///< no file descriptor is left, or no memory
  };
  /// Never waits. \param client gets the connection, which never blocks.
  [[nodiscard]] Accepted accept(FileDescriptor& client) noexcept;

 private:
  void make_room() const;

  std::filesystem::path path_;
  FileDescriptor socket_;
  dev_t device_{};
  ino_t file_{};
};

} // namespace flowcoro::detail
