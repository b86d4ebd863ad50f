#pragma once
/// Sleep of one thread with one stored permit.
#include "flowcoro/base/atomics.hpp"
#include "flowcoro/park/futex.hpp"

namespace flowcoro {

enum class ParkResult : std::uint8_t { woken, timed_out };

/// A permit that any thread gives and one thread takes. At most one is stored; a permit given before park() is not lost.
template <class Atomics = StdAtomics>
class BasicParker {
 public:
  /// Waits until a permit arrives or `deadline` passes. A deadline in the past only takes a waiting permit.
  /// Threads: one at a time. Blocks: yes. Allocates: no. Spurious returns: none.
  /// Cost: one exchange when a permit waits, else one futex call.
  [[nodiscard]] ParkResult park_until(SteadyTime deadline) noexcept {
    std::uint32_t expected = empty;
    if (!state_.compare_exchange_strong(expected, asleep, std::memory_order_relaxed)) return take_permit();
    for (;;) {
      const bool in_time = futex_wait(state_, asleep, deadline);
      if (state_.load(std::memory_order_relaxed) == permit) return take_permit();
      if (in_time) continue;
      expected = asleep;
      if (state_.compare_exchange_strong(expected, empty, std::memory_order_relaxed)) return ParkResult::timed_out;
      return take_permit();
    }
  }
  void park() noexcept { static_cast<void>(park_until(no_deadline)); }

  /// Threads: any. The parker must live until the call returns.
  void unpark() noexcept {
    if (state_.exchange(permit, std::memory_order_release) == asleep) futex_wake_one(&state_);
  }

 private:
  static constexpr std::uint32_t empty = 0;
  static constexpr std::uint32_t asleep = 1;
  static constexpr std::uint32_t permit = 2;

  /// An exchange, because another permit may be given at this moment: then either this takes that one too, and what was written
  /// before it is visible (acquire: pairs with the release in unpark()), or it stays stored. A store could wipe it out unseen.
  ParkResult take_permit() noexcept {
    state_.exchange(empty, std::memory_order_acquire);
    return ParkResult::woken;
  }

  typename Atomics::template Atomic<std::uint32_t> state_{empty};
};
using Parker = BasicParker<>;

} // namespace flowcoro
