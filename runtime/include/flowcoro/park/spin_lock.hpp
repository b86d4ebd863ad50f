#pragma once
/// A lock for critical sections of some ten nanoseconds: for use inside awaiters and queues, never across a suspension.
#include "flowcoro/base/atomics.hpp"
#include "flowcoro/base/spin_wait.hpp"

#include <atomic>

namespace flowcoro {

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
