#include "read_run_folder.hpp"

#include <map>

#include "failure.hpp"
#include "fields.hpp"
#include "files.hpp"
#include "record_crc.hpp"
#include "run_folder.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

constexpr std::size_t largest_run_file = 64U << 20U;
constexpr std::size_t largest_trials_file = 1U << 30U;

std::string read_file(const fs::path& file, std::size_t most) {
  FileText content = read_regular_file(file, most, Links::refused);
  if (!content.error.empty()) throw UsageFailure("cannot read " + file.string() + ": " + content.error);
  return std::move(content.text);
}

// Holds each line against run.json and the lines before it.
class TrialCheck {
 public:
  explicit TrialCheck(const RunFile& run) : run_(run) {}

  // Throws FieldError.
  void operator()(const Trial& trial) {
    if (trial.trial >= run_.planned_trials) {
      throw FieldError("'trial' is " + std::to_string(trial.trial) + ", and the plan has " +
                       std::to_string(run_.planned_trials) + " trials");
    }
    if (trial.benchmark.empty()) {
      check_work(trial);
    } else if (!run_.benchmarks.contains({trial.subject, trial.benchmark})) {
      throw FieldError("its benchmark is not in the plan of run.json");
    }
    const auto [earlier, is_first] = last_status_.try_emplace(trial.trial, trial.status);
    if (!is_first && !is_repeated(earlier->second)) {
      throw FieldError("trial " + std::to_string(trial.trial) + " was finished by an earlier line (" +
                       std::string(name(earlier->second)) + ")");
    }
    earlier->second = trial.status;
  }

 private:
  void check_work(const Trial& trial) const {
    const auto planned = run_.phases_of_case.find({trial.subject, trial.workload, trial.tasks, trial.workers});
    if (planned == run_.phases_of_case.end()) throw FieldError("its case is not in the plan of run.json");
    if (trial.phases != planned->second) throw FieldError("'phases' is not what the plan says");
    if (trial.status != Status::ok) return;
    if (trial.done->completed != trial.tasks) throw FieldError("'completed' is not 'tasks' though the status is ok");
    const auto answer = run_.answers.find({trial.workload, trial.tasks});
    if (answer == run_.answers.end()) throw FieldError("run.json has no answer for it though the status is ok");
    if (answer->second != trial.done->answer) throw FieldError("'answer' is not the oracle's though the status is ok");
  }

  const RunFile& run_;
  std::map<std::uint64_t, Status> last_status_;
};

Json parse_line(std::string_view line) {
  ParsedJson parsed = parse_strict(line);
  if (!parsed.error.empty()) throw FieldError(parsed.error);
  return std::move(parsed.value);
}

// Runs `read` for each whole line and keeps what is wrong with it; returns what a cut-off last line begins with.
template <typename Read>
std::string read_lines(const char* file, std::string_view text, std::vector<std::string>& errors, Read read) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      const std::string torn = one_line(text, 60);
      return torn.empty() ? "blank" : torn;
    }
    try {
      read(text.substr(0, end));
    } catch (const FieldError& error) {
      errors.push_back(std::string(file) + " line " + std::to_string(number) + ": " + error.what());
    }
    text.remove_prefix(end + 1);
  }
  return {};
}

void read_trials(std::string_view text, StoredRun& stored) {
  CrcCheck check_crc;
  TrialCheck check(stored.run);
  stored.torn = read_lines(trials_file_name, text, stored.errors, [&](std::string_view line) {
    check_crc(line); // first: what else is wrong with a damaged line is of no interest
    Trial trial = read_trial(parse_line(line));
    check(trial);
    stored.trials.push_back(std::move(trial));
  });
  const std::size_t newline = text.rfind('\n');
  stored.whole_bytes = newline == std::string_view::npos ? 0 : newline + 1;
}

void read_calibrations(std::string_view text, StoredRun& stored) {
  stored.torn_calibration = read_lines(calibration_file_name, text, stored.errors, [&](std::string_view line) {
    stored.calibrations.push_back(read_calibration(parse_line(line)));
  });
}

} // namespace

StoredRun read_run_folder(const fs::path& folder) {
  StoredRun stored;
  const fs::path run_file = folder / run_file_name;
  ParsedJson parsed = parse_strict(read_file(run_file, largest_run_file));
  if (!parsed.error.empty()) throw UsageFailure(run_file.string() + ": " + parsed.error);
  try {
    stored.run = read_run(parsed.value);
  } catch (const FieldError& error) {
    throw UsageFailure(run_file.string() + ": " + error.what());
  }
  stored.document = std::move(parsed.value);
  read_trials(read_file(folder / trials_file_name, largest_trials_file), stored);
  if (fs::exists(folder / calibration_file_name)) {
    read_calibrations(read_file(folder / calibration_file_name, largest_run_file), stored);
  }
  return stored;
}

} // namespace flowbench
