// `flowbench run`: options → subjects → plan → oracle → run.json → trials → summary.
#include <iostream>

#include "activity.hpp"
#include "arm.hpp"
#include "calibration.hpp"
#include "commands.hpp"
#include "cpus.hpp"
#include "environment.hpp"
#include "failure.hpp"
#include "machine_lock.hpp"
#include "resume.hpp"
#include "run_file.hpp"
#include "run_folder.hpp"
#include "selection.hpp"
#include "session.hpp"
#include "traced_case.hpp"

namespace flowbench {
namespace {

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

} // namespace

int run_command(RunOptions options) {
  const std::optional<Stored> stored = take_up_stored_run(options);
  std::vector<Arm> arms(1);
  Arm& arm = arms.front();
  arm.catalog = load_catalog_with(options.plan.catalog, options.plan.manifests);
  expect_known_ids(options.plan, {&arm.catalog});
  const std::vector<int> own_cpus = allowed_cpus();
  resolve_options(options.plan, arm.catalog, own_cpus, cpu_quota());
  arm.options = options.plan;
  const std::filesystem::path results = results_folder(options, stored);
  std::optional<MachineLock> alone;
  if (!options.dry_run) alone.emplace(options.watch.lock, options.wait);
  std::optional<ResultsLock> lock;
  if (!options.dry_run) lock.emplace(results);

  StopSignals signals;
  Executor executor(signals, limits_of(options.plan));
  const Conditions conditions = conditions_for(options.plan, own_cpus);
  find_subjects(arm, subject_folder(), executor, signals, conditions.cpus);
  arm.plan = make_plan(arm.options, arm.catalog, arm.subjects);
  const Case* const traced = options.trace ? &find_traced_case(arm.plan, *options.trace) : nullptr;
  const Agenda agenda(arms, turns_of(arm.plan));
  warn_about(arm);
  if (options.dry_run) {
    std::cout << agenda.text();
    std::cerr << "seed " << options.plan.seed << ": " << agenda.size() << " trials of " << arm.plan.cases.size()
              << " cases; nothing was measured" << std::endl;
    return exit_good;
  }

  const Environment environment = read_environment(
      executor.cgroup().description(), watch_others(options.watch.window, conditions.cpus), options.watch.lock);
  RunIdentity identity{.id = {}, .created = utc_now(), .command = command_to_repeat(arm.options), .pair = {}};
  if (stored) {
    identity.id = stored->run.run.id;
    identity.created = stored->run.run.created;
  } else {
    identity.id = options.out ? std::filesystem::absolute(*options.out).lexically_normal().filename().string()
                              : new_run_id(results);
  }
  const auto make_json = [&](const Answers& answers) {
    return make_run_json(identity, arm.plan, answers, arm.subjects, arm.catalog, environment);
  };
  if (stored) expect_same_plan(stored->run.document, make_json({}), stored->folder);
  arm.answers = stored ? stored->run.run.answers : ask_for_answers(arm, executor, signals, conditions);

  std::vector<RunFolder> folders;
  folders.push_back(open_folder(options, results, stored ? &*stored : nullptr, identity.id));
  RunFolder& folder = folders.front();
  if (!stored) folder.write_run(make_json(arm.answers));
  point_latest(results, std::filesystem::absolute(folder.path()).lexically_normal());
  if (!options.quiet) {
    for (const std::string& warning : environment.warnings) warn(warning);
    std::cerr << "flowbench: " << agenda.size() << " trials of " << arm.plan.cases.size() << " cases, seed "
              << options.plan.seed << ", results in " << folder.path().string() << std::endl;
  }

  Session session(agenda, conditions, executor, signals, folders, style_for_stderr(options));
  CalibrationLog calibrations({folder.path()}, conditions.cpus, options.calibrate);
  session.calibrate_with(calibrations);
  if (stored) session.skip(trials_done(stored->run.trials), identity.created);
  const std::optional<int> interrupted = session.run();
  if (const std::optional<std::string> drift = find_drift(calibrations.all()); drift && !options.quiet) warn(*drift);
  std::cout << session.summary(0) << "\nResults: " << folder.path().string() << std::endl;
  if (interrupted) {
    std::cerr << "flowbench: interrupted; " << session.finished(0).size() << " of " << agenda.size()
              << " trials are kept; go on with: flowbench run --resume " << folder.path().string() << std::endl;
    return exit_signal_base + *interrupted;
  }
  const int code = exit_code(arm.plan, session.finished(0));
  if (traced == nullptr) return code;
  const TracedCase trace = trace_case(executor, arm, *traced, conditions, folder.path());
  std::cout << trace.text() << std::endl;
  if (signals.received()) return exit_signal_base + *signals.received();
  return code == exit_good && is_failure(trace.status) ? exit_bad_result : code;
}

} // namespace flowbench
