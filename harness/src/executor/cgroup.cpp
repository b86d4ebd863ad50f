#include "cgroup.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "../failure.hpp"
#include "../numbers.hpp"
#include "../text.hpp"

namespace flowbench {
namespace {

bool write_value(const fs::path& file, std::string_view value) {
  const FileDescriptor fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd.is_open() && write_all(fd.get(), value) == 0;
}

bool lists(std::string_view text, const std::string& word, char separator) {
  const std::vector<std::string> words = split(text, separator);
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The number behind "key " in a file of "key number" lines.
std::optional<std::uint64_t> keyed_value(const fs::path& file, const std::string& key) {
  const std::optional<std::string> text = read_system_file(file);
  if (!text) return std::nullopt;
  for (const std::string& line : split(*text, '\n')) {
    if (line.starts_with(key + " ")) return parse_u64(trim(std::string_view(line).substr(key.size() + 1)));
  }
  return std::nullopt;
}

// The path of this process in a hierarchy: the third field of its line in /proc/self/cgroup.
std::optional<std::string> path_in_hierarchy(const std::string& controller) {
  for (const std::string& line : split(read_system_file("/proc/self/cgroup").value_or(""), '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool wanted = controller.empty() ? controllers.empty() : lists(controllers, controller, ',');
    if (wanted) return line.substr(second + 1);
  }
  return std::nullopt;
}

// flowbench-<namespace>-<pid>-: numbers of processes mean something within their namespace only, groups are seen by all.
std::string group_prefix() {
  std::error_code error;
  std::string space = fs::read_symlink("/proc/self/ns/pid", error).string(); // pid:[4026531836]
  std::erase_if(space, [](char c) { return c < '0' || c > '9'; });
  return "flowbench-" + space + "-";
}

// Groups that a killed flowbench left behind: its subjects died with it, daemons may not have.
void remove_stale_groups(const fs::path& parent) {
  const std::string prefix = group_prefix();
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, error)) {
    const std::string folder = entry.path().filename().string();
    if (!folder.starts_with(prefix)) continue;
    const std::vector<std::string> words = split(folder.substr(prefix.size()), '-'); // <pid>-<number>
    const std::optional<std::uint64_t> pid = words.size() == 2 ? parse_u64(words[0]) : std::nullopt;
    if (!pid || kill(static_cast<pid_t>(*pid), 0) == 0 || errno != ESRCH) continue;
    write_value(entry.path() / "cgroup.kill", "1");
    rmdir(entry.path().c_str()); // fails while a process is still dying; the next start tries again
  }
}

std::optional<fs::path> make_group(const fs::path& own, int number) {
  remove_stale_groups(own);
  fs::path group = own / (group_prefix() + std::to_string(getpid()) + "-" + std::to_string(number));
  if (mkdir(group.c_str(), 0755) != 0 && errno != EEXIST) return std::nullopt;
  return group;
}

// Whether a process that is born into the group lives: a sandbox may forbid it, a kernel may kill it (see prepare()).
bool can_be_born_into(int group) {
  clone_args arguments{};
  arguments.flags = CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<__u64>(group);
  const auto pid = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
  if (pid == 0) _exit(0);
  int status = 0;
  return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status);
}

} // namespace

std::optional<fs::path> own_cgroup(const std::string& controller) {
  const std::optional<std::string> path = path_in_hierarchy(controller);
  if (!path || path->starts_with("/..")) return std::nullopt;
  // A line of mountinfo: id parent device root mount_point options ... - type source super_options
  for (const std::string& line : split(read_system_file("/proc/self/mountinfo").value_or(""), '\n')) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const std::vector<std::string> mount = split(line.substr(0, dash), ' ');
    const std::vector<std::string> type = split(line.substr(dash + 3), ' ');
    if (mount.size() < 5 || type.size() < 3) continue;
    const bool wanted =
        controller.empty() ? type[0] == "cgroup2" : type[0] == "cgroup" && lists(type[2], controller, ',');
    if (!wanted) continue;
    const std::string& root = mount[3];
    std::string below = *path;
    if (root != "/") {
      if (!below.starts_with(root)) continue;
      below = below.substr(root.size());
    }
    fs::path folder = fs::path(mount[4]) / fs::path(below).relative_path();
    std::error_code error;
    if (fs::is_directory(folder, error)) return folder;
  }
  return std::nullopt;
}

TrialCgroup::TrialCgroup(const TrialLimits& limits) : limits_(limits), own_v2_(own_cgroup("")) {
  const std::optional<fs::path> own_v1_memory = own_cgroup("memory");
  if (make_birth_group()) {
    description_ = access((v2_ / "cgroup.kill").c_str(), W_OK) == 0 ? "v2 with cgroup.kill" : "v2";
  }
  if (limits_.memory_bytes) limit_memory(own_v1_memory);
  if (limits_.processes) limit_processes();
  if (description_.empty()) description_ = "none";
  if (oom_counter_.empty()) find_oom_counter(own_v2_, own_v1_memory);
}

TrialCgroup::~TrialCgroup() {
  birth_.reset();
  joins_.clear();
  for (const fs::path& folder : made_) {
    // A process that has just died may keep its group busy for a moment.
    for (int attempt = 0; rmdir(folder.c_str()) != 0 && errno == EBUSY && attempt < 100; ++attempt) usleep(1000);
  }
}

void TrialCgroup::prepare() {
  // A subject may have frozen the group: whoever is born into it would never come to its exec.
  const bool frozen = !v2_.empty() && keyed_value(v2_ / "cgroup.events", "frozen").value_or(0) != 0;
  if (!std::exchange(killed_, false) && !frozen) return;
  birth_.reset();
  std::erase_if(made_, [](const fs::path& folder) { return rmdir(folder.c_str()) == 0; }); // the rest: destructor
  if (!make_birth_group()) throw EnvironmentFailure("cannot make another control group in " + own_v2_->string());
  if (memory_in_v2_ && !limit_v2_memory()) throw EnvironmentFailure("cannot limit the memory of another control group");
  if (processes_in_v2_ && !limit_v2_processes()) {
    throw EnvironmentFailure("cannot limit the processes of another control group");
  }
}

bool TrialCgroup::make_birth_group() {
  v2_.clear();
  const std::optional<fs::path> group = own_v2_ ? make_group(*own_v2_, number_++) : std::optional<fs::path>();
  if (!group) return false;
  made_.push_back(*group);
  FileDescriptor folder(open(group->c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || !can_be_born_into(folder.get())) return false;
  v2_ = *group;
  birth_ = std::move(folder);
  return true;
}

bool TrialCgroup::limit_v2_memory() {
  if (v2_.empty()) return false;
  write_value(v2_.parent_path() / "cgroup.subtree_control", "+memory"); // fails where it is on, or not ours to give
  if (!write_value(v2_ / "memory.max", std::to_string(*limits_.memory_bytes))) return false;
  write_value(v2_ / "memory.swap.max", "0"); // absent without swap accounting
  oom_counter_ = v2_ / "memory.events";
  return true;
}

bool TrialCgroup::limit_v2_processes() {
  if (v2_.empty()) return false;
  write_value(v2_.parent_path() / "cgroup.subtree_control", "+pids"); // as for memory
  if (!write_value(v2_ / "pids.max", std::to_string(*limits_.processes))) return false;
  fork_counter_ = v2_ / "pids.events";
  return true;
}

// Makes a group below `own`, the place of this process in a hierarchy of version 1, which every child joins itself.
bool TrialCgroup::limit_in_v1(const fs::path& own, const char* file, const std::string& limit) {
  const std::optional<fs::path> group = make_group(own, 0);
  if (!group) return false;
  made_.push_back(*group);
  FileDescriptor procs(open((*group / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!procs.is_open() || !write_value(*group / file, limit)) return false;
  joins_.push_back(std::move(procs));
  return true;
}

void TrialCgroup::limit_memory(const std::optional<fs::path>& own_v1_memory) {
  const std::string limit = std::to_string(*limits_.memory_bytes);
  limited_ = memory_in_v2_ = limit_v2_memory();
  if (!limited_ && own_v1_memory && limit_in_v1(*own_v1_memory, "memory.limit_in_bytes", limit)) {
    write_value(made_.back() / "memory.memsw.limit_in_bytes", limit); // absent without swap accounting
    oom_counter_ = made_.back() / "memory.oom_control";
    limited_ = true;
  }
  if (!limited_) {
    throw EnvironmentFailure(
        "--memory-limit needs a control group for memory, and this process may not make one; run as root or without "
        "the limit");
  }
  describe_limit("memory limit " + limit + " bytes");
}

void TrialCgroup::limit_processes() {
  const std::string limit = std::to_string(*limits_.processes);
  processes_in_v2_ = limit_v2_processes();
  const std::optional<fs::path> own_v1 = processes_in_v2_ ? std::nullopt : own_cgroup("pids");
  if (own_v1 && limit_in_v1(*own_v1, "pids.max", limit)) fork_counter_ = made_.back() / "pids.events";
  if (fork_counter_.empty()) {
    throw EnvironmentFailure(
        "--process-limit needs a control group for processes, and this process may not make one; run as root or "
        "without the limit");
  }
  describe_limit("process limit " + limit);
}

void TrialCgroup::describe_limit(const std::string& limit) {
  description_ += (description_.empty() ? "" : ", ") + limit;
}

void TrialCgroup::find_oom_counter(const std::optional<fs::path>& own_v2,
                                   const std::optional<fs::path>& own_v1_memory) {
  std::vector<fs::path> candidates;
  if (own_v1_memory) candidates.push_back(*own_v1_memory / "memory.oom_control");
  if (own_v2) candidates.push_back(*own_v2 / "memory.events");
  candidates.emplace_back("/proc/vmstat");
  for (const fs::path& file : candidates) {
    if (!keyed_value(file, "oom_kill")) continue;
    oom_counter_ = file;
    return;
  }
}

std::vector<int> TrialCgroup::join_fds() const {
  std::vector<int> fds;
  for (const FileDescriptor& fd : joins_) fds.push_back(fd.get());
  return fds;
}

bool TrialCgroup::kill_all() {
  if (v2_.empty()) return false;
  if (write_value(v2_ / "cgroup.kill", "1")) {
    killed_ = true;
    return true;
  }
  for (const std::string& line : split(read_system_file(v2_ / "cgroup.procs").value_or(""), '\n')) {
    if (const std::optional<std::uint64_t> pid = parse_u64(line)) kill(static_cast<pid_t>(*pid), SIGKILL);
  }
  return true;
}

bool TrialCgroup::populated() const {
  return !v2_.empty() && keyed_value(v2_ / "cgroup.events", "populated").value_or(0) != 0;
}

std::uint64_t TrialCgroup::oom_kills() const {
  return oom_counter_.empty() ? 0 : keyed_value(oom_counter_, "oom_kill").value_or(0);
}

std::uint64_t TrialCgroup::refused_forks() const {
  return fork_counter_.empty() ? 0 : keyed_value(fork_counter_, "max").value_or(0);
}

std::optional<CpuTime> TrialCgroup::cpu_time() const {
  if (v2_.empty()) return std::nullopt;
  const std::optional<std::uint64_t> user = keyed_value(v2_ / "cpu.stat", "user_usec");
  const std::optional<std::uint64_t> sys = keyed_value(v2_ / "cpu.stat", "system_usec");
  if (!user || !sys) return std::nullopt;
  return CpuTime{*user * 1000, *sys * 1000};
}

} // namespace flowbench
