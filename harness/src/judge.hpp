// Gives a finished process its state: what it did against what the contract and the catalog ask for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "catalog.hpp"
#include "executor/executor.hpp"
#include "protocol.hpp"
#include "status.hpp"

namespace flowbench {

/// No CPU ends more tasks in a nanosecond, for each worker: 100 ps is less than half a cycle.
inline constexpr std::uint64_t most_tasks_per_ns = 10;

/// Time between two records that no sample tells of is noted above this, and above 5 % of what the samples tell.
inline constexpr std::uint64_t most_unaccounted_ns = 2'000'000;

struct Expectation {
  std::uint64_t tasks = 0;
  std::uint64_t phases = 0;
  std::uint64_t workers = 1;
  Rules rules;
  std::optional<std::uint64_t> answer; // the oracle's; nothing while the oracle itself is asked
};

struct Verdict {
  Status status = Status::ok;
  std::string reason; // one line, empty when ok
};

/// The first of these that holds: launch_failed, cancelled, out_of_memory, timed_out, crashed, leaked_processes,
/// protocol_error, unsupported, wrong_answer, mistimed, ok.
[[nodiscard]] Verdict judge(const ProcessOutcome& outcome, const Conversation& conversation,
                            const Expectation& expected);

/// Only how the process ended, whatever it said; nothing when it ended well.
[[nodiscard]] std::optional<Verdict> judge_process(const ProcessOutcome& outcome);

/// By how much the records of a good trial came over a longer time than its samples tell, where that is worth a note. What
/// a process does before its first record, and a subject that keeps its records to the end, show nothing here.
[[nodiscard]] std::optional<std::uint64_t> unaccounted_time(const Conversation& conversation, std::uint64_t result_ns);

/// Only the answers: what is wrong with a well-formed conversation, or an empty string.
[[nodiscard]] std::string find_wrong_answer(const Conversation& conversation, const Expectation& expected,
                                            std::uint64_t process_wall_ns, std::uint64_t process_cpu_ns);

/// Only the rules that a subject without fault breaks when the machine lets it wait: how, or an empty string.
[[nodiscard]] std::string find_mistiming(const Conversation& conversation, const Expectation& expected);

} // namespace flowbench
