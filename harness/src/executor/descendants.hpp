// The processes below this one, wherever they moved: flowbench is the reaper of every orphan they leave.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

namespace flowbench {

struct ProcessInfo {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?'; // as in /proc/<pid>/stat; 'Z' is a zombie, 'D' cannot be killed now
  std::string name;
};

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
