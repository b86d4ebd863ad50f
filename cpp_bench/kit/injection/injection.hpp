#pragma once
// Makes a workload worse by a known amount: what the self-test of the gate must find. No normal subject links it.

#include <cstdint>

#include "flowbench_kit/subject.hpp"

namespace flowbench::injection {

/// By how much, in percent of what the workload took by itself.
struct Amount {
  std::uint64_t time_percent;
  std::uint64_t bytes_percent;
};

/// Runs the workload; then keeps this thread busy for a part of the time that it took, and raises the peak of resident
/// memory by a part of what it took. Memory only where `is_first`: the phases after it inherit the peak.
/// \throws what the workload throws; std::bad_alloc
[[nodiscard]] Outcome run_worse(WorkloadFunction run, Runtime& runtime, const Phase& phase, Amount amount,
                                bool is_first);

} // namespace flowbench::injection
