// The trials of one run, one after the other, each kept before the next starts.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "console.hpp"
#include "measure.hpp"
#include "resume.hpp"
#include "run_file.hpp"
#include "run_folder.hpp"

namespace flowbench {

class Session {
 public:
  /// Everything referred to must outlive the session.
  Session(const Plan& plan, const Catalog& catalog, const std::vector<Subject>& subjects, const Answers& answers,
          Conditions conditions, Executor& executor, StopSignals& signals, RunFolder& folder, ConsoleStyle style);

  /// Goes on behind trials that are done; `created` (UTC, ISO 8601) is when the run began.
  void skip(TrialsDone done, const std::string& created);

  /// Returns the signal that ended it early, or nothing when every trial is done. Throws Failure: what was finished before
  /// is on the disk.
  [[nodiscard]] std::optional<int> run();

  /// The last line of each finished trial, by number.
  [[nodiscard]] const std::map<std::uint64_t, Trial>& finished() const { return done_.last; }
  [[nodiscard]] std::string summary() const;

 private:
  void run_trial(std::size_t number);
  [[nodiscard]] Measured attempt(const Case& one);
  [[nodiscard]] std::uint64_t since_start_ns() const;
  void keep(Measured measured, std::size_t number, std::uint64_t started_ns);

  const Plan& plan_;
  const Catalog& catalog_;
  const std::vector<Subject>& subjects_;
  const Answers& answers_;
  Conditions conditions_;
  Executor& executor_;
  StopSignals& signals_;
  RunFolder& folder_;
  Progress progress_;
  TrialsDone done_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace flowbench
