// One flowbench measures on a machine at a time: an advisory lock on a file that every user finds at the same place.
//
// The file is never written to and its content means nothing, so whoever made it has no power over who reads it; who holds
// the lock is the kernel's word (/proc/locks). It is gone with its holder, however that ends. The file stays.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string_view>

#include "files.hpp"

namespace flowbench {

/// In /run/lock where every user may make files there, else in /tmp.
[[nodiscard]] fs::path machine_lock_file();

class MachineLock {
 public:
  /// Blocks while another flowbench measures, if `wait`, and says on stderr that it does; Ctrl-C ends it.
  /// Throws BusyFailure with the holder's pid when it may not wait, EnvironmentFailure when the file cannot be used.
  MachineLock(const fs::path& file, bool wait);

 private:
  FileDescriptor file_;
};

/// Who holds the lock on `file`, as far as this process can see; looking takes no lock.
[[nodiscard]] std::optional<pid_t> machine_lock_holder(const fs::path& file);

/// The process that has an exclusive flock on an inode, from the text of /proc/locks; 0 when it is not there.
[[nodiscard]] pid_t flock_holder(std::string_view locks, dev_t device, ino_t inode);

} // namespace flowbench
