// `flowbench pair`: two builds measured together, so that whatever the machine does, it does to both.
#include <cstdio>
#include <iostream>
#include <random>

#include "activity.hpp"
#include "arm.hpp"
#include "calibration.hpp"
#include "commands.hpp"
#include "cpus.hpp"
#include "environment.hpp"
#include "failure.hpp"
#include "interleave.hpp"
#include "machine_lock.hpp"
#include "run_file.hpp"
#include "run_folder.hpp"
#include "selection.hpp"
#include "session.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

constexpr const char* arm_names[] = {"base", "candidate"};

std::vector<Arm> load_arms(const PairOptions& options) {
  std::vector<Arm> arms;
  for (const ArmOptions* side : {&options.base, &options.candidate}) {
    std::error_code error;
    if (!std::filesystem::is_directory(side->subjects, error)) {
      throw UsageFailure(side->subjects.string() + " is no folder, so there is no subject of " +
                         arm_names[arms.size()] + " to measure; build it first");
    }
    Arm arm;
    arm.name = arm_names[arms.size()];
    arm.options = side->plan;
    arm.catalog = load_catalog_with(side->plan.catalog, side->plan.manifests);
    arms.push_back(std::move(arm));
  }
  return arms;
}

// One that only one arm has is measured there alone; one that both have must mean the same work.
void expect_same_workloads(const Catalog& base, const Catalog& candidate) {
  for (const Workload& workload : base.workloads) {
    const Workload* const other = candidate.workload(workload.id);
    if (other == nullptr) continue;
    const std::string differing = find_difference(workload, *other);
    if (differing.empty()) continue;
    throw EnvironmentFailure("the arms' catalogs disagree about '" + differing + "' of the workload " + workload.id +
                             ", so its times cannot be compared; leave the row as it is, or give it another id");
  }
}

void plan_arms(std::vector<Arm>& arms, std::vector<Turn>& turns) {
  std::array<Plan, 2> plans;
  for (std::size_t i = 0; i < arms.size(); ++i) {
    plans[i] = {.options = arms[i].options,
                .cases = make_cases(arms[i].options, arms[i].catalog, arms[i].subjects),
                .trials = {}};
  }
  if (plans[0].cases.empty() && plans[1].cases.empty()) throw no_case_matches(arms[1].options, arms[1].catalog);
  InterleavedPlans interleaved = interleave(std::move(plans));
  for (std::size_t i = 0; i < arms.size(); ++i) arms[i].plan = std::move(interleaved.plans[i]);
  turns = std::move(interleaved.turns);
}

void ask_own_oracle(Arm& arm, Executor& executor, StopSignals& signals, const Conditions& conditions) {
  try {
    arm.answers = ask_for_answers(arm, executor, signals, conditions);
  } catch (const Failure& failure) {
    throw Failure(failure.exit_code(), arm.name + ": " + failure.what());
  }
}

// A name that no other pair has: the UTC time, "20260131-235959", and a random number.
std::string new_pair_id() {
  std::string id = "pair-";
  for (const char c : utc_now()) {
    if (c == 'T') id += '-';
    if (c >= '0' && c <= '9') id += c;
  }
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", static_cast<unsigned>(std::random_device()()));
  return id + "-" + digits;
}

// The folder that is locked: two pairs of a gate, or a pair and a run, that go to the same results do not measure at once.
fs::path lock_folder(const PairOptions& options, const fs::path& out) {
  const fs::path results = fs::absolute(options.results).lexically_normal();
  const fs::path below = out.lexically_relative(results);
  const bool is_below = !below.empty() && *below.begin() != ".." && *below.begin() != ".";
  return is_below ? results : out.parent_path();
}

std::string heading(const std::string& name, const std::string& title) {
  return name + (title.empty() ? "" : " (" + title + ")");
}

} // namespace

int pair_command(const PairOptions& options) {
  std::vector<Arm> arms = load_arms(options);
  expect_same_workloads(arms[0].catalog, arms[1].catalog);
  expect_known_ids(options.candidate.plan, {&arms[0].catalog, &arms[1].catalog});
  const std::vector<int> own_cpus = allowed_cpus();
  for (Arm& arm : arms) resolve_options(arm.options, arm.catalog, own_cpus, cpu_quota());
  const std::string pair_id = new_pair_id();
  const fs::path out = fs::absolute(options.out.value_or(options.results / pair_id)).lexically_normal();
  std::optional<MachineLock> alone;
  if (!options.dry_run) alone.emplace(options.watch.lock, options.wait);
  std::optional<ResultsLock> lock;
  if (!options.dry_run) lock.emplace(lock_folder(options, out));

  StopSignals signals;
  Executor executor(signals, limits_of(options.candidate.plan));
  const Conditions conditions = conditions_for(options.candidate.plan, own_cpus);
  find_subjects(arms[0], options.base.subjects, executor, signals, conditions.cpus);
  find_subjects(arms[1], options.candidate.subjects, executor, signals, conditions.cpus);
  std::vector<Turn> turns;
  plan_arms(arms, turns);
  const Agenda agenda(arms, std::move(turns));
  for (const Arm& arm : arms) warn_about(arm);
  const std::string extent = std::to_string(agenda.size()) + " trials (" + std::to_string(arms[0].plan.cases.size()) +
                             " cases of base, " + std::to_string(arms[1].plan.cases.size()) + " of candidate)";
  if (options.dry_run) {
    std::cout << agenda.text();
    std::cerr << "seed " << options.candidate.plan.seed << ": " << extent << "; nothing was measured" << std::endl;
    return exit_good;
  }

  const Environment environment = read_environment(
      executor.cgroup().description(), watch_others(options.watch.window, conditions.cpus), options.watch.lock);
  for (Arm& arm : arms) ask_own_oracle(arm, executor, signals, conditions);
  const std::string created = utc_now();
  const std::vector<std::string> command = command_to_repeat(options);
  std::vector<RunFolder> folders;
  for (const Arm& arm : arms) folders.push_back(RunFolder::create(out / arm.name));
  for (std::size_t i = 0; i < arms.size(); ++i) {
    const std::string& title = (i == 0 ? options.base : options.candidate).title;
    folders[i].write_run(make_run_json({.id = pair_id + "-" + arms[i].name,
                                        .created = created,
                                        .command = command,
                                        .pair = PairArm{.id = pair_id, .arm = arms[i].name, .title = title}},
                                       arms[i].plan, arms[i].answers, arms[i].subjects, arms[i].catalog, environment));
  }
  if (!options.quiet) {
    for (const std::string& warning : environment.warnings) warn(warning);
    std::cerr << "flowbench: " << extent << ", seed " << options.candidate.plan.seed << ", results in " << out.string()
              << std::endl;
  }

  Session session(agenda, conditions, executor, signals, folders, style_for_stderr(options));
  CalibrationLog calibrations({folders[0].path(), folders[1].path()}, conditions.cpus, options.calibrate);
  session.calibrate_with(calibrations);
  const std::optional<int> interrupted = session.run();
  if (const std::optional<std::string> drift = find_drift(calibrations.all()); drift && !options.quiet) warn(*drift);
  std::cout << heading(arms[0].name, options.base.title) << ":\n"
            << session.summary(0) << "\n"
            << heading(arms[1].name, options.candidate.title) << ":\n"
            << session.summary(1) << "\nResults: " << folders[0].path().string() << "\n         "
            << folders[1].path().string() << std::endl;
  if (interrupted) {
    std::cerr << "flowbench: interrupted; " << session.finished(0).size() + session.finished(1).size() << " of "
              << agenda.size() << " trials are kept, but a pair cannot go on: measure it again, into another folder"
              << std::endl;
    return exit_signal_base + *interrupted;
  }
  const int of_base = exit_code(arms[0].plan, session.finished(0));
  const int of_candidate = exit_code(arms[1].plan, session.finished(1));
  return of_base == exit_bad_result || of_candidate == exit_good ? of_base : of_candidate;
}

} // namespace flowbench
