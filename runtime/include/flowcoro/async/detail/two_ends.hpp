#pragma once
/// Two things that end in any order, and the second of which goes on for both.
#include "flowcoro/base/atomics.hpp"

#include <atomic>
#include <cstdint>

namespace flowcoro::detail {

/// A counter that goes down from two.
template <class Atomics = StdAtomics>
class BasicTwoEnds {
 public:
  /// Before the second can end. What makes the other thread see it is what starts the two.
  void expect() noexcept { pending_.store(2, std::memory_order_relaxed); }
  /// Called once by each. acq_rel: the second sees what the first one left. \return whether the other has ended already. If not, touch
  /// nothing.
  [[nodiscard]] bool is_second() noexcept { return pending_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

 private:
  typename Atomics::template Atomic<std::uint32_t> pending_{0};
};
using TwoEnds = BasicTwoEnds<>;

} // namespace flowcoro::detail
