#pragma once
/// Waiting for another thread that needs some ten nanoseconds, unless it was preempted.
#include <sched.h>

namespace flowcoro {

/// Some ten nanoseconds in which the core leaves its resources to its neighbour.
inline void spin_pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// What a thread does while another one is in the middle of something: it looks again a few times, and then gives up its CPU, which
/// the other may be waiting for after a preemption.
class SpinWait {
 public:
  void once() noexcept {
    if (++spins_ > spins_before_yield)
      sched_yield();
    else
      spin_pause();
  }

 private:
  static constexpr int spins_before_yield = 64;

  int spins_ = 0;
};

} // namespace flowcoro
