#include "resume.hpp"

#include "cli.hpp"
#include "failure.hpp"

namespace flowbench {

bool TrialsDone::is_done(std::uint64_t trial) const {
  const auto line = last.find(trial);
  if (line == last.end() || line->second.status == Status::cancelled) return false;
  const auto count = attempts.find(trial);
  return !is_retried(line->second.status) || (count != attempts.end() && count->second >= most_attempts);
}

TrialsDone trials_done(const std::vector<Trial>& trials) {
  TrialsDone done;
  for (const Trial& trial : trials) {
    if (is_retried(trial.status)) ++done.attempts[trial.trial];
    done.last.insert_or_assign(trial.trial, trial);
  }
  return done;
}

RunOptions resumed_options(const StoredRun& stored, const RunOptions& typed) {
  std::vector<std::string> arguments(std::next(stored.run.command.begin()), stored.run.command.end());
  if (stored.run.pair) {
    throw UsageFailure("cannot go on with one arm of a pair: both have to be measured together; start a new pair");
  }
  if (arguments.empty() || arguments[0] != "run") throw UsageFailure("run.json: 'command' is not a flowbench run");
  arguments.insert(arguments.end(), typed.arguments.begin(), typed.arguments.end());
  return std::get<RunOptions>(parse_command_line(std::move(arguments)));
}

void expect_same_plan(const Json& stored, const Json& now, const std::filesystem::path& folder) {
  const std::string difference = find_plan_difference(stored, now);
  if (difference.empty()) return;
  throw UsageFailure("cannot go on with " + folder.string() + ", its plan is another one (" + difference +
                     "); start a new run");
}

} // namespace flowbench
