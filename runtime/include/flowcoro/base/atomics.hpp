#pragma once
/// What the lock-free parts take from the machine, as a template argument: the tests of their memory orders put a model of C++
/// memory and of threads in its place.
#include "flowcoro/base/atomic_slot.hpp"
#include "flowcoro/base/large_memory.hpp"

#include <atomic>
#include <cstddef>

namespace flowcoro {

class SpinWait; // for those who wait to include

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
  /// Gives back what memory it can of `count` slots that nobody needs any more. A thread that reads one all the same may find
  /// zero there; then, if it acquires, it sees all that the caller did before.
  template <class T>
  static void discard(AtomicSlot<T>* slots, std::size_t count) noexcept {
    discard_large(slots, count * sizeof(AtomicSlot<T>));
  }
  /// Identity of the calling thread.
  [[nodiscard]] static const void* this_thread() noexcept;
};

} // namespace flowcoro
