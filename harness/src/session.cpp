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

Session::Session(const Plan& plan, const Catalog& catalog, const std::vector<Subject>& subjects, const Answers& answers,
                 Conditions conditions, Executor& executor, StopSignals& signals, RunFolder& folder, ConsoleStyle style)
    : plan_(plan),
      catalog_(catalog),
      subjects_(subjects),
      answers_(answers),
      conditions_(std::move(conditions)),
      executor_(executor),
      signals_(signals),
      folder_(folder),
      progress_(plan, style, std::cerr) {}

void Session::skip(TrialsDone done, const std::string& created) {
  done_ = std::move(done);
  start_ -= time_since(created);
}

std::optional<int> Session::run() {
  for (std::size_t number = 0; number < plan_.trials.size(); ++number) {
    if (signals_.received() || signals_.take()) break;
    if (done_.is_done(number)) continue;
    run_trial(number);
  }
  progress_.end();
  if (!signals_.received()) return std::nullopt;
  // An interrupted trial is in the file as cancelled, and is none of those that are finished.
  std::erase_if(done_.last, [](const auto& entry) { return entry.second.status == Status::cancelled; });
  return signals_.received();
}

void Session::run_trial(std::size_t number) {
  const Case& one = plan_.cases[plan_.trials[number].case_index];
  while (!done_.is_done(number) && !signals_.received()) {
    progress_.starting(number, Progress::Clock::now());
    const std::uint64_t started = since_start_ns();
    keep(one.settled ? Measured{settled_trial(one), {}} : attempt(one), number, started);
  }
}

Measured Session::attempt(const Case& one) {
  const Subject& subject = find_subject(subjects_, one.subject);
  if (!one.benchmark.empty()) return measure_benchmark(executor_, subject, one, conditions_);
  return measure(executor_, subject, one, catalog_.workload(one.workload)->rules,
                 answers_.at({one.workload, one.tasks}), conditions_);
}

void Session::keep(Measured measured, std::size_t number, std::uint64_t started_ns) {
  const PlannedTrial& planned = plan_.trials[number];
  Trial& trial = measured.trial;
  trial.trial = number;
  trial.round = planned.round;
  trial.order = planned.order;
  trial.warmup = planned.warmup;
  trial.started_ns = started_ns;
  const unsigned earlier = done_.attempts[number];
  if (trial.status != Status::ok && !measured.log.empty()) {
    const std::string name = std::to_string(number) + (earlier > 0 ? "-" + std::to_string(earlier + 1) : "");
    trial.log = folder_.save_log(name, measured.log);
  }
  folder_.append(to_json(trial));
  if (trial.status == Status::contaminated) ++done_.attempts[number];
  progress_.finished(trial, planned.case_index);
  done_.last.insert_or_assign(number, std::move(trial));
}

std::uint64_t Session::since_start_ns() const {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start_).count());
}

std::string Session::summary() const {
  std::vector<Trial> trials;
  for (const auto& [number, trial] : done_.last) trials.push_back(trial);
  return summary_text(plan_, trials);
}

} // namespace flowbench
