// What other processes do to this machine while we watch for a moment.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "executor/descendants.hpp"
#include "executor/noise.hpp"

namespace flowbench {

struct BusyProcess {
  pid_t pid = 0;
  std::string name;            // printable
  std::uint64_t cpu_milli = 0; // of one CPU: 1000 is all of it

  friend bool operator==(const BusyProcess&, const BusyProcess&) = default;
};

struct Activity {
  std::uint64_t window_ns = 0;
  std::size_t cpus = 1; // whose time `noise` counts
  Noise noise;
  std::vector<BusyProcess> busiest; // the most CPU time first
};

/// The processes with the most CPU time between two looks at all of them: at most three, each with at least 2 % of a CPU.
/// `self` and what stands below it are left out.
[[nodiscard]] std::vector<BusyProcess> busiest_processes(const std::map<pid_t, ProcessInfo>& before,
                                                         const std::map<pid_t, ProcessInfo>& after, pid_t self,
                                                         std::uint64_t window_ns, std::uint64_t tick_ns);

/// Watches from its making until stop().
class ActivityWatch {
 public:
  explicit ActivityWatch(std::vector<int> cpus);

  /// Blocks until `at_least` has passed since the start.
  [[nodiscard]] Activity stop(std::chrono::milliseconds at_least) const;

 private:
  std::vector<int> cpus_;
  NoiseMeter meter_;
  NoiseReading before_;
  std::map<pid_t, ProcessInfo> processes_;
  std::chrono::steady_clock::time_point started_;
};

/// Watches for so long; nothing when told not to watch.
[[nodiscard]] std::optional<Activity> watch_others(std::chrono::milliseconds window, const std::vector<int>& cpus);

} // namespace flowbench
