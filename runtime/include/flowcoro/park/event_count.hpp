#pragma once
/// Sleep of any number of threads until something that others publish has changed.
#include "flowcoro/base/atomics.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/park/futex.hpp"

#include <atomic>
#include <concepts>
#include <cstdint>

namespace flowcoro {

/// For conditions that are made of other atomics: a queue that is not empty, a flag, an earliest deadline. Who changes one stores it
/// with seq_cst and then calls notify_all(), which costs a load while nobody sleeps.
template <class Atomics = StdAtomics>
class BasicEventCount {
 public:
  /// Sleeps until a notify_all(), or the time that `until()` gives, which is asked once, when any change after it comes with a wake;
  /// SteadyTime::min() means not to sleep. It reads with seq_cst.
  /// Threads: any. Blocks: yes. Allocates: no. Spurious returns: yes, so it stands in a loop.
  template <std::invocable F>
  void wait(F until) {
    // seq_cst: this side announces itself and then looks at what was published; the other publishes and then looks for sleepers.
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    const std::uint32_t seen = changes_.load(std::memory_order_acquire);
    const SteadyTime deadline = until();
    if (deadline != SteadyTime::min()) static_cast<void>(futex_wait(changes_, seen, deadline));
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
  }

  /// Threads: any. This must live until the call returns.
  void notify_all() noexcept {
    if (note_change()) futex_wake_all(&changes_);
  }
  /// The same for a change that any one of the sleepers can see to.
  void notify_one() noexcept {
    if (note_change()) futex_wake_one(&changes_);
  }

 private:
  /// \return whether there is somebody to wake.
  [[nodiscard]] bool note_change() noexcept {
    if (sleepers_.load(std::memory_order_seq_cst) == 0) return false;
    // release: who has read the new value sees what was published, and does not sleep for it.
    changes_.fetch_add(1, std::memory_order_release);
    return true;
  }

  typename Atomics::template Atomic<std::uint32_t> changes_{0};
  typename Atomics::template Atomic<std::uint32_t> sleepers_{0};
};
using EventCount = BasicEventCount<>;

} // namespace flowcoro
