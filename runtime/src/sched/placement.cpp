#include "placement.hpp"

#include <unistd.h>

#include <cstddef>

namespace flowcoro::detail {

void Placement::begin() noexcept { thread_.store(gettid(), std::memory_order_relaxed); }

void Placement::keep_off_this_cpu() noexcept {
  const pid_t thread = thread_.load(std::memory_order_relaxed);
  const int here = sched_getcpu();
  // A failure, for example on more CPUs than cpu_set_t holds, leaves the choice to the kernel.
  if (thread == 0 || here < 0 || sched_getaffinity(thread, sizeof before_, &before_) != 0) return;
  const auto cpu = static_cast<std::size_t>(here);
  if (!CPU_ISSET(cpu, &before_) || CPU_COUNT(&before_) == 1) return;
  cpu_set_t others = before_;
  CPU_CLR(cpu, &others);
  narrowed_ = sched_setaffinity(thread, sizeof others, &others) == 0;
}

void Placement::restore() noexcept {
  if (!narrowed_) return;
  narrowed_ = false;
  static_cast<void>(sched_setaffinity(thread_, sizeof before_, &before_));
}

} // namespace flowcoro::detail
