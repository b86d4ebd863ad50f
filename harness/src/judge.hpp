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

/// CPU time comes from two clocks of the kernel; a sample may exceed the process's own total by this much.
inline constexpr std::uint64_t cpu_clock_slack_ns = 1'000'000;

struct Expectation {
  std::uint64_t tasks = 0;
  std::uint64_t phases = 0;
  Rules rules;
  std::optional<std::uint64_t> answer; // the oracle's; nothing while the oracle itself is asked
};

struct Verdict {
  Status status = Status::ok;
  std::string reason; // one line, empty when ok
};

/// The first of these that holds: launch_failed, cancelled, out_of_memory, timed_out, crashed, leaked_processes,
/// protocol_error, unsupported, wrong_answer, ok.
[[nodiscard]] Verdict judge(const ProcessOutcome& outcome, const Conversation& conversation,
                            const Expectation& expected);

/// Only how the process ended, whatever it said; nothing when it ended well.
[[nodiscard]] std::optional<Verdict> judge_process(const ProcessOutcome& outcome);

/// Only the answers: what is wrong with a well-formed conversation, or an empty string.
[[nodiscard]] std::string find_wrong_answer(const Conversation& conversation, const Expectation& expected,
                                            std::uint64_t process_wall_ns, std::uint64_t process_cpu_ns);

} // namespace flowbench
