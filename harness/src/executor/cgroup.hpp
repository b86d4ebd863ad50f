// The control group that the measured processes live in, where this machine lets us make one.
//
// A process is born into the version-2 group (CLONE_INTO_CGROUP): joining one after the fork waits for a grace period of
// the kernel, about 8 ms, and would be counted as the subject's. For the same reason memory is left to the group that
// flowbench itself is in, unless a limit is asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "../files.hpp"

namespace flowbench {

struct CpuTime {
  std::uint64_t user_ns = 0;
  std::uint64_t sys_ns = 0;
};

/// What one trial may take, where something is asked for.
struct TrialLimits {
  std::optional<std::uint64_t> memory_bytes{};
  std::optional<std::uint64_t> processes{}; // and threads
};

class TrialCgroup {
 public:
  /// Finds what this machine allows and makes it; with nothing allowed the object does nothing, and says so.
  /// Throws EnvironmentFailure when a limit is asked for and cannot be set.
  explicit TrialCgroup(const TrialLimits& limits);
  TrialCgroup(const TrialCgroup&) = delete;
  TrialCgroup& operator=(const TrialCgroup&) = delete;
  ~TrialCgroup();

  /// To be called before each process. A group that was killed or frozen is replaced by a new one: Linux 6.14 and later kill whoever
  /// is born into a group in which cgroup.kill was ever used.
  void prepare();

  /// The folder of the version-2 group to be born into; -1 when there is none.
  [[nodiscard]] int birth_fd() const { return birth_.get(); }

  /// `cgroup.procs` of the groups that a child has to join itself.
  [[nodiscard]] std::vector<int> join_fds() const;

  /// Sends SIGKILL to every process of the group, those born meanwhile included where cgroup.kill exists.
  /// Returns whether there is a group.
  bool kill_all();

  /// Whether a process is alive in the group; false when there is no group.
  [[nodiscard]] bool populated() const;

  /// How often the kernel's OOM killer struck so far, in the narrowest place that counts it.
  [[nodiscard]] std::uint64_t oom_kills() const;

  /// Whether oom_kills() counts the measured processes only.
  [[nodiscard]] bool counts_own_oom_kills() const { return limited_; }

  /// How often the limit of processes refused a new one so far; 0 without a limit.
  [[nodiscard]] std::uint64_t refused_forks() const;

  /// CPU time of everything that was ever in the group, reaped by whomever; nothing where the kernel does not count it.
  [[nodiscard]] std::optional<CpuTime> cpu_time() const;

  /// For environment.cgroup: what is used, and what limits apply.
  [[nodiscard]] const std::string& description() const { return description_; }

 private:
  bool make_birth_group();
  bool limit_v2_memory();
  bool limit_v2_processes();
  void limit_memory(const std::optional<fs::path>& own_v1_memory);
  void limit_processes();
  bool limit_in_v1(const fs::path& own, const char* file, const std::string& limit);
  void describe_limit(const std::string& limit);
  void find_oom_counter(const std::optional<fs::path>& own_v2, const std::optional<fs::path>& own_v1_memory);

  TrialLimits limits_;
  std::optional<fs::path> own_v2_; // where this process is in version 2
  std::vector<fs::path> made_;     // folders to remove
  fs::path v2_;                    // the group; empty when there is none
  FileDescriptor birth_;
  bool killed_ = false; // cgroup.kill was used in v2_
  int number_ = 0;      // of groups made so far
  std::vector<FileDescriptor> joins_;
  fs::path oom_counter_;
  fs::path fork_counter_;
  bool limited_ = false;      // memory
  bool memory_in_v2_ = false; // and not in a group of version 1
  bool processes_in_v2_ = false;
  std::string description_;
};

/// Where this process stands in the hierarchy with `controller` ("memory", "cpu"), or in version 2 with an empty name;
/// nothing when it is not mounted or out of sight.
[[nodiscard]] std::optional<fs::path> own_cgroup(const std::string& controller);

} // namespace flowbench
