#include "validate.hpp"

#include <ostream>

#include "failure.hpp"
#include "read_run_folder.hpp"
#include "run_folder.hpp"

namespace flowbench {

int validate_run(const ValidateOptions& options, const fs::path& results, std::ostream& out, std::ostream& err) {
  const fs::path folder = find_run(results, options.run);
  const StoredRun stored = read_run_folder(folder);
  const auto warn_if_torn = [&](const char* file, const std::string& torn) {
    if (torn.empty()) return;
    err << "flowbench: warning: the last line of " << (folder / file).string() << " is cut off and not counted ("
        << torn << ")\n";
  };
  warn_if_torn(trials_file_name, stored.torn);
  warn_if_torn(calibration_file_name, stored.torn_calibration);
  constexpr std::size_t most_shown = 20;
  for (std::size_t i = 0; i < stored.errors.size() && i < most_shown; ++i) {
    err << "flowbench: " << folder.string() << "/" << stored.errors[i] << "\n";
  }
  if (stored.errors.size() > most_shown) err << "flowbench: and " << stored.errors.size() - most_shown << " more\n";
  if (!stored.errors.empty()) return exit_usage;

  std::set<std::uint64_t> finished;
  for (const Trial& trial : stored.trials) {
    if (trial.status != Status::cancelled) finished.insert(trial.trial);
  }
  out << folder.string() << ": valid, " << finished.size() << " of " << stored.run.planned_trials
      << " trials finished\n";
  return exit_good;
}

} // namespace flowbench
