#include "cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <random>

#include "build_info.hpp"
#include "commands.hpp"
#include "failure.hpp"
#include "fields.hpp"
#include "files.hpp"
#include "machine_lock.hpp"
#include "numbers.hpp"
#include "selection.hpp"
#include "suggest.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

// The options of every command that looks at the machine.
struct WatchWords {
  std::string lock, window;
};

// The options as typed; empty text means not given. Turned into RunOptions or PairOptions only after all of them are known.
struct RunWords {
  std::string subjects, workloads, filter, tasks, workers, rounds, phases, warmup, timeout, min_time, order, seed,
      affinity;
  std::string memory_limit, process_limit, catalog, results, out, resume, trace;
  std::string base_subjects, base_catalog, base_title, candidate_subjects, candidate_title;
  std::string retries, tolerate, calibrate;
  WatchWords watch;
  std::vector<std::string> manifests;
  bool wait = false;
  bool quick = false, no_budget = false, dry_run = false, quiet = false, verbose = false, no_color = false;
};

[[noreturn]] void bad_value(const std::string& option, const std::string& value, const std::string& expected) {
  throw UsageFailure(option + " cannot be '" + one_line(value, 64) + "'; it takes " + expected);
}

std::uint32_t number_or(const std::string& option, const std::string& word, std::uint32_t otherwise,
                        std::uint32_t least, std::uint32_t most = 1'000'000) {
  if (word.empty()) return otherwise;
  const std::optional<std::uint64_t> number = parse_u64(word);
  if (!number || *number < least || *number > most) {
    bad_value(option, word, "a number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<std::uint32_t>(*number);
}

std::vector<std::string> ids(const std::string& option, const std::string& words) {
  std::vector<std::string> list;
  if (words.empty()) return list;
  for (const std::string& word : split(words, ',')) {
    const std::string id(trim(word));
    if (id.empty()) bad_value(option, words, "ids with commas between them");
    if (std::find(list.begin(), list.end(), id) == list.end()) list.push_back(id);
  }
  return list;
}

std::vector<std::uint64_t> counts(const std::string& option, const std::string& words, std::uint64_t most) {
  std::vector<std::uint64_t> list;
  if (words.empty()) return list;
  for (const std::string& word : split(words, ',')) {
    const std::optional<std::uint64_t> count = parse_count(trim(word));
    if (!count || *count < 1 || *count > most) {
      bad_value(option, words,
                "numbers from 1 to " + std::to_string(most) + " with commas between them, such as 1k,10k");
    }
    if (std::find(list.begin(), list.end(), *count) == list.end()) list.push_back(*count);
  }
  return list;
}

Order order_from(const std::string& word) {
  if (word.empty()) return Order::random;
  for (const Order order : {Order::random, Order::round_robin, Order::batch}) {
    if (word == name(order)) return order;
  }
  throw UsageFailure(unknown_name("order", word, {"random", "round-robin", "batch"}));
}

Tolerated tolerated_from(const std::string& words) {
  Tolerated tolerated;
  std::vector<std::string> valid(disturbance_names.begin(), disturbance_names.end());
  valid.emplace_back("all");
  for (const std::string& word : ids("--tolerate", words)) {
    const auto place = std::find(valid.begin(), valid.end(), word);
    if (place == valid.end()) throw UsageFailure(unknown_name("disturbance", word, valid));
    for (std::size_t kind = 0; kind < disturbance_names.size(); ++kind) {
      if (word == "all" || word == disturbance_names.at(kind)) tolerated.insert(static_cast<Disturbance>(kind));
    }
  }
  return tolerated;
}

std::uint64_t seed_from(const std::string& word) {
  if (word.empty()) {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
  }
  const std::optional<std::uint64_t> seed = parse_u64(word);
  if (!seed) bad_value("--seed", word, "an unsigned 64-bit number");
  return *seed;
}

PlanOptions plan_options(const RunWords& words) {
  PlanOptions plan;
  const PlanOptions defaults;
  plan.subjects = ids("--subjects", words.subjects);
  plan.workloads = ids("--workloads", words.workloads);
  plan.filter = words.filter;
  plan.tasks = counts("--tasks", words.tasks, most_tasks);
  if (plan.tasks.empty() && words.quick) plan.tasks = {1'000, 10'000};
  plan.workers = counts("--workers", words.workers, 1'000'000);
  plan.rounds = number_or("--rounds", words.rounds, words.quick ? 2 : defaults.rounds, 1);
  plan.phases = number_or("--phases", words.phases, words.quick ? 2 : defaults.phases, 1);
  plan.warmup = number_or("--warmup", words.warmup, defaults.warmup, 0);
  if (!words.timeout.empty()) {
    const std::optional<std::chrono::milliseconds> timeout = parse_seconds(words.timeout);
    if (!timeout) bad_value("--timeout", words.timeout, "seconds, such as 60 or 0.5");
    plan.timeout = *timeout;
  }
  if (!words.min_time.empty()) {
    const std::optional<std::chrono::milliseconds> min_time = parse_seconds(words.min_time);
    if (!min_time) bad_value("--min-time", words.min_time, "seconds, such as 0.1 or 1");
    plan.min_time = *min_time;
  }
  plan.order = order_from(words.order);
  plan.seed = seed_from(words.seed);
  if (!words.affinity.empty()) {
    const std::optional<std::vector<int>> cpus = parse_cpu_list(words.affinity);
    if (!cpus) bad_value("--affinity", words.affinity, "a list of CPUs, such as 0-1,3");
    plan.affinity = *cpus;
  }
  if (!words.memory_limit.empty()) {
    constexpr std::uint64_t least = 1U << 20U; // no process starts in less
    plan.memory_limit = parse_bytes(words.memory_limit);
    if (!plan.memory_limit || *plan.memory_limit < least)
      bad_value("--memory-limit", words.memory_limit, "at least 1m bytes, such as 512m");
  }
  if (!words.process_limit.empty()) {
    plan.process_limit = parse_count(words.process_limit);
    if (!plan.process_limit || *plan.process_limit == 0)
      bad_value("--process-limit", words.process_limit, "a number of at least 1, such as 512");
  }
  plan.budgets = !words.no_budget;
  plan.retries = number_or("--retries", words.retries, defaults.retries, 0, 100);
  plan.tolerated = tolerated_from(words.tolerate);
  plan.catalog = words.catalog.empty() ? build_info.catalog : words.catalog;
  return plan;
}

void add_manifest(const fs::path& path, std::vector<fs::path>& manifests) {
  if (std::find(manifests.begin(), manifests.end(), path) == manifests.end()) manifests.push_back(path);
}

WatchOptions watch_options(const WatchWords& words) {
  WatchOptions options;
  options.lock = words.lock.empty() ? machine_lock_file() : fs::path(words.lock);
  if (words.window == "0") {
    options.window = {};
  } else if (!words.window.empty()) {
    const std::optional<std::chrono::milliseconds> window = parse_seconds(words.window);
    if (!window || *window > std::chrono::minutes(10)) {
      bad_value("--watch", words.window, "seconds up to 600, such as 0.5; 0 does not watch");
    }
    options.window = *window;
  }
  return options;
}

void set_session_options(const RunWords& words, SessionOptions& options) {
  if (!words.results.empty()) options.results = words.results;
  if (!words.out.empty()) options.out = words.out;
  options.dry_run = words.dry_run;
  options.watch = watch_options(words.watch);
  options.wait = words.wait;
  options.calibrate = number_or("--calibrate", words.calibrate, options.calibrate, 0, 1'000);
  options.quiet = words.quiet;
  options.verbose = words.verbose;
  const char* const no_color = std::getenv("NO_COLOR");
  options.color = !words.no_color && (no_color == nullptr || *no_color == '\0');
}

RunOptions run_options(const RunWords& words) {
  RunOptions options;
  set_session_options(words, options);
  options.plan = plan_options(words);
  for (const std::string& word : words.manifests) {
    add_manifest(manifest_path(word, subject_folder()), options.plan.manifests);
  }
  if (!words.resume.empty()) options.resume = words.resume;
  if (!words.trace.empty()) options.trace = words.trace;
  if (options.out && options.resume)
    throw UsageFailure("--out and --resume exclude each other: a resumed run stays where it is");
  return options;
}

std::string title_from(const std::string& option, const std::string& word) {
  constexpr std::size_t longest = 200;
  if (word != one_line(word, longest)) {
    bad_value(option, word, "one line of printable text, at most " + std::to_string(longest) + " bytes");
  }
  return word;
}

PairOptions pair_options(const RunWords& words) {
  PairOptions options;
  set_session_options(words, options);
  ArmOptions &base = options.base, &candidate = options.candidate;
  base.plan = candidate.plan = plan_options(words);
  base.plan.catalog = words.base_catalog;
  // Absolute: a subject starts in a working folder of its own.
  base.subjects = fs::absolute(words.base_subjects);
  candidate.subjects = words.candidate_subjects.empty() ? subject_folder() : fs::absolute(words.candidate_subjects);
  base.title = title_from("--base-title", words.base_title);
  candidate.title = title_from("--candidate-title", words.candidate_title);
  for (const std::string& word : words.manifests) {
    const fs::path of_base = manifest_path(word, base.subjects), of_candidate = manifest_path(word, candidate.subjects);
    std::error_code error;
    const bool in_base = fs::exists(of_base, error), in_candidate = fs::exists(of_candidate, error);
    // What only one build left is a subject of that arm alone.
    if (in_base || !in_candidate) add_manifest(of_base, base.plan.manifests);
    if (in_candidate || !in_base) add_manifest(of_candidate, candidate.plan.manifests);
  }
  return options;
}

// The options with a value: on the command line the last one wins, and before it the twin in the environment.
void add_text(CLI::App& command, const char* names, std::string& value, const char* help, const char* type,
              const char* twin) {
  command.add_option(names, value, help)->type_name(type)->envname(twin)->take_last();
}

void add_watch_options(CLI::App& command, WatchWords& words) {
  add_text(command, "--watch", words.window, "how long other processes are watched first; 0: not at all (default: 0.5)",
           "SECONDS", "FLOWBENCH_WATCH");
  add_text(command, "--lock", words.lock, "the file that keeps others from measuring (default: one for this machine)",
           "FILE", "FLOWBENCH_LOCK");
}

// What `run` and `pair` have in common.
void add_measuring_options(CLI::App& run, RunWords& words) {
  const auto text = [&](const char* names, std::string& value, const char* help, const char* type, const char* twin) {
    add_text(run, names, value, help, type, twin);
  };
  run.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  text("--subjects", words.subjects, "subjects to measure (default: all)", "ID,...", "FLOWBENCH_SUBJECTS");
  text("--workloads", words.workloads, "workloads to measure (default: all)", "ID,...", "FLOWBENCH_WORKLOADS");
  text("-f,--filter", words.filter, "only cases whose subject/workload/tasks matches", "REGEX", "FLOWBENCH_FILTER");
  text("--tasks", words.tasks, "numbers of tasks (default: 1k,10k,100k)", "N,...", "FLOWBENCH_TASKS");
  text("--workers", words.workers, "worker threads (default: the CPUs that may be used)", "K,...", "FLOWBENCH_WORKERS");
  text("--rounds", words.rounds, "processes per case (default: 7)", "N", "FLOWBENCH_ROUNDS");
  text("--phases", words.phases, "samples per process: one cold, the others warm (default: 3)", "N",
       "FLOWBENCH_PHASES");
  text("--warmup", words.warmup, "rounds before the first that counts (default: 0)", "N", "FLOWBENCH_WARMUP");
  text("--timeout", words.timeout, "limit for one process (default: 60)", "SECONDS", "FLOWBENCH_TIMEOUT");
  text("--min-time", words.min_time, "time that a Google Benchmark case takes at least (default: 0.1)", "SECONDS",
       "FLOWBENCH_MIN_TIME");
  text("--order", words.order, "random, round-robin or batch (default: random)", "ORDER", "FLOWBENCH_ORDER");
  text("--seed", words.seed, "orders the trials; the same seed gives the same plan", "N", "FLOWBENCH_SEED");
  text("--affinity", words.affinity, "CPUs for every subject, such as 0-1,3", "CPUS", "FLOWBENCH_AFFINITY");
  text("--memory-limit", words.memory_limit, "memory of one trial, such as 512m", "BYTES", "FLOWBENCH_MEMORY_LIMIT");
  text("--process-limit", words.process_limit, "processes and threads of one trial, such as 512", "N",
       "FLOWBENCH_PROCESS_LIMIT");
  text("--retries", words.retries, "how often a trial that the machine disturbed is run again (default: 2)", "N",
       "FLOWBENCH_RETRIES");
  text("--tolerate", words.tolerate, "disturbances that count all the same, or 'all'", "KIND,...",
       "FLOWBENCH_TOLERATE");
  text("--calibrate", words.calibrate, "repetitions of the fixed work that shows drift; 0: none (default: 5)", "N",
       "FLOWBENCH_CALIBRATE");
  add_watch_options(run, words.watch);
  run.add_flag("--wait", words.wait, "wait for another flowbench to end, rather than to fail");
  run.add_option("--subject", words.manifests,
                 "manifest of a subject, or the id of one that was built here (repeatable)")
      ->type_name("FILE")
      ->envname("FLOWBENCH_SUBJECT")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  text("--out", words.out, "the folder for these results (default: a new one in --results)", "DIR", "FLOWBENCH_OUT");
  text("--results", words.results, "where results are kept (default: results)", "DIR", "FLOWBENCH_RESULTS");
  text("--catalog", words.catalog, "another catalog of subjects and workloads", "FILE", "FLOWBENCH_CATALOG");
  run.add_flag("--quick", words.quick, "2 rounds, 2 phases, 1k and 10k, where not given otherwise");
  run.add_flag("--no-budget", words.no_budget, "all rounds and phases, however slow a case is");
  run.add_flag("--dry-run", words.dry_run, "print the plan and measure nothing");
  run.add_flag("-q,--quiet", words.quiet, "no progress");
  run.add_flag("-v,--verbose", words.verbose, "one line for each trial");
  run.add_flag("--no-color", words.no_color, "plain text (also: NO_COLOR)");
}

void add_pair_options(CLI::App& pair, RunWords& words) {
  const auto folder = [&](const char* names, std::string& value, const char* help) {
    return pair.add_option(names, value, help)->type_name("DIR")->take_last();
  };
  folder("--base-subjects", words.base_subjects, "the executables of base, bin/subjects of its build")->required();
  pair.add_option("--base-catalog", words.base_catalog, "the catalog of base")
      ->type_name("FILE")
      ->take_last()
      ->required();
  folder("--candidate-subjects", words.candidate_subjects,
         "the executables of candidate (default: those of this build)");
  pair.add_option("--base-title", words.base_title, "what base is called in results")->type_name("TEXT")->take_last();
  pair.add_option("--candidate-title", words.candidate_title, "what candidate is called in results")
      ->type_name("TEXT")
      ->take_last();
  add_measuring_options(pair, words);
}

// What is typed as '' by a script whose variable is empty would otherwise mean the default. To a filter it is an expression.
void refuse_empty_values(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->check_lname("filter")) continue;
    for (const std::string& value : option->results()) {
      if (!value.empty()) continue;
      throw UsageFailure(option->get_name() + " has an empty value; leave the option out for its default");
    }
  }
}

// All long and short names that `app` takes.
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& long_name : option->get_lnames()) names.push_back("--" + long_name);
  }
  return names;
}

// CLI11 says "The following arguments were not expected: ..."; a user wants the nearest name.
[[noreturn]] void refuse_extras(CLI::App& app, const CLI::ParseError& error) {
  for (const std::string& word : app.remaining(true)) {
    const std::string option = word.substr(0, word.find('='));
    if (!option.starts_with("-")) throw UsageFailure("unexpected argument '" + one_line(word, 64) + "'");
    for (const CLI::App* command : app.get_subcommands()) {
      throw UsageFailure(unknown_name("option", option, option_names(*command)));
    }
    throw UsageFailure(unknown_name("option", option, option_names(app)));
  }
  throw UsageFailure(one_line(error.what()));
}

} // namespace

std::string version_text() {
  return std::string("flowbench ") + build_info.version + " (commit " + std::string(build_info.commit).substr(0, 12) +
         (build_info.dirty ? ", with changes" : "") + ")";
}

Command parse_command_line(std::vector<std::string> arguments) {
  const std::vector<std::string> commands{"run", "pair", "list", "validate", "doctor"};
  if (!arguments.empty() && !arguments[0].starts_with("-") &&
      std::find(commands.begin(), commands.end(), arguments[0]) == commands.end()) {
    throw UsageFailure(unknown_name("command", arguments[0], commands));
  }

  CLI::App app("Measures task runtimes in isolated processes and checks every answer.", "flowbench");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  RunWords words;
  CLI::App* const run = app.add_subcommand("run", "measure, and keep every trial");
  add_measuring_options(*run, words);
  add_text(*run, "--resume", words.resume, "go on with an interrupted run; 'latest' is the newest", "RUN",
           "FLOWBENCH_RESUME");
  add_text(*run, "--trace", words.trace, "run this case, subject/workload/tasks, once more for a trace of it", "CASE",
           "FLOWBENCH_TRACE");
  RunWords pair_words;
  CLI::App* const pair = app.add_subcommand("pair", "measure two builds together, as a gate does");
  add_pair_options(*pair, pair_words);

  ListOptions list_words;
  std::string catalog;
  std::vector<std::string> manifests;
  CLI::App* const list = app.add_subcommand("list", "show subjects and workloads, and what is built");
  list->add_option("--catalog", catalog, "another catalog")->type_name("FILE")->envname("FLOWBENCH_CATALOG");
  list->add_option("--subject", manifests, "manifest of a subject, or the id of one that was built here (repeatable)")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  list->add_flag("--json", list_words.json, "as JSON");

  ValidateOptions validate_words;
  CLI::App* const validate = app.add_subcommand("validate", "check the files of a run against the contract");
  validate->add_option("RUN", validate_words.run, "folder of the run; 'latest' is the newest")->required();

  DoctorOptions doctor_words;
  WatchWords doctor_watch;
  CLI::App* const doctor = app.add_subcommand("doctor", "is this machine fit for measuring, and what to do about it");
  add_watch_options(*doctor, doctor_watch);
  doctor->add_flag("--json", doctor_words.json, "as JSON");

  const std::vector<std::string> typed = arguments;
  try {
    std::reverse(arguments.begin(), arguments.end()); // CLI11 takes them from the back
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return Message{app.help()};
  } catch (const CLI::CallForAllHelp&) {
    return Message{app.help("", CLI::AppFormatMode::All)};
  } catch (const CLI::CallForVersion&) {
    return Message{version_text() + "\n"};
  } catch (const CLI::ExtrasError& error) {
    refuse_extras(app, error);
  } catch (const CLI::ParseError& error) {
    throw UsageFailure(one_line(error.what()) + "; see flowbench --help");
  }

  for (const CLI::App* command : app.get_subcommands()) refuse_empty_values(*command);
  if (run->parsed()) {
    RunOptions options = run_options(words);
    options.arguments.assign(std::next(std::find(typed.begin(), typed.end(), "run")), typed.end());
    return options;
  }
  if (pair->parsed()) return pair_options(pair_words);
  if (list->parsed()) {
    list_words.catalog = catalog.empty() ? build_info.catalog : catalog;
    for (const std::string& file : manifests) list_words.manifests.push_back(manifest_path(file, subject_folder()));
    return list_words;
  }
  if (doctor->parsed()) {
    doctor_words.watch = watch_options(doctor_watch);
    return doctor_words;
  }
  return validate_words;
}

} // namespace flowbench
