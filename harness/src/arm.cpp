#include "arm.hpp"

#include <algorithm>
#include <iostream>
#include <set>

#include "failure.hpp"
#include "selection.hpp"

namespace flowbench {
namespace {

void stop_if_asked(StopSignals& signals) {
  if (const std::optional<int> signal = signals.take()) {
    throw Failure(exit_signal_base + *signal, "interrupted before the first trial");
  }
}

} // namespace

std::string Agenda::label(std::size_t place) const {
  const std::string label = case_at(place).label();
  return arm(place).name.empty() ? label : arm(place).name + " " + label;
}

std::string Agenda::text() const {
  std::string text;
  for (std::size_t place = 0; place < turns_.size(); ++place) {
    const std::string& name = arm(place).name;
    text += std::to_string(turns_[place].trial) + "\t" + (name.empty() ? "" : name + "\t") +
            planned_text(arm(place).plan, turns_[place].trial) + "\n";
  }
  return text;
}

std::vector<Turn> turns_of(const Plan& plan) {
  std::vector<Turn> turns(plan.trials.size());
  for (std::size_t trial = 0; trial < turns.size(); ++trial) turns[trial].trial = trial;
  return turns;
}

void find_subjects(Arm& arm, const std::filesystem::path& folder, Executor& executor, StopSignals& signals,
                   const std::vector<int>& cpus) {
  for (const SubjectRow& row : selected_subjects(arm.options, arm.catalog)) {
    arm.subjects.push_back(locate_subject(row, folder));
    ask_subject(arm.subjects.back(), executor, cpus, arm.options.workers.front());
    stop_if_asked(signals);
  }
  arm.oracle = locate_subject(*arm.catalog.oracle(), folder);
}

Answers ask_for_answers(const Arm& arm, Executor& executor, StopSignals& signals, const Conditions& conditions) {
  const auto checks_itself = [](const Case& one) { return !one.benchmark.empty(); };
  if (std::all_of(arm.plan.cases.begin(), arm.plan.cases.end(), checks_itself)) return {};
  if (!arm.oracle.can_run()) {
    throw UsageFailure("the oracle " + arm.oracle.row.id +
                       " is not built, so no answer could be checked: " + arm.oracle.reason);
  }
  Answers answers;
  for (const Case& one : arm.plan.cases) {
    const Answers::key_type key{one.workload, one.tasks};
    if (checks_itself(one) || one.settled || answers.contains(key)) continue;
    answers[key] = ask_oracle(executor, arm.oracle, one.workload, one.tasks, one.workers, conditions);
    stop_if_asked(signals);
  }
  return answers;
}

TrialLimits limits_of(const PlanOptions& options) {
  return {.memory_bytes = options.memory_limit, .processes = options.process_limit};
}

Conditions conditions_for(const PlanOptions& options, const std::vector<int>& cpus) {
  return {.timeout = options.timeout,
          .cpus = options.affinity.empty() ? cpus : options.affinity,
          .seed = answer_seed(options.seed),
          .min_time = options.min_time,
          .tolerated = options.tolerated,
          .memory_limited = options.memory_limit.has_value()};
}

int exit_code(const Plan& plan, const std::map<std::uint64_t, Trial>& finished) {
  std::set<std::size_t> disturbed, measured;
  for (const auto& [number, trial] : finished) {
    if (is_failure(trial.status)) return exit_bad_result;
    const std::size_t index = plan.trials[number].case_index;
    if (trial.status == Status::contaminated) disturbed.insert(index);
    if (trial.status == Status::ok) measured.insert(index);
  }
  for (const std::size_t index : disturbed) {
    if (!measured.contains(index)) return exit_environment; // nothing of this case could be used
  }
  return exit_good;
}

void warn(const std::string& text) { std::cerr << "flowbench: warning: " << text << std::endl; }

void warn_about(const Arm& arm) {
  for (const Subject& subject : arm.subjects) {
    if (!subject.warning.empty()) warn((arm.name.empty() ? "" : arm.name + ": ") + subject.warning);
  }
}

} // namespace flowbench
