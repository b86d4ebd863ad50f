#include "measure.hpp"

#include "failure.hpp"
#include "judge.hpp"
#include "protocol.hpp"

namespace flowbench {
namespace {

Launch make_launch(const Subject& subject, const std::string& workload, std::uint64_t tasks, std::uint64_t workers,
                   std::uint64_t phases, const Conditions& conditions) {
  Launch launch{.command = subject.command, .workers = workers, .cpus = conditions.cpus, .timeout = conditions.timeout};
  const std::vector<std::string> arguments{"--workload", workload,
                                           "--tasks",    std::to_string(tasks),
                                           "--workers",  std::to_string(workers),
                                           "--phases",   std::to_string(phases),
                                           "--seed",     std::to_string(conditions.seed)};
  launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
  return launch;
}

Trial empty_trial(const Case& one) {
  Trial trial;
  trial.subject = one.subject;
  trial.workload = one.workload;
  trial.benchmark = one.benchmark;
  trial.tasks = one.tasks;
  trial.workers = one.workers;
  trial.phases = one.phases;
  return trial;
}

std::string log_text(const ProcessOutcome& outcome) {
  if (outcome.out.bytes() == 0 && outcome.err.bytes() == 0) return {};
  return "stdout, " + std::to_string(outcome.out.bytes()) + " bytes:\n" + outcome.out.text() + "\nstderr, " +
         std::to_string(outcome.err.bytes()) + " bytes:\n" + outcome.err.text() + "\n";
}

// A binary that changes in the middle of a run would be two subjects under one name.
bool was_replaced(const Subject& subject) {
  return subject.identity && file_identity(subject.command[0]) != subject.identity;
}

Measured replaced(Measured measured) {
  measured.trial.status = Status::launch_failed;
  measured.trial.reason = "its executable changed during the run";
  return measured;
}

// How the process ended and what it used, and whether the machine let it alone.
void note_process(Measured& measured, const ProcessOutcome& outcome, Verdict verdict, const Conditions& conditions) {
  if (verdict.status == Status::ok || verdict.status == Status::mistimed) {
    std::string disturbance = find_disturbance(outcome.noise,
                                               {.wall_ns = outcome.wall_ns,
                                                .cpus = conditions.cpus.size(),
                                                .major_faults = outcome.major_faults,
                                                .memory_limited = conditions.memory_limited},
                                               conditions.tolerated);
    if (!disturbance.empty()) verdict = {Status::contaminated, std::move(disturbance)};
  }
  Trial& trial = measured.trial;
  trial.status = verdict.status;
  trial.reason = std::move(verdict.reason);
  trial.exit_code = outcome.exit_code;
  trial.signal = outcome.signal;
  trial.wall_ns = outcome.wall_ns;
  trial.user_ns = outcome.user_ns;
  trial.sys_ns = outcome.sys_ns;
  trial.voluntary_switches = outcome.voluntary_switches;
  trial.involuntary_switches = outcome.involuntary_switches;
  trial.minor_faults = outcome.minor_faults;
  trial.major_faults = outcome.major_faults;
  trial.max_rss_bytes = outcome.max_rss_bytes;
  trial.noise = outcome.noise;
  trial.stdout_bytes = outcome.out.bytes();
  trial.stderr_bytes = outcome.err.bytes();
  measured.log = log_text(outcome);
}

} // namespace

Measured measure(Executor& executor, const Subject& subject, const Case& one, const Rules& rules, std::uint64_t answer,
                 const Conditions& conditions, const std::vector<std::string>& options) {
  Measured measured{.trial = empty_trial(one), .log = {}};
  if (was_replaced(subject)) return replaced(std::move(measured));
  Launch launch = make_launch(subject, one.workload, one.tasks, one.workers, one.phases, conditions);
  launch.command.insert(launch.command.end(), options.begin(), options.end());
  const ProcessOutcome outcome = executor.run(launch);
  Conversation conversation = read_conversation(outcome.result, {one.workload, one.tasks, one.workers});
  const Expectation expected{
      .tasks = one.tasks, .phases = one.phases, .workers = one.workers, .rules = rules, .answer = answer};
  note_process(measured, outcome, judge(outcome, conversation, expected), conditions);
  Trial& trial = measured.trial;
  if (trial.status == Status::ok) trial.unaccounted_ns = unaccounted_time(conversation, outcome.result_ns);
  trial.unknown_keys = conversation.unknown_keys;
  trial.samples = std::move(conversation.samples);
  trial.histograms = std::move(conversation.histograms);
  trial.done = std::move(conversation.done);
  trial.unsupported = std::move(conversation.unsupported);
  return measured;
}

Measured measure_benchmark(Executor& executor, const Subject& subject, const Case& one, const Conditions& conditions) {
  Measured measured{.trial = empty_trial(one), .log = {}};
  if (was_replaced(subject)) return replaced(std::move(measured));
  Launch launch{
      .command = subject.command, .workers = one.workers, .cpus = conditions.cpus, .timeout = conditions.timeout};
  const std::vector<std::string> arguments = run_arguments(one.benchmark, conditions.min_time);
  launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
  const ProcessOutcome outcome = executor.run(launch);
  BenchmarkAnswer answer = judge_benchmark(outcome, one.benchmark, subject.row.google_benchmark->allow_debug_library);
  note_process(measured, outcome, std::move(answer.verdict), conditions);
  measured.trial.measurement = std::move(answer.measurement);
  return measured;
}

Trial settled_trial(const Case& one) {
  Trial trial = empty_trial(one);
  trial.status = *one.settled;
  trial.reason = one.why;
  return trial;
}

std::uint64_t ask_oracle(Executor& executor, const Subject& oracle, const std::string& workload, std::uint64_t tasks,
                         std::uint64_t workers, const Conditions& conditions) {
  const ProcessOutcome outcome = executor.run(make_launch(oracle, workload, tasks, workers, 0, conditions));
  const Conversation conversation = read_conversation(outcome.result, {workload, tasks, workers});
  const Expectation expected{.tasks = tasks, .phases = 0, .rules = {}, .answer = {}};
  const Verdict verdict = judge(outcome, conversation, expected);
  if (verdict.status == Status::ok) return conversation.done->answer;
  throw Failure(exit_bad_result, "the oracle " + oracle.row.id + " gives no answer for " + workload + " with " +
                                     std::to_string(tasks) + " tasks (" + std::string(name(verdict.status)) + ": " +
                                     verdict.reason + "), so no answer could be checked");
}

} // namespace flowbench
