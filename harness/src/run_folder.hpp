// The folder of a run on disk, for writing. Every finished trial is there before the next one starts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "files.hpp"
#include "strict_json.hpp"

namespace flowbench {

inline constexpr const char* run_file_name = "run.json";
inline constexpr const char* trials_file_name = "trials.jsonl";

/// Keeps two harnesses from measuring at once: a lock on `.lock` in the folder of results, gone with its owner.
class ResultsLock {
 public:
  /// Makes the folder if need be. Throws BusyFailure with the holder's pid when another flowbench measures,
  /// WriteFailure when the folder cannot be made.
  explicit ResultsLock(const fs::path& results);

 private:
  FileDescriptor file_;
};

/// All members throw WriteFailure; what was written before stays.
class RunFolder {
 public:
  /// A new folder; `path` must not exist or be empty.
  [[nodiscard]] static RunFolder create(const fs::path& path);

  /// The folder of an earlier run, to go on with: whole trials are kept, `keep_bytes` of trials.jsonl in all.
  [[nodiscard]] static RunFolder reopen(const fs::path& path, std::uint64_t keep_bytes);

  /// run.json, in place at once or not at all.
  void write_run(const Json& document);

  /// One line of trials.jsonl, on the disk when the call returns; a line that fits only in part is taken back.
  void append(const Json& trial);

  /// Keeps what a trial printed; returns the path below the folder.
  [[nodiscard]] std::string save_log(const std::string& name, std::string_view text);

  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  explicit RunFolder(fs::path path) : path_(std::move(path)) {}
  void open_trials(int flags);

  fs::path path_;
  FileDescriptor trials_;
};

/// A name for a new run in `results` that is not taken: the UTC time, "20260131-235959".
[[nodiscard]] std::string new_run_id(const fs::path& results);

/// Now in UTC, ISO 8601.
[[nodiscard]] std::string utc_now();

/// Lets `results/latest` point to the run.
void point_latest(const fs::path& results, const fs::path& run);

/// The folder that the user means: 'latest' is the newest run in `results`. Throws UsageFailure when it is not there.
[[nodiscard]] fs::path find_run(const fs::path& results, const fs::path& named);

} // namespace flowbench
