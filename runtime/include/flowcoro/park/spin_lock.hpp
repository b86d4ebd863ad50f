#pragma once
/// A lock for critical sections of some ten nanoseconds: for use inside awaiters and queues, never across a suspension.
#include "flowcoro/base/atomics.hpp"

#include <sched.h>

#include <atomic>

namespace flowcoro {

/// Some ten nanoseconds in which the core leaves its resources to its neighbour.
inline void spin_pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// What a thread does while another one is inside such a section: it looks again a few times, and then gives up its CPU, which
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

/// BasicLockable. Uncontended: one compare-exchange, and a plain store to unlock. That store is why nobody sleeps on this lock: to
/// know of sleepers, unlock would have to be a second locked operation, which is as much as the whole section takes.
template <class Atomics = StdAtomics>
class BasicSpinLock {
 public:
  void lock() noexcept {
    if (try_lock()) return;
    typename Atomics::SpinWait wait;
    do {
      while (held_.load(std::memory_order_relaxed)) wait.once();
    } while (!try_lock());
  }

  [[nodiscard]] bool try_lock() noexcept {
    bool expected = false;
    return held_.compare_exchange_strong(expected, true, std::memory_order_acquire, std::memory_order_relaxed);
  }

  /// release: pairs with the acquire in try_lock(); what was written inside is visible to the next one.
  void unlock() noexcept { held_.store(false, std::memory_order_release); }

 private:
  typename Atomics::template Atomic<bool> held_{false};
};
using SpinLock = BasicSpinLock<>;

} // namespace flowcoro
