#include "executor.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "descendants.hpp"
#include "supervision.hpp"
#include "temp_dir.hpp"

namespace flowbench {
namespace {

std::vector<std::string> subject_environment(const fs::path& home, std::uint64_t workers) {
  const char* const path = std::getenv("PATH");
  return {std::string("PATH=") + (path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin"),
          "HOME=" + home.string(),
          "LC_ALL=C",
          "TZ=UTC",
          "FLOWBENCH_FD=3",
          "GOMAXPROCS=" + std::to_string(workers),
          "TOKIO_WORKER_THREADS=" + std::to_string(workers)};
}

// What its control group counted beyond what wait4 told: processes that nobody of the trial waited for.
void add_unwaited_cpu_time(ProcessOutcome& outcome, const CpuTime& before, const CpuTime& after) {
  const std::uint64_t user_ns = after.user_ns - before.user_ns, sys_ns = after.sys_ns - before.sys_ns;
  // Below this the two differ by how each is rounded.
  if (user_ns + sys_ns <= outcome.user_ns + outcome.sys_ns + cpu_clock_slack_ns) return;
  outcome.user_ns = user_ns;
  outcome.sys_ns = sys_ns;
}

} // namespace

Executor::Executor(StopSignals& signals, const TrialLimits& limits, NoiseCounter noise)
    : signals_(signals), cgroup_(limits), noise_(std::move(noise)), foreign_(children()) {
  become_reaper();
}

ProcessOutcome Executor::run(const Launch& launch) {
  ProcessOutcome outcome;
  const TempDir home;
  const SpawnRequest request{.command = launch.command,
                             .environment = subject_environment(home.path(), launch.workers),
                             .working_directory = home.path(),
                             .cpus = launch.cpus};
  cgroup_.prepare();
  const std::uint64_t oom_kills_before = cgroup_.oom_kills();
  const std::uint64_t refused_before = cgroup_.refused_forks();
  const std::optional<CpuTime> cpu_before = cgroup_.cpu_time();
  const NoiseReading before = noise_(launch.cpus);
  const Supervision::Clock::time_point started = Supervision::Clock::now();
  Child child = spawn(request, cgroup_);
  if (!child.error.empty()) {
    outcome.launch_error = child.error;
    return outcome;
  }
  Supervision supervision(std::move(child), started, launch.timeout, signals_, cgroup_, foreign_, outcome);
  supervision.wait_for_end();
  outcome.noise = noise_between(before, noise_(launch.cpus));
  supervision.clear_up();

  if (const std::optional<CpuTime> cpu_after = cgroup_.cpu_time(); cpu_before && cpu_after) {
    add_unwaited_cpu_time(outcome, *cpu_before, *cpu_after);
  }
  outcome.refused_forks = cgroup_.refused_forks() - refused_before;
  const bool oom_killer_struck = cgroup_.oom_kills() > oom_kills_before;
  const bool killed_by_others = outcome.signal == SIGKILL && !outcome.timed_out && !outcome.cancelled;
  outcome.out_of_memory = oom_killer_struck && (cgroup_.counts_own_oom_kills() || killed_by_others);
  return outcome;
}

} // namespace flowbench
