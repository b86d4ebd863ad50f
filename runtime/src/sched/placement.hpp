#pragma once
/// Where a worker's thread begins to run when it is woken.
#include <sched.h>
#include <sys/types.h>

#include <atomic>

namespace flowcoro::detail {

/// Keeps a thread that is about to be woken off the CPU of the thread that wakes it. A kernel that wakes one thread from another
/// likes to put it on the same CPU, in whose cache the reason for the wake is; there it waits for a time slice of the waker, up
/// to milliseconds, which is exactly the time that it was to save. The affinity of the thread is narrowed for the wake only.
class Placement {
 public:
  /// By the thread itself. Until then the wake is the thread's start, whose place is the kernel's choice.
  void begin() noexcept;
  /// By who wakes the thread, before the wake. Cost: two short system calls, little beside the wake.
  void keep_off_this_cpu() noexcept;
  /// By the thread itself, once it is awake.
  void restore() noexcept;

 private:
  std::atomic<pid_t> thread_{0};
  bool narrowed_ = false;
  cpu_set_t before_;
};

} // namespace flowcoro::detail
