// A subject on this machine: where its executable is, and what it says it can do.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "catalog.hpp"
#include "executor/executor.hpp"
#include "google_benchmark.hpp"
#include "records.hpp"
#include "status.hpp"

namespace flowbench {

/// Which file a path names; changes when the file is replaced or written to.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t changed_ns = 0;
  bool operator==(const FileIdentity&) const = default;
};

[[nodiscard]] std::optional<FileIdentity> file_identity(const std::filesystem::path& file);

struct Subject {
  SubjectRow row;
  std::vector<std::string> command; // the first word is the path of an executable, when `trouble` is not set
  std::optional<FileIdentity> identity;
  std::optional<std::string> sha256;
  std::optional<Description> description;  // its answer to --describe
  std::vector<ListedBenchmark> benchmarks; // of a Google Benchmark binary, which is not asked to describe itself

  /// Why no case of it can run: not_built, launch_failed for one from outside the repository, or why its benchmarks could not be
  /// listed.
  std::optional<Status> trouble;
  std::string reason;  // one line, for `trouble`
  std::string warning; // it can run, but its --describe broke the contract

  [[nodiscard]] bool can_run() const { return !trouble.has_value(); }
  [[nodiscard]] std::optional<std::string> why_unsupported(const std::string& workload) const;
  /// How its way of doing a workload is not quite the work that is asked for, by its own word.
  [[nodiscard]] std::optional<std::string> why_unlike(const std::string& workload) const;
  /// Whether it announced an optional option of a call, such as "trace".
  [[nodiscard]] bool takes_option(const std::string& option) const;
};

/// Finds the executable: `<id>` in `folder` for a subject of the catalog (`<id>.not_built` beside it holds the reason why
/// it is not there), the command of its manifest for another.
[[nodiscard]] Subject locate_subject(const SubjectRow& row, const std::filesystem::path& folder);

/// Asks a located subject what it is and can do, or which benchmarks it has. `cpus` as in Launch.
void ask_subject(Subject& subject, Executor& executor, const std::vector<int>& cpus, std::uint64_t workers);

} // namespace flowbench
