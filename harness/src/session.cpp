#include "session.hpp"

#include <ctime>
#include <iostream>

namespace flowbench {
namespace {

// How long ago a time of the form 2026-01-31T23:59:59Z was; zero when it lies ahead.
std::chrono::seconds time_since(const std::string& utc) {
  std::tm parts{};
  if (strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return std::chrono::seconds(0);
  return std::chrono::seconds(std::max<std::time_t>(0, std::time(nullptr) - timegm(&parts)));
}

const Subject& find_subject(const std::vector<Subject>& subjects, const std::string& id) {
  for (const Subject& subject : subjects) {
    if (subject.row.id == id) return subject;
  }
  throw std::logic_error("a case of the plan without its subject: " + id);
}

} // namespace

Session::Session(const Agenda& agenda, Conditions conditions, Executor& executor, StopSignals& signals,
                 std::vector<RunFolder>& folders, ConsoleStyle style)
    : agenda_(agenda),
      conditions_(std::move(conditions)),
      executor_(executor),
      signals_(signals),
      folders_(folders),
      progress_(agenda, style, std::cerr),
      done_(agenda.arms().size()) {
  for (std::size_t arm = 0; arm < done_.size(); ++arm) {
    done_[arm].most_attempts = agenda.arms()[arm].plan.options.retries + 1;
  }
}

void Session::skip(TrialsDone done, const std::string& created) {
  done.most_attempts = done_.front().most_attempts;
  done_.front() = std::move(done);
  start_ -= time_since(created);
}

std::optional<int> Session::run() {
  for (std::size_t place = 0; place < agenda_.size(); ++place) {
    if (signals_.received() || signals_.take()) break;
    if (is_done(place)) continue;
    if (calibrations_ != nullptr) calibrations_->before_trial(place, agenda_.size(), since_start_ns());
    run_trial(place);
  }
  progress_.end();
  if (!signals_.received()) {
    if (calibrations_ != nullptr) calibrations_->at_end(since_start_ns());
    return std::nullopt;
  }
  // An interrupted trial is in the file as cancelled, and is none of those that are finished.
  for (TrialsDone& done : done_) {
    std::erase_if(done.last, [](const auto& entry) { return entry.second.status == Status::cancelled; });
  }
  return signals_.received();
}

bool Session::is_done(std::size_t place) const {
  const Turn& turn = agenda_.turn(place);
  return done_[turn.arm].is_done(turn.trial);
}

void Session::run_trial(std::size_t place) {
  const Case& one = agenda_.case_at(place);
  while (!is_done(place) && !signals_.received()) {
    progress_.starting(place, Progress::Clock::now());
    const std::uint64_t started = since_start_ns();
    keep(one.settled ? Measured{settled_trial(one), {}} : attempt(agenda_.arm(place), one), place, started);
  }
}

Measured Session::attempt(const Arm& arm, const Case& one) {
  const Subject& subject = find_subject(arm.subjects, one.subject);
  if (!one.benchmark.empty()) return measure_benchmark(executor_, subject, one, conditions_);
  return measure(executor_, subject, one, arm.catalog.workload(one.workload)->rules,
                 arm.answers.at({one.workload, one.tasks}), conditions_);
}

void Session::keep(Measured measured, std::size_t place, std::uint64_t started_ns) {
  const auto [arm, number] = agenda_.turn(place);
  const PlannedTrial& planned = agenda_.planned(place);
  TrialsDone& done = done_[arm];
  Trial& trial = measured.trial;
  trial.trial = number;
  trial.round = planned.round;
  trial.order = planned.order;
  trial.warmup = planned.warmup;
  trial.started_ns = started_ns;
  const unsigned earlier = done.attempts[number];
  if (trial.status != Status::ok && !measured.log.empty()) {
    const std::string name = std::to_string(number) + (earlier > 0 ? "-" + std::to_string(earlier + 1) : "");
    trial.log = folders_[arm].save_log(name, measured.log);
  }
  folders_[arm].append(to_json(trial));
  if (is_retried(trial.status)) ++done.attempts[number];
  progress_.finished(trial, place);
  done.last.insert_or_assign(number, std::move(trial));
}

std::uint64_t Session::since_start_ns() const {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start_).count());
}

std::string Session::summary(std::size_t arm) const {
  std::vector<Trial> trials;
  for (const auto& [number, trial] : finished(arm)) trials.push_back(trial);
  return summary_text(agenda_.arms()[arm].plan, trials);
}

} // namespace flowbench
