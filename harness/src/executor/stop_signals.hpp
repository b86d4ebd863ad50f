// Ctrl-C, SIGTERM and SIGHUP as something to poll for, so that no code runs in a signal handler.
#pragma once

#include <csignal>
#include <optional>

#include "../files.hpp"

namespace flowbench {

/// While an object lives the three signals are blocked and wait in a descriptor. The process must have one thread.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  /// Readable when a signal waits.
  [[nodiscard]] int fd() const { return fd_.get(); }

  /// The next waiting signal, without blocking. A signal that was taken once is remembered by received().
  std::optional<int> take();

  /// The first signal that was ever taken.
  [[nodiscard]] std::optional<int> received() const { return received_; }

 private:
  FileDescriptor fd_;
  sigset_t mask_before_{};
  std::optional<int> received_;
};

} // namespace flowbench
