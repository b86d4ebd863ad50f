// The one registry of subjects and workloads, catalog.json, and manifests of subjects from elsewhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "anchors.hpp"
#include "records.hpp"

namespace flowbench {

/// A histogram that must come. Of as many tasks one after the other as all histograms of the workload have parts, it counts
/// `parts`; a single one counts every task.
struct HistogramRule {
  std::string of;
  std::uint64_t parts = 1;

  bool operator==(const HistogramRule&) const = default;
};

/// What a workload's samples must show besides the right answer.
struct Rules {
  bool all_in_flight = false;            // max_in_flight of each sample is the number of tasks
  std::vector<HistogramRule> histograms; // together they cover every task of every sample
  std::vector<std::pair<std::uint64_t, std::uint64_t>> min_wall_ns; // [from this many tasks, least wall_ns], rising

  std::uint64_t most_in_flight = 0; // max_in_flight of each sample is at most this; 0: no limit

  [[nodiscard]] std::uint64_t least_wall_ns(std::uint64_t tasks) const;
  bool operator==(const Rules&) const = default;
};

struct Workload {
  std::string id, title, task, holds, answer;
  Rules rules;
};

/// Fewer repetitions for the slow cases of a subject.
struct Budget {
  std::uint64_t min_tasks = 0;
  std::vector<std::string> workloads; // empty: all
  std::uint32_t rounds = 0;
  std::uint32_t phases = 0;
  std::string why;

  [[nodiscard]] bool covers(const std::string& workload, std::uint64_t tasks) const;
};

/// What a manifest says about a Google Benchmark binary, which cannot describe itself.
struct GoogleBenchmark {
  std::string version; // empty: not said
  std::optional<Build> build;
  std::vector<Anchor> anchors;
  bool allow_debug_library = false; // its times count though the library calls itself a debug build
};

struct SubjectRow {
  std::string id, title, language, note;
  bool reference = false;
  bool baseline = false;
  bool oracle = false;
  bool control = false; // a gate measures it on both sides to see what does not come from the change
  std::vector<Budget> budget;
  std::vector<std::string> command; // from a manifest; empty for subjects of the catalog
  bool external = false;
  std::optional<GoogleBenchmark> google_benchmark; // what it is; nothing: it speaks the contract
};

struct Catalog {
  std::vector<std::uint64_t> tasks;
  std::vector<Workload> workloads;
  std::vector<SubjectRow> subjects;
  std::string sha256;

  [[nodiscard]] const Workload* workload(const std::string& id) const;
  [[nodiscard]] const SubjectRow* oracle() const;
  [[nodiscard]] std::vector<std::string> subject_ids() const;
  [[nodiscard]] std::vector<std::string> workload_ids() const;
};

/// The key by which two rows of one workload ask for different work: task, holds, answer or rules; empty when none does.
[[nodiscard]] std::string find_difference(const Workload& a, const Workload& b);

/// Throws UsageFailure that names the file and what is wrong in it.
[[nodiscard]] Catalog load_catalog(const std::filesystem::path& file);

/// A subject from outside the repository. A relative first word with a '/' in it starts from the manifest's folder.
/// Throws UsageFailure that names the file and what is wrong in it.
[[nodiscard]] SubjectRow load_manifest(const std::filesystem::path& file);

} // namespace flowbench
