// The folder of a run on disk, for reading: strict, and without changing a byte of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "calibration.hpp"
#include "run_file.hpp"
#include "trial.hpp"

namespace flowbench {

struct StoredRun {
  Json document; // run.json
  RunFile run;
  std::vector<Trial> trials;             // whole lines only
  std::uint64_t whole_bytes = 0;         // of trials.jsonl, up to the end of the last whole line
  std::string torn;                      // what a cut-off last line begins with; empty: none
  std::vector<Calibration> calibrations; // empty: the run has none
  std::string torn_calibration;          // as `torn`, of calibration.jsonl
  std::vector<std::string> errors;       // "trials.jsonl line 3: ..."; empty: the run keeps the contract
};

/// Reads run.json, trials.jsonl and, where there is one, calibration.jsonl. Throws UsageFailure when run.json cannot be used, since then nothing can be said about
/// the trials; what is wrong with single trials goes to `errors`.
[[nodiscard]] StoredRun read_run_folder(const std::filesystem::path& folder);

} // namespace flowbench
