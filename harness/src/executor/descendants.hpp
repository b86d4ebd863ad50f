// The processes below this one, wherever they moved: flowbench is the reaper of every orphan they leave.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace flowbench {

struct ProcessInfo {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?'; // as in /proc/<pid>/stat; 'Z' is a zombie, 'D' cannot be killed now
  std::string name;
  std::uint64_t cpu_ticks = 0;     // user and system time so far
  std::uint64_t started_ticks = 0; // after boot: tells it from an earlier process of the same number
};

/// The text of /proc/<pid>/stat; no value when it is not one.
[[nodiscard]] std::optional<ProcessInfo> parse_process(pid_t pid, std::string_view stat);

/// Every process of this machine that can be seen. Throws EnvironmentFailure when /proc cannot be read.
[[nodiscard]] std::map<pid_t, ProcessInfo> all_processes();

/// Makes this process the parent of orphans below it. Throws EnvironmentFailure.
void become_reaper();

/// The direct children of this process, zombies included.
[[nodiscard]] std::set<pid_t> children();

/// Everything below this process that is alive, except what stands below a pid of `except`. Reads /proc once.
[[nodiscard]] std::vector<ProcessInfo> living_descendants(const std::set<pid_t>& except);

/// Reaps every dead child but those in `except`.
void reap_zombies(const std::set<pid_t>& except);

/// Sends SIGKILL if the process is still the one that was seen.
void kill_process(const ProcessInfo& process);

} // namespace flowbench
