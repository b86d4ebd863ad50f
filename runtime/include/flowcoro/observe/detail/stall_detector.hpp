#pragma once
/// Which turns of workers last too long: a look at them now and then, by any clock.
#include "flowcoro/base/time.hpp"
#include "flowcoro/sched/runtime.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace flowcoro::detail {

/// Threads: one at a time.
class StallDetector {
 public:
  StallDetector(std::size_t workers, Nanoseconds limit) : limit_{limit}, seen_(workers) {}

  /// \return true at the first look at which the turn is known to have lasted for the limit: once for each turn.
  [[nodiscard]] bool look(std::size_t worker, const WorkerTurn& turn, SteadyTime now) {
    Seen& seen = seen_[worker];
    if (turn.coroutine == nullptr || turn.turn != seen.turn || !seen.runs) {
      seen = {.turn = turn.turn, .since = now, .runs = turn.coroutine != nullptr, .told = false};
      return false;
    }
    if (seen.told || now - seen.since < limit_) return false;
    seen.told = true;
    return true;
  }
  /// How long the turn has lasted at least, as of the last look() at the worker.
  [[nodiscard]] Nanoseconds lasted(std::size_t worker, SteadyTime now) const noexcept {
    return now - seen_[worker].since;
  }

 private:
  struct Seen {
    std::uint64_t turn = 0;
    SteadyTime since{};
    bool runs = false;
    bool told = false;
  };
  Nanoseconds limit_;
  std::vector<Seen> seen_;
};

} // namespace flowcoro::detail
