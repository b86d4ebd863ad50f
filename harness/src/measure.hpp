// One trial from start to state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "disturbance.hpp"
#include "executor/executor.hpp"
#include "plan.hpp"
#include "subject.hpp"
#include "trial.hpp"

namespace flowbench {

/// What every trial of a run has in common.
struct Conditions {
  std::chrono::milliseconds timeout{60'000};
  std::vector<int> cpus;                   // never empty
  std::uint64_t seed = 0;                  // given to the subjects
  std::chrono::milliseconds min_time{100}; // of a benchmark
  Tolerated tolerated{};                   // disturbances that do not contaminate
  bool memory_limited = false;
};

struct Measured {
  Trial trial;     // number, round, order, start and log are the caller's to fill in
  std::string log; // what it printed; empty when nothing
};

/// Runs a case once and judges it; an undisturbed ok stays ok, a disturbed one becomes contaminated. `options` are optional
/// ones of the contract, with their values.
[[nodiscard]] Measured measure(Executor& executor, const Subject& subject, const Case& one, const Rules& rules,
                               std::uint64_t answer, const Conditions& conditions,
                               const std::vector<std::string>& options = {});

/// The same of a case of a Google Benchmark binary, which checks its answers itself.
[[nodiscard]] Measured measure_benchmark(Executor& executor, const Subject& subject, const Case& one,
                                         const Conditions& conditions);

/// The trial of a settled case: nothing is started.
[[nodiscard]] Trial settled_trial(const Case& one);

/// Asks the oracle for the answer of a workload; reads the `answer` of a run without samples.
/// Throws Failure when it gives none.
[[nodiscard]] std::uint64_t ask_oracle(Executor& executor, const Subject& oracle, const std::string& workload,
                                       std::uint64_t tasks, std::uint64_t workers, const Conditions& conditions);

} // namespace flowbench
