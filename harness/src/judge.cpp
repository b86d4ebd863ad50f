#include "judge.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "text.hpp"

namespace flowbench {
namespace {

std::string signal_text(int signal) {
  const char* const abbreviation = sigabbrev_np(signal);
  return "signal " + std::to_string(signal) +
         (abbreviation != nullptr ? std::string(" (SIG") + abbreviation + ")" : "");
}

// What a process said last, to put behind a reason: its stderr, else its stdout.
std::string last_words(const ProcessOutcome& outcome) {
  std::string words = last_line(outcome.err.text());
  if (words.empty()) words = last_line(outcome.out.text());
  return words.empty() ? "" : ": " + words;
}

// The dynamic loader runs as the program that it cannot load: exec has gone well by then.
bool lacks_library(const ProcessOutcome& outcome) {
  return outcome.exit_code == 127 && outcome.result_bytes == 0 &&
         last_line(outcome.err.text()).find(": error while loading shared libraries: ") != std::string::npos;
}

std::string numbers_differ(const std::string& what, std::uint64_t is, std::uint64_t should_be) {
  return what + " is " + std::to_string(is) + ", expected " + std::to_string(should_be);
}

std::optional<std::uint64_t> counted_by(const Conversation& conversation, const std::string& of) {
  for (const Histogram& histogram : conversation.histograms) {
    if (histogram.of != of) continue;
    std::uint64_t counted = 0;
    for (const auto& [bound, count] : histogram.buckets) counted += count;
    return counted;
  }
  return std::nullopt;
}

// Each histogram has its share of the tasks of every sample; which tasks of the last, cut round are its own is not known here.
std::string find_wrong_histogram(const Conversation& conversation, const Expectation& expected) {
  std::uint64_t round = 0;
  for (const HistogramRule& rule : expected.rules.histograms) round += rule.parts;
  std::uint64_t total = 0;
  for (const HistogramRule& rule : expected.rules.histograms) {
    const std::optional<std::uint64_t> found = counted_by(conversation, rule.of);
    const std::uint64_t counted = found.value_or(0);
    const std::uint64_t whole = expected.tasks / round * rule.parts;
    const std::uint64_t cut = expected.tasks % round;
    const std::uint64_t others = round - rule.parts;
    const std::uint64_t samples = conversation.samples.size();
    const std::uint64_t least = samples * (whole + (cut > others ? cut - others : 0));
    const std::uint64_t most = samples * (whole + std::min(cut, rule.parts));
    if (!found && most > 0) return "histogram " + rule.of + " is missing";
    if (counted < least) return numbers_differ("count of histogram " + rule.of, counted, least);
    if (counted > most) return numbers_differ("count of histogram " + rule.of, counted, most);
    total += counted;
  }
  const std::uint64_t due = expected.tasks * conversation.samples.size();
  return round == 0 || total == due ? "" : numbers_differ("count of all histograms", total, due);
}

std::string find_broken_rule(const Conversation& conversation, const Expectation& expected) {
  const std::uint64_t least_wall_ns = expected.rules.least_wall_ns(expected.tasks);
  for (const Sample& sample : conversation.samples) {
    const std::string of_sample = " of sample " + std::to_string(sample.i);
    if (sample.early_wakes.value_or(0) > 0) {
      return std::to_string(*sample.early_wakes) + " wake-ups before they were due in sample " +
             std::to_string(sample.i);
    }
    if (sample.wall_ns < least_wall_ns) {
      return "wall_ns" + of_sample + " is " + std::to_string(sample.wall_ns) + ", below the " +
             std::to_string(least_wall_ns) + " that the work takes at least";
    }
    if (!expected.rules.all_in_flight && expected.rules.most_in_flight == 0) continue;
    if (!sample.max_in_flight) return "max_in_flight" + of_sample + " is missing";
    if (expected.rules.all_in_flight && *sample.max_in_flight > expected.tasks) {
      return numbers_differ("max_in_flight" + of_sample, *sample.max_in_flight, expected.tasks);
    }
    if (expected.rules.most_in_flight > 0 && *sample.max_in_flight > expected.rules.most_in_flight) {
      return "max_in_flight" + of_sample + " is " + std::to_string(*sample.max_in_flight) + ", above the limit of " +
             std::to_string(expected.rules.most_in_flight);
    }
  }
  return conversation.samples.empty() ? "" : find_wrong_histogram(conversation, expected);
}

} // namespace

std::string find_wrong_answer(const Conversation& conversation, const Expectation& expected,
                              std::uint64_t process_wall_ns, std::uint64_t process_cpu_ns) {
  if (conversation.samples.size() != expected.phases) {
    return numbers_differ("number of samples", conversation.samples.size(), expected.phases);
  }
  if (conversation.done->completed != expected.tasks) {
    return numbers_differ("completed", conversation.done->completed, expected.tasks);
  }
  if (expected.answer && conversation.done->answer != *expected.answer) {
    return numbers_differ("answer", conversation.done->answer, *expected.answer);
  }
  // Subtracting from what is left, so that absurd values cannot wrap around.
  std::uint64_t wall_left = process_wall_ns;
  std::uint64_t cpu_left = process_cpu_ns + cpu_clock_slack_ns;
  for (const Sample& sample : conversation.samples) {
    if (sample.wall_ns == 0) return "wall_ns of sample " + std::to_string(sample.i) + " is 0";
    if (sample.wall_ns > wall_left) {
      return "the samples took longer than the whole process (" + std::to_string(process_wall_ns) + " ns)";
    }
    if (sample.cpu_ns > cpu_left) {
      return "the samples used more CPU time than the whole process (" + std::to_string(process_cpu_ns) + " ns)";
    }
    if (expected.tasks / most_tasks_per_ns / expected.workers > sample.wall_ns) {
      return "wall_ns of sample " + std::to_string(sample.i) + " is " + std::to_string(sample.wall_ns) + " for " +
             std::to_string(expected.tasks) + " tasks, faster than any CPU";
    }
    wall_left -= sample.wall_ns;
    cpu_left -= sample.cpu_ns;
  }
  return find_broken_rule(conversation, expected);
}

std::string find_mistiming(const Conversation& conversation, const Expectation& expected) {
  if (!expected.rules.all_in_flight) return {};
  for (const Sample& sample : conversation.samples) {
    if (sample.max_in_flight >= expected.tasks) continue;
    return "not all tasks were in flight at once: " +
           numbers_differ("max_in_flight of sample " + std::to_string(sample.i), sample.max_in_flight.value_or(0),
                          expected.tasks);
  }
  return {};
}

namespace {

std::optional<Verdict> judge_end(const ProcessOutcome& outcome) {
  if (!outcome.launch_error.empty()) return Verdict{Status::launch_failed, one_line(outcome.launch_error)};
  if (lacks_library(outcome)) return Verdict{Status::launch_failed, last_line(outcome.err.text())};
  if (outcome.cancelled) return Verdict{Status::cancelled, "the run was interrupted"};
  if (outcome.out_of_memory) return Verdict{Status::out_of_memory, "killed for want of memory" + last_words(outcome)};
  if (outcome.timed_out) return Verdict{Status::timed_out, "still running at the time limit" + last_words(outcome)};
  if (outcome.signal) return Verdict{Status::crashed, "ended by " + signal_text(*outcome.signal) + last_words(outcome)};
  if (outcome.exit_code != 0) {
    return Verdict{Status::crashed,
                   "exit code " + std::to_string(outcome.exit_code.value_or(-1)) + last_words(outcome)};
  }
  if (!outcome.leaked.empty()) {
    return Verdict{Status::leaked_processes, "still alive after it ended: " + one_line(outcome.leaked)};
  }
  if (outcome.result_bytes > outcome.result.size()) {
    return Verdict{Status::protocol_error,
                   "more than 16 MiB of records (" + std::to_string(outcome.result_bytes) + " bytes)"};
  }
  return std::nullopt;
}

} // namespace

std::optional<Verdict> judge_process(const ProcessOutcome& outcome) {
  std::optional<Verdict> verdict = judge_end(outcome);
  if (verdict && outcome.refused_forks > 0) {
    verdict->reason =
        "its process limit refused it " + std::to_string(outcome.refused_forks) + " more; " + verdict->reason;
  }
  return verdict;
}

std::optional<std::uint64_t> unaccounted_time(const Conversation& conversation, std::uint64_t result_ns) {
  std::uint64_t told_ns = 0;
  for (const Sample& sample : conversation.samples) told_ns += sample.wall_ns;
  if (conversation.samples.empty() || result_ns <= told_ns) return std::nullopt;
  const std::uint64_t unaccounted_ns = result_ns - told_ns;
  if (unaccounted_ns <= std::max(told_ns / 20, most_unaccounted_ns)) return std::nullopt;
  return unaccounted_ns;
}

Verdict judge(const ProcessOutcome& outcome, const Conversation& conversation, const Expectation& expected) {
  if (std::optional<Verdict> verdict = judge_process(outcome)) return *std::move(verdict);
  if (!conversation.error.empty()) return {Status::protocol_error, one_line(conversation.error)};
  if (conversation.unsupported) return {Status::unsupported, one_line(conversation.unsupported->reason)};
  std::string wrong = find_wrong_answer(conversation, expected, outcome.wall_ns, outcome.user_ns + outcome.sys_ns);
  if (!wrong.empty()) return {Status::wrong_answer, std::move(wrong)};
  std::string late = find_mistiming(conversation, expected);
  if (!late.empty()) return {Status::mistimed, std::move(late)};
  return {};
}

} // namespace flowbench
