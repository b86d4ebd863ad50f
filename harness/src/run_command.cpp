// `flowbench run`: options → subjects → plan → oracle → run.json → trials → summary.
#include <algorithm>
#include <iostream>
#include <set>

#include "commands.hpp"
#include "cpus.hpp"
#include "environment.hpp"
#include "failure.hpp"
#include "numbers.hpp"
#include "plan.hpp"
#include "resume.hpp"
#include "run_file.hpp"
#include "run_folder.hpp"
#include "selection.hpp"
#include "session.hpp"
#include "subject.hpp"

namespace flowbench {
namespace {

void warn(const std::string& text) { std::cerr << "flowbench: warning: " << text << std::endl; }

/// The subjects to measure, and the oracle, which may be one of them.
struct Field {
  std::vector<Subject> subjects;
  Subject oracle;
};

void stop_if_asked(StopSignals& signals) {
  if (const std::optional<int> signal = signals.take()) {
    throw Failure(exit_signal_base + *signal, "interrupted before the first trial");
  }
}

Field prepare_subjects(const PlanOptions& options, const Catalog& catalog, const std::vector<int>& cpus,
                       Executor& executor, StopSignals& signals) {
  Field field;
  for (const SubjectRow& row : selected_subjects(options, catalog)) {
    field.subjects.push_back(locate_subject(row, subject_folder()));
    ask_subject(field.subjects.back(), executor, cpus, options.workers.front());
    stop_if_asked(signals);
  }
  field.oracle = locate_subject(*catalog.oracle(), subject_folder());
  return field;
}

Answers ask_for_answers(Executor& executor, StopSignals& signals, const Subject& oracle, const Plan& plan,
                        const Conditions& conditions) {
  const auto checks_itself = [](const Case& one) { return !one.benchmark.empty(); };
  if (std::all_of(plan.cases.begin(), plan.cases.end(), checks_itself)) return {};
  if (!oracle.can_run()) {
    throw UsageFailure("the oracle " + oracle.row.id +
                       " is not built, so no answer could be checked: " + oracle.reason);
  }
  Answers answers;
  for (const Case& one : plan.cases) {
    const Answers::key_type key{one.workload, one.tasks};
    if (checks_itself(one) || one.settled || answers.contains(key)) continue;
    answers[key] = ask_oracle(executor, oracle, one.workload, one.tasks, one.workers, conditions);
    stop_if_asked(signals);
  }
  return answers;
}

struct Stored {
  std::filesystem::path folder;
  StoredRun run;
};

// Reads the run to go on with, and replaces the options by its own.
std::optional<Stored> take_up_stored_run(RunOptions& options) {
  if (!options.resume) return std::nullopt;
  Stored stored{find_run(options.results, *options.resume), {}};
  stored.run = read_run_folder(stored.folder);
  if (!stored.run.errors.empty()) {
    throw UsageFailure("cannot go on with " + stored.folder.string() + ": " + stored.run.errors.front());
  }
  options = resumed_options(stored.run, options);
  return stored;
}

std::filesystem::path results_folder(const RunOptions& options, const std::optional<Stored>& stored) {
  if (stored) return std::filesystem::absolute(stored->folder).parent_path();
  if (options.out) return std::filesystem::absolute(*options.out).lexically_normal().parent_path();
  return options.results;
}

RunFolder open_folder(const RunOptions& options, const std::filesystem::path& results, const Stored* stored,
                      const std::string& id) {
  if (stored == nullptr) return RunFolder::create(options.out ? *options.out : results / id);
  if (!stored->run.torn.empty()) warn("dropped the last line of trials.jsonl, which was cut off");
  return RunFolder::reopen(stored->folder, stored->run.whole_bytes);
}

int exit_code(const Plan& plan, const std::map<std::uint64_t, Trial>& finished) {
  std::set<std::size_t> disturbed, measured;
  for (const auto& [number, trial] : finished) {
    if (is_failure(trial.status)) return exit_bad_result;
    const std::size_t index = plan.trials[number].case_index;
    if (trial.status == Status::contaminated) disturbed.insert(index);
    if (trial.status == Status::ok) measured.insert(index);
  }
  for (const std::size_t index : disturbed) {
    if (!measured.contains(index)) return exit_environment; // nothing of this case could be used
  }
  return exit_good;
}

} // namespace

int run_command(RunOptions options) {
  const std::optional<Stored> stored = take_up_stored_run(options);
  const Catalog catalog = load_catalog_with(options.plan.catalog, options.plan.manifests);
  const std::vector<int> own_cpus = allowed_cpus();
  resolve_options(options.plan, catalog, own_cpus, cpu_quota());
  const std::filesystem::path results = results_folder(options, stored);
  std::optional<ResultsLock> lock;
  if (!options.dry_run) lock.emplace(results);

  StopSignals signals;
  Executor executor(signals, options.plan.memory_limit);
  const Conditions conditions{.timeout = options.plan.timeout,
                              .cpus = options.plan.affinity.empty() ? own_cpus : options.plan.affinity,
                              .seed = answer_seed(options.plan.seed),
                              .min_time = options.plan.min_time};
  const Field field = prepare_subjects(options.plan, catalog, conditions.cpus, executor, signals);
  const Plan plan = make_plan(options.plan, catalog, field.subjects);
  for (const Subject& subject : field.subjects) {
    if (!subject.warning.empty()) warn(subject.warning);
  }
  if (options.dry_run) {
    std::cout << plan_text(plan);
    std::cerr << "seed " << options.plan.seed << ": " << plan.trials.size() << " trials of " << plan.cases.size()
              << " cases; nothing was measured" << std::endl;
    return exit_good;
  }

  const Environment environment = read_environment(executor.cgroup().description());
  const std::string id = stored        ? stored->run.run.id
                         : options.out ? std::filesystem::absolute(*options.out).lexically_normal().filename().string()
                                       : new_run_id(results);
  const std::string created = stored ? stored->run.run.created : utc_now();
  const auto make_json = [&](const Answers& answers) {
    return make_run_json(id, created, plan, answers, field.subjects, catalog, environment);
  };
  if (stored) expect_same_plan(stored->run.document, make_json({}), stored->folder);
  const Answers answers =
      stored ? stored->run.run.answers : ask_for_answers(executor, signals, field.oracle, plan, conditions);

  RunFolder folder = open_folder(options, results, stored ? &*stored : nullptr, id);
  if (!stored) folder.write_run(make_json(answers));
  point_latest(results, std::filesystem::absolute(folder.path()).lexically_normal());
  if (!options.quiet) {
    for (const std::string& warning : environment.warnings) warn(warning);
    std::cerr << "flowbench: " << plan.trials.size() << " trials of " << plan.cases.size() << " cases, seed "
              << options.plan.seed << ", results in " << folder.path().string() << std::endl;
  }

  Session session(plan, catalog, field.subjects, answers, conditions, executor, signals, folder,
                  style_for_stderr(options));
  if (stored) session.skip(trials_done(stored->run.trials), created);
  const std::optional<int> interrupted = session.run();
  std::cout << session.summary() << "\nResults: " << folder.path().string() << std::endl;
  if (interrupted) {
    std::cerr << "flowbench: interrupted; " << session.finished().size() << " of " << plan.trials.size()
              << " trials are kept; go on with: flowbench run --resume " << folder.path().string() << std::endl;
    return exit_signal_base + *interrupted;
  }
  return exit_code(plan, session.finished());
}

} // namespace flowbench
