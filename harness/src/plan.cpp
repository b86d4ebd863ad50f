#include "plan.hpp"

#include <algorithm>
#include <regex>
#include <tuple>

#include "failure.hpp"
#include "mix.hpp"
#include "numbers.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

std::regex compile_filter(const std::string& filter) {
  try {
    return std::regex(filter);
  } catch (const std::regex_error& error) {
    throw UsageFailure("--filter '" + one_line(filter, 64) + "' is not a regular expression: " + error.what());
  }
}

void apply_budget(Case& one, const SubjectRow& row) {
  for (const Budget& budget : row.budget) {
    if (!budget.covers(one.workload, one.tasks)) continue;
    if (budget.rounds >= one.rounds && budget.phases >= one.phases) continue;
    one.rounds = std::min(one.rounds, budget.rounds);
    one.phases = std::min(one.phases, budget.phases);
    one.why = budget.why;
  }
}

void settle(Case& one, const Subject& subject) {
  if (subject.trouble) {
    one.settled = subject.trouble;
    one.why = subject.reason;
  } else if (const std::optional<std::string> why = subject.why_unsupported(one.workload)) {
    one.settled = Status::unsupported;
    one.why = *why;
  }
  if (one.settled) one.rounds = 1;
}

bool asked_for(const std::vector<std::string>& ids, const std::string& id) {
  return ids.empty() || std::find(ids.begin(), ids.end(), id) != ids.end();
}

// A Google Benchmark binary has cases of its own: it takes no workload, and each benchmark chooses its threads.
void add_benchmark_cases(const PlanOptions& options, const Subject& subject, std::vector<Case>& cases) {
  std::vector<ListedBenchmark> benchmarks = subject.benchmarks;
  if (subject.trouble) benchmarks = {{all_benchmarks, subject.reason}};
  for (ListedBenchmark& benchmark : benchmarks) {
    Case one;
    one.subject = subject.row.id;
    one.benchmark = std::move(benchmark.name);
    one.workers = options.workers.front();
    one.rounds = options.rounds;
    if (!benchmark.trouble.empty()) {
      one.settled = subject.trouble.value_or(Status::protocol_error);
      one.why = std::move(benchmark.trouble);
      one.rounds = 1;
    }
    cases.push_back(std::move(one));
  }
}

// Each round has a generator of its own: its order does not depend on the rounds before it.
void add_round(const PlanOptions& options, std::vector<std::size_t> cases, std::uint32_t round, bool warmup,
               std::vector<PlannedTrial>& trials) {
  if (options.order == Order::random) {
    Random random(mix(options.seed + 2 * std::uint64_t{round} + (warmup ? 1 : 0)));
    shuffle(cases, random);
  }
  for (std::uint32_t order = 0; order < cases.size(); ++order) trials.push_back({cases[order], round, order, warmup});
}

bool takes_part(const Case& one, std::uint32_t round, std::uint32_t rounds) {
  const std::vector<std::uint32_t> own = spread_rounds(one.rounds, rounds);
  return std::find(own.begin(), own.end(), round) != own.end();
}

// Batch order: all trials of a case in a row. The place within a round still counts the cases of that round.
void order_by_case(std::vector<PlannedTrial>& trials) {
  const auto place = [](const PlannedTrial& trial) { return std::tuple(trial.case_index, !trial.warmup, trial.round); };
  std::sort(trials.begin(), trials.end(),
            [&](const PlannedTrial& a, const PlannedTrial& b) { return place(a) < place(b); });
}

} // namespace

std::string Case::path() const {
  return subject + "/" + (benchmark.empty() ? workload + "/" + std::to_string(tasks) : benchmark);
}

std::string Case::label() const {
  std::string label = path();
  if (several_workers) label += " with " + std::to_string(workers) + (workers == 1 ? " worker" : " workers");
  return label;
}

std::vector<std::uint32_t> spread_rounds(std::uint32_t wanted, std::uint32_t all) {
  std::vector<std::uint32_t> rounds;
  for (std::uint64_t i = 0; i < wanted; ++i) {
    rounds.push_back(static_cast<std::uint32_t>((2 * i + 1) * all / (2 * std::uint64_t{wanted})));
  }
  return rounds;
}

std::uint64_t answer_seed(std::uint64_t seed) { return mix(seed ^ 0x616e73776572U); }

std::vector<Case> make_cases(const PlanOptions& options, const Catalog& catalog, const std::vector<Subject>& subjects) {
  const std::regex filter = compile_filter(options.filter);
  std::vector<Case> cases;
  for (const Workload& workload : catalog.workloads) {
    if (!asked_for(options.workloads, workload.id)) continue;
    for (const std::uint64_t tasks : options.tasks) {
      for (const std::uint64_t workers : options.workers) {
        for (const Subject& subject : subjects) {
          if (subject.row.google_benchmark) continue;
          Case one{.subject = subject.row.id,
                   .workload = workload.id,
                   .benchmark = {},
                   .tasks = tasks,
                   .workers = workers,
                   .rounds = options.rounds,
                   .phases = options.phases,
                   .why = {},
                   .settled = {},
                   .several_workers = options.workers.size() > 1};
          if (options.budgets) apply_budget(one, subject.row);
          settle(one, subject);
          cases.push_back(std::move(one));
        }
      }
    }
  }
  for (const Subject& subject : subjects) {
    if (subject.row.google_benchmark) add_benchmark_cases(options, subject, cases);
  }
  if (!options.filter.empty()) {
    std::erase_if(cases, [&](const Case& one) { return !std::regex_search(one.path(), filter); });
  }
  return cases;
}

std::vector<PlannedTrial> settled_trials(const std::vector<Case>& cases) {
  std::vector<PlannedTrial> trials;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (cases[i].settled) trials.push_back({i, 0, static_cast<std::uint32_t>(trials.size()), false});
  }
  return trials;
}

std::vector<PlannedTrial> order_trials(const PlanOptions& options, const std::vector<Case>& cases) {
  std::vector<std::size_t> running;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!cases[i].settled) running.push_back(i);
  }
  std::vector<PlannedTrial> trials;
  for (std::uint32_t round = 0; round < options.warmup; ++round) add_round(options, running, round, true, trials);
  for (std::uint32_t round = 0; round < options.rounds; ++round) {
    std::vector<std::size_t> taking_part;
    for (const std::size_t i : running) {
      if (takes_part(cases[i], round, options.rounds)) taking_part.push_back(i);
    }
    add_round(options, std::move(taking_part), round, false, trials);
  }
  if (options.order == Order::batch) order_by_case(trials);
  return trials;
}

UsageFailure no_case_matches(const PlanOptions& options, const Catalog& catalog) {
  return UsageFailure("no case matches --filter '" + one_line(options.filter, 64) +
                      "'; it is searched in subject/workload/tasks, such as " + catalog.subjects.front().id + "/" +
                      catalog.workloads.front().id + "/" + std::to_string(options.tasks.front()) +
                      ", or subject/benchmark");
}

Plan make_plan(const PlanOptions& options, const Catalog& catalog, const std::vector<Subject>& subjects) {
  Plan plan{.options = options, .cases = make_cases(options, catalog, subjects), .trials = {}};
  if (plan.cases.empty()) throw no_case_matches(options, catalog);
  plan.trials = settled_trials(plan.cases);
  const std::vector<PlannedTrial> drawn = order_trials(options, plan.cases);
  plan.trials.insert(plan.trials.end(), drawn.begin(), drawn.end());
  return plan;
}

Json to_json(const Plan& plan) {
  Json cases = Json::array();
  bool has_benchmarks = false;
  for (const Case& one : plan.cases) {
    if (!one.benchmark.empty()) {
      has_benchmarks = true;
      Json json{{"subject", one.subject}, {"benchmark", one.benchmark}, {"rounds", one.rounds}};
      if (!one.why.empty()) json["why"] = one.why;
      cases.push_back(std::move(json));
      continue;
    }
    Json json{{"subject", one.subject}, {"workload", one.workload}, {"tasks", one.tasks},
              {"workers", one.workers}, {"rounds", one.rounds},     {"phases", one.phases}};
    if (!one.why.empty()) json["why"] = one.why;
    cases.push_back(std::move(json));
  }
  const PlanOptions& options = plan.options;
  Json json{{"rounds", options.rounds},
            {"phases", options.phases},
            {"warmup", options.warmup},
            {"workers", options.workers.front()},
            {"timeout_ms", options.timeout.count()},
            {"order", name(options.order)},
            {"affinity", options.affinity},
            {"cases", std::move(cases)},
            {"trials", plan.trials.size()}};
  if (has_benchmarks) json["min_time_ms"] = options.min_time.count();
  if (options.memory_limit) json["memory_limit_bytes"] = *options.memory_limit;
  if (options.process_limit) json["process_limit"] = *options.process_limit;
  return json;
}

std::string planned_text(const Plan& plan, std::size_t number) {
  const PlannedTrial& trial = plan.trials[number];
  const Case& one = plan.cases[trial.case_index];
  std::string text = (trial.warmup ? "warm-up " : "round ") + std::to_string(trial.round) + "\t" + one.label() + "\t";
  if (one.settled) return text + std::string(name(*one.settled)) + ": " + one.why;
  text += one.benchmark.empty() ? std::to_string(one.phases) + (one.phases == 1 ? " phase" : " phases")
                                : "at least " + seconds_text(plan.options.min_time) + " s";
  if (!one.why.empty()) {
    text += ", " + std::to_string(one.rounds) + (one.rounds == 1 ? " round: " : " rounds: ") + one.why;
  }
  return text;
}

} // namespace flowbench
