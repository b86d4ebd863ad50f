#pragma once
/// `kill -USR1 <pid>` writes what every task waits for.
#include "flowcoro/observe/await_chain.hpp"

#include <signal.h>

#include <cstdint>
#include <filesystem>
#include <memory>

namespace flowcoro {

enum class DumpFormat : std::uint8_t {
  text,
  json, ///< one line for each dump
};

/// While it lives, the signal makes it write await_chains(), on a thread of its own, which is joined at the end. So it works when all
/// workers, and all other threads, are blocked; signals that come while it writes are one more dump.
///
/// The handler only tells that thread, by a write to an eventfd: no lock, no memory. It may run on any thread of the program that does
/// not block the signal, and if all do, on that thread; no other thread's signal mask is changed. The former action for the signal is
/// restored at the end. One object for each signal at a time. Not for a child that was forked without exec.
class DumpOnSignal {
 public:
  /// To an open file, pipe or terminal, which stays the caller's.
  explicit DumpOnSignal(int file_descriptor, int signal = SIGUSR1, DumpFormat format = DumpFormat::text);
  /// Appended to a file, which is opened for each dump and made, for this user only, if it is not there.
  /// Both throw std::system_error: device_or_resource_busy when the signal has such an object, invalid_argument when it cannot have a handler.
  explicit DumpOnSignal(std::filesystem::path file, int signal = SIGUSR1, DumpFormat format = DumpFormat::text);
  DumpOnSignal(const DumpOnSignal&) = delete;
  DumpOnSignal& operator=(const DumpOnSignal&) = delete;
  /// Blocks while a dump is being written: for as long as its reader takes.
  ~DumpOnSignal();

  /// Those that were written in full, and those that were not: no room, no memory, nobody reads. Threads: any.
  [[nodiscard]] std::uint64_t written() const noexcept;
  [[nodiscard]] std::uint64_t failed() const noexcept;

 private:
  class Writer;
  std::unique_ptr<Writer> writer_;
};

} // namespace flowcoro
