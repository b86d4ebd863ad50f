#include "descendants.hpp"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "../failure.hpp"
#include "../files.hpp"
#include "../numbers.hpp"
#include "../text.hpp"

namespace flowbench {
namespace {

std::optional<ProcessInfo> read_process(pid_t pid) {
  const std::optional<std::string> stat = read_system_file("/proc/" + std::to_string(pid) + "/stat");
  return stat ? parse_process(pid, *stat) : std::nullopt;
}

bool is_dead(const ProcessInfo& process) { return process.state == 'Z' || process.state == 'X'; }

} // namespace

std::optional<ProcessInfo> parse_process(pid_t pid, std::string_view stat) {
  // pid (name) state parent ...; the name may hold spaces and brackets.
  const std::size_t open = stat.find('(');
  const std::size_t close = stat.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  const std::vector<std::string> rest = split(trim(stat.substr(close + 1)), ' ');
  constexpr std::size_t state = 0, parent = 1, user = 11, system = 12, started = 19; // behind the name
  if (rest.size() <= parent || rest[state].empty()) return std::nullopt;
  const std::optional<std::uint64_t> parent_pid = parse_u64(rest[parent]);
  if (!parent_pid) return std::nullopt;
  const auto ticks = [&](std::size_t field) {
    return field < rest.size() ? parse_u64(rest[field]).value_or(0) : std::uint64_t{0};
  };
  return ProcessInfo{.pid = pid,
                     .parent = static_cast<pid_t>(*parent_pid),
                     .state = rest[state][0],
                     .name = one_line(stat.substr(open + 1, close - open - 1), 32),
                     .cpu_ticks = ticks(user) + ticks(system),
                     .started_ticks = ticks(started)};
}

std::map<pid_t, ProcessInfo> all_processes() {
  std::map<pid_t, ProcessInfo> processes;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", error)) {
    const std::optional<std::uint64_t> pid = parse_u64(entry.path().filename().string());
    if (!pid) continue;
    if (std::optional<ProcessInfo> process = read_process(static_cast<pid_t>(*pid))) {
      processes.emplace(process->pid, std::move(*process));
    }
  }
  if (error) throw EnvironmentFailure("cannot read /proc: " + error.message());
  return processes;
}

void become_reaper() {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    throw EnvironmentFailure("cannot adopt the processes that subjects leave behind: " + error_text(errno));
  }
}

std::set<pid_t> children() {
  std::set<pid_t> pids;
  for (const auto& [pid, process] : all_processes()) {
    if (process.parent == getpid()) pids.insert(pid);
  }
  return pids;
}

std::vector<ProcessInfo> living_descendants(const std::set<pid_t>& except) {
  const std::map<pid_t, ProcessInfo> processes = all_processes();
  std::vector<ProcessInfo> living;
  for (const auto& [pid, process] : processes) {
    if (is_dead(process)) continue;
    // Climb to the top; the bound guards against a tree that changed while it was read.
    pid_t at = pid;
    for (int steps = 0; steps < 1000 && !except.contains(at); ++steps) {
      const auto found = processes.find(at);
      if (found == processes.end()) break;
      at = found->second.parent;
      if (at == getpid()) {
        living.push_back(process);
        break;
      }
    }
  }
  return living;
}

void reap_zombies(const std::set<pid_t>& except) {
  if (except.empty()) {
    while (waitpid(-1, nullptr, WNOHANG | __WALL) > 0) {
    }
    return;
  }
  for (const pid_t pid : children()) {
    if (!except.contains(pid)) waitpid(pid, nullptr, WNOHANG | __WALL);
  }
}

void kill_process(const ProcessInfo& process) {
  const FileDescriptor handle(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  if (!handle.is_open()) return; // gone already
  // The number may have gone to another process since /proc was read; the handle is fixed from here on.
  const std::optional<ProcessInfo> now = read_process(process.pid);
  const bool same = now && (now->parent == process.parent || now->parent == getpid());
  if (same) syscall(SYS_pidfd_send_signal, handle.get(), SIGKILL, nullptr, 0);
}

} // namespace flowbench
