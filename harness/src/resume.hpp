// Going on with an interrupted run: which options it had, and which of its trials are done.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <vector>

#include "options.hpp"
#include "read_run_folder.hpp"

namespace flowbench {

/// The trials of a stored run by what they still need.
struct TrialsDone {
  std::map<std::uint64_t, Trial> last;        // the last line of each trial
  std::map<std::uint64_t, unsigned> attempts; // lines of each trial that say contaminated
  unsigned most_attempts = 3;                 // of a trial that is disturbed each time
  [[nodiscard]] bool is_done(std::uint64_t trial) const;
};

[[nodiscard]] TrialsDone trials_done(const std::vector<Trial>& trials);

/// The stored options with those that were typed now on top. Throws UsageFailure.
[[nodiscard]] RunOptions resumed_options(const StoredRun& stored, const RunOptions& typed);

/// Throws UsageFailure that says what differs, unless `now` plans exactly what `stored` does.
void expect_same_plan(const Json& stored, const Json& now, const std::filesystem::path& folder);

} // namespace flowbench
