#pragma once
/// Who may queue something that has one place in all queues.
#include "flowcoro/base/atomics.hpp"

#include <atomic>

namespace flowcoro::detail {

/// Threads: any.
template <class Atomics = StdAtomics>
class BasicQueuePermit {
 public:
  /// \return false: its turn has not begun yet, and will see what the caller has done before this. Else the caller has the place, until
  /// give_back().
  [[nodiscard]] bool take() noexcept {
    // release on false too: the turn that is coming acquires it in give_back().
    return !taken_.exchange(true, std::memory_order_acq_rel);
  }
  /// First thing in its turn: whoever asks from now on means another one.
  void give_back() noexcept { static_cast<void>(taken_.exchange(false, std::memory_order_acq_rel)); }

 private:
  typename Atomics::template Atomic<bool> taken_{false};
};
using QueuePermit = BasicQueuePermit<>;

} // namespace flowcoro::detail
