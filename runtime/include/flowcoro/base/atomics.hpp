#pragma once
/// What the lock-free parts take from the machine, as a template argument: the tests of their memory orders put a model of C++
/// memory and of threads in its place.
#include "flowcoro/base/atomic_slot.hpp"

#include <atomic>

namespace flowcoro {

class SpinWait; // of floor park: named here, never used

/// The machine's own; everybody but those tests uses this one.
struct StdAtomics {
  template <class T>
  using Atomic = std::atomic<T>;
  template <class T>
  using Slot = AtomicSlot<T>;
  /// What the atomics hand from one thread to another: two threads never touch it at the same time.
  template <class T>
  using Plain = T;
  /// Passes the time until another thread stores something.
  using SpinWait = flowcoro::SpinWait;
  /// Identity of the calling thread.
  [[nodiscard]] static const void* this_thread() noexcept;
};

} // namespace flowcoro
