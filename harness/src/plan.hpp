// Which trials to run, in which order: a pure function of the options, the catalog and what the subjects can do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalog.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "status.hpp"
#include "strict_json.hpp"
#include "subject.hpp"

namespace flowbench {

struct Case {
  std::string subject, workload;
  std::string benchmark; // of a Google Benchmark binary, in the place of workload, tasks and phases; empty: a workload
  std::uint64_t tasks = 0;
  std::uint64_t workers = 0;
  std::uint32_t rounds = 0;
  std::uint32_t phases = 0;
  std::string why; // why rounds or phases are fewer than asked, or why it is settled

  /// Known without starting a process: unsupported, not_built or launch_failed. One trial stands for all of them.
  std::optional<Status> settled;

  /// subject/workload/tasks, with the workers when a plan has several; or subject/benchmark.
  [[nodiscard]] std::string label() const;
  /// The same without the workers: what --filter is held against.
  [[nodiscard]] std::string path() const;
  bool several_workers = false;
};

/// In the place of a name, where the names of a subject's benchmarks could not be had.
inline constexpr const char* all_benchmarks = "*";

struct PlannedTrial {
  std::size_t case_index = 0;
  std::uint32_t round = 0;
  std::uint32_t order = 0; // place within the round
  bool warmup = false;
};

struct Plan {
  PlanOptions options;
  std::vector<Case> cases;
  std::vector<PlannedTrial> trials; // a trial's number is its index
};

/// The cases that the options ask for. `options` has its defaults filled in; `subjects` are those to measure, in the order of
/// the catalog. Throws UsageFailure when the filter is no regular expression.
[[nodiscard]] std::vector<Case> make_cases(const PlanOptions& options, const Catalog& catalog,
                                           const std::vector<Subject>& subjects);

/// The trials of cases that are not settled: the warm-up rounds, then the rounds; every case stands once in each of its rounds.
[[nodiscard]] std::vector<PlannedTrial> order_trials(const PlanOptions& options, const std::vector<Case>& cases);

/// One trial for each settled case.
[[nodiscard]] std::vector<PlannedTrial> settled_trials(const std::vector<Case>& cases);

/// make_cases(): the settled ones first, then the others as order_trials() says.
/// Throws UsageFailure when nothing is left to do, too.
[[nodiscard]] Plan make_plan(const PlanOptions& options, const Catalog& catalog, const std::vector<Subject>& subjects);

/// For a filter that leaves no case, with an example of what it could match.
[[nodiscard]] UsageFailure no_case_matches(const PlanOptions& options, const Catalog& catalog);

/// The rounds, out of `all`, that a case with `wanted` of them takes part in: spread evenly over the run.
[[nodiscard]] std::vector<std::uint32_t> spread_rounds(std::uint32_t wanted, std::uint32_t all);

/// The seed for the subjects. It follows from the seed of the order, so that one number repeats a run.
[[nodiscard]] std::uint64_t answer_seed(std::uint64_t seed);

/// `plan` of run.json.
[[nodiscard]] Json to_json(const Plan& plan);

/// A trial for people: its round, its case and how much of it, with tabs between them.
[[nodiscard]] std::string planned_text(const Plan& plan, std::size_t trial);

} // namespace flowbench
