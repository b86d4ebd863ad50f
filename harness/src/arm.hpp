// One side of a measurement: what it measures, in which order, and the answers that it is held against.
// `run` has one arm, `pair` has two.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "catalog.hpp"
#include "executor/executor.hpp"
#include "measure.hpp"
#include "options.hpp"
#include "plan.hpp"
#include "run_file.hpp"
#include "subject.hpp"
#include "trial.hpp"

namespace flowbench {

struct Arm {
  std::string name; // base or candidate; empty: the only one
  PlanOptions options;
  Catalog catalog;
  std::vector<Subject> subjects; // those to measure
  Subject oracle;                // may be one of them
  Plan plan;
  Answers answers;
};

/// A trial of an arm: where it stands in that arm's plan.
struct Turn {
  std::size_t arm = 0;
  std::size_t trial = 0;
  bool operator==(const Turn&) const = default;
};

/// Which trial of which arm runs when. Refers to the arms, which must outlive it.
class Agenda {
 public:
  Agenda(const std::vector<Arm>& arms, std::vector<Turn> turns) : arms_(arms), turns_(std::move(turns)) {}

  [[nodiscard]] std::size_t size() const { return turns_.size(); }
  [[nodiscard]] const Turn& turn(std::size_t place) const { return turns_[place]; }
  [[nodiscard]] const std::vector<Arm>& arms() const { return arms_; }
  [[nodiscard]] const Arm& arm(std::size_t place) const { return arms_[turns_[place].arm]; }
  [[nodiscard]] const PlannedTrial& planned(std::size_t place) const {
    return arm(place).plan.trials[turns_[place].trial];
  }
  [[nodiscard]] const Case& case_at(std::size_t place) const {
    return arm(place).plan.cases[planned(place).case_index];
  }
  /// The case for people, behind the name of its arm where there are several.
  [[nodiscard]] std::string label(std::size_t place) const;

  /// The plan for people, one trial a line; the same text for the same plan.
  [[nodiscard]] std::string text() const;

 private:
  const std::vector<Arm>& arms_;
  std::vector<Turn> turns_;
};

/// The trials of one arm in the order of its plan.
[[nodiscard]] std::vector<Turn> turns_of(const Plan& plan);

/// Finds the subjects and the oracle of `arm` in `folder`, and asks the subjects what they can do. `arm` has its options and
/// catalog. Throws Failure when it is interrupted.
void find_subjects(Arm& arm, const std::filesystem::path& folder, Executor& executor, StopSignals& signals,
                   const std::vector<int>& cpus);

/// Asks the oracle for the answers that the plan needs. Throws Failure when there is one that it does not give.
[[nodiscard]] Answers ask_for_answers(const Arm& arm, Executor& executor, StopSignals& signals,
                                      const Conditions& conditions);

[[nodiscard]] TrialLimits limits_of(const PlanOptions& options);

/// What every trial has in common, by options that have their defaults filled in. `cpus` are those of this process.
[[nodiscard]] Conditions conditions_for(const PlanOptions& options, const std::vector<int>& cpus);

/// The exit code for trials that are finished, by number: a failed case counts before one that was always disturbed.
[[nodiscard]] int exit_code(const Plan& plan, const std::map<std::uint64_t, Trial>& finished);

void warn(const std::string& text);

/// About subjects that broke the contract when they were asked what they can do.
void warn_about(const Arm& arm);

} // namespace flowbench
