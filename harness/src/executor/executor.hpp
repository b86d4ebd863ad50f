// Runs one process to its end, whatever it does: drains its pipes, keeps its deadline, leaves nothing of it behind.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "capped_log.hpp"
#include "cgroup.hpp"
#include "noise.hpp"
#include "spawn.hpp"
#include "stop_signals.hpp"

namespace flowbench {

inline constexpr std::size_t most_result_bytes = 16U << 20U;

/// The kernel has several clocks of CPU time; what is in one may exceed the same time in another by this much.
inline constexpr std::uint64_t cpu_clock_slack_ns = 1'000'000;

struct Launch {
  std::vector<std::string> command;
  std::uint64_t workers = 1;
  std::vector<int> cpus;
  std::chrono::milliseconds timeout{60'000};
};

/// How one process ended and what it used. Facts only; judge() gives them a state.
struct ProcessOutcome {
  std::string launch_error; // not empty: it never ran, and nothing below is set
  std::optional<int> exit_code;
  std::optional<int> signal;
  bool timed_out = false;
  bool cancelled = false;
  bool out_of_memory = false;
  std::uint64_t refused_forks = 0; // by --process-limit
  std::string leaked;              // which processes were alive after it; empty: none

  std::string result;             // the first most_result_bytes of its result channel
  std::uint64_t result_bytes = 0; // all of them
  std::uint64_t result_ns = 0;    // from the first of them to the last, as they arrived
  CappedLog out, err;

  std::uint64_t wall_ns = 0; // from before the fork to reaped
  std::uint64_t user_ns = 0; // of all that it started, where a control group counts those too that it did not wait for
  std::uint64_t sys_ns = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t max_rss_bytes = 0;
  Noise noise; // on this machine while it ran
};

class Executor {
 public:
  /// TERM at the deadline, KILL this much later.
  static constexpr std::chrono::milliseconds grace{100};

  /// Becomes the reaper of orphans; children that this process has already are left alone.
  explicit Executor(StopSignals& signals, const TrialLimits& limits = {}, NoiseCounter noise = NoiseMeter());

  /// Blocks until the process and everything that it started are gone: at most timeout + grace and the time the kernel
  /// needs to end them. A stop signal ends it early, a second one at once.
  /// Throws EnvironmentFailure when something of it cannot be killed, or this process is out of descriptors.
  [[nodiscard]] ProcessOutcome run(const Launch& launch);

  [[nodiscard]] const TrialCgroup& cgroup() const { return cgroup_; }

 private:
  StopSignals& signals_;
  TrialCgroup cgroup_;
  NoiseCounter noise_;
  std::set<pid_t> foreign_; // children from before
};

} // namespace flowbench
