#pragma once
/// The numbers of workers that a runtime is tested with.
#include "flowcoro/base/cpu.hpp"

#include <initializer_list>
#include <set>

namespace flowcoro::test {

/// One, few, one for each CPU, more than CPUs, and `more`.
[[nodiscard]] inline std::set<unsigned> worker_counts(std::initializer_list<unsigned> more = {}) {
  std::set<unsigned> counts{1, 2, 3, allowed_cpus(), 4 * allowed_cpus()};
  counts.insert(more);
  return counts;
}

} // namespace flowcoro::test
