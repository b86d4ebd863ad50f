// run.json: what a run is going to do and where, written before its first trial.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catalog.hpp"
#include "environment.hpp"
#include "plan.hpp"
#include "strict_json.hpp"
#include "subject.hpp"

namespace flowbench {

/// The oracle's answer for each workload and number of tasks.
using Answers = std::map<std::pair<std::string, std::uint64_t>, std::uint64_t>;

/// What makes a run one half of a pair.
struct PairArm {
  std::string id; // the same in both halves
  std::string arm;
  std::string title; // for people; empty: none
};

/// What names a run and says how it came about.
struct RunIdentity {
  std::string id;
  std::string created; // UTC, ISO 8601
  std::vector<std::string> command;
  std::optional<PairArm> pair;
};

/// The whole document. `subjects` are those of the plan, in its order.
[[nodiscard]] Json make_run_json(const RunIdentity& identity, const Plan& plan, const Answers& answers,
                                 const std::vector<Subject>& subjects, const Catalog& catalog,
                                 const Environment& environment);

/// What a reader of a run needs from the document.
struct RunFile {
  struct CaseKey {
    std::string subject, workload;
    std::uint64_t tasks = 0, workers = 0;
    auto operator<=>(const CaseKey&) const = default;
  };
  std::string id, created;
  std::vector<std::string> command;
  std::uint64_t planned_trials = 0;
  std::map<CaseKey, std::uint64_t> phases_of_case;
  std::set<std::pair<std::string, std::string>> benchmarks; // planned [subject, benchmark]
  Answers answers;
  std::optional<PairArm> pair;
};

/// Checks every key of the contract. Throws FieldError that names the place.
[[nodiscard]] RunFile read_run(const Json& document);

/// Where two documents plan something else: "subjects: flowcoro: sha256 differs"; empty when one can go on with the other.
[[nodiscard]] std::string find_plan_difference(const Json& stored, const Json& now);

} // namespace flowbench
