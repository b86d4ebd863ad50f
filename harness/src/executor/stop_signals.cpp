#include "stop_signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "../failure.hpp"

namespace flowbench {

StopSignals::StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  if (sigprocmask(SIG_BLOCK, &signals, &mask_before_) != 0)
    throw EnvironmentFailure("sigprocmask: " + error_text(errno));
  fd_ = FileDescriptor(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_.is_open()) throw EnvironmentFailure("signalfd: " + error_text(errno));
}

StopSignals::~StopSignals() { sigprocmask(SIG_SETMASK, &mask_before_, nullptr); }

std::optional<int> StopSignals::take() {
  signalfd_siginfo info{};
  if (read(fd_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  const int signal = static_cast<int>(info.ssi_signo);
  if (!received_) received_ = signal;
  return signal;
}

} // namespace flowbench
