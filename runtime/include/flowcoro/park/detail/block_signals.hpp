#pragma once
/// Library threads take no signals: handlers run on threads of the program.
#include <pthread.h>
#include <signal.h>

namespace flowcoro::detail {

/// While it lives, threads that are made here begin with all signals blocked.
class BlockSignals {
 public:
  BlockSignals() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockSignals(const BlockSignals&) = delete;
  BlockSignals& operator=(const BlockSignals&) = delete;

 private:
  sigset_t before_;
};

} // namespace flowcoro::detail
