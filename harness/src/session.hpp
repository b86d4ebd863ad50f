// The trials of a run, or of both arms of a pair, one after the other; each is kept before the next starts.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "arm.hpp"
#include "calibration.hpp"
#include "console.hpp"
#include "measure.hpp"
#include "resume.hpp"
#include "run_file.hpp"
#include "run_folder.hpp"

namespace flowbench {

class Session {
 public:
  /// Each arm has its folder in `folders`, at the same place. Everything referred to must outlive the session.
  Session(const Agenda& agenda, Conditions conditions, Executor& executor, StopSignals& signals,
          std::vector<RunFolder>& folders, ConsoleStyle style);

  /// Goes on behind trials of the first arm that are done; `created` (UTC, ISO 8601) is when the run began.
  void skip(TrialsDone done, const std::string& created);

  /// Lets the run be calibrated at its start, in its middle and at its end; `calibrations` outlives the session.
  void calibrate_with(CalibrationLog& calibrations) { calibrations_ = &calibrations; }

  /// Returns the signal that ended it early, or nothing when every trial is done. Throws Failure: what was finished before
  /// is on the disk.
  [[nodiscard]] std::optional<int> run();

  /// The last line of each finished trial of an arm, by number.
  [[nodiscard]] const std::map<std::uint64_t, Trial>& finished(std::size_t arm) const { return done_[arm].last; }
  [[nodiscard]] std::string summary(std::size_t arm) const;

 private:
  [[nodiscard]] bool is_done(std::size_t place) const;
  void run_trial(std::size_t place);
  [[nodiscard]] Measured attempt(const Arm& arm, const Case& one);
  [[nodiscard]] std::uint64_t since_start_ns() const;
  void keep(Measured measured, std::size_t place, std::uint64_t started_ns);

  const Agenda& agenda_;
  Conditions conditions_;
  Executor& executor_;
  StopSignals& signals_;
  std::vector<RunFolder>& folders_;
  CalibrationLog* calibrations_ = nullptr;
  Progress progress_;
  std::vector<TrialsDone> done_; // by arm
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace flowbench
