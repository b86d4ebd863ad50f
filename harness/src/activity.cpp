#include "activity.hpp"

#include <unistd.h>

#include <algorithm>
#include <thread>

namespace flowbench {
namespace {

constexpr std::size_t most_shown = 3;
constexpr std::uint64_t least_cpu_milli = 20;

bool is_below(const std::map<pid_t, ProcessInfo>& processes, pid_t pid, pid_t self) {
  // The bound guards against a tree that changed while it was read.
  for (int steps = 0; steps < 1000; ++steps) {
    if (pid == self) return true;
    const auto found = processes.find(pid);
    if (found == processes.end()) return false;
    pid = found->second.parent;
  }
  return false;
}

} // namespace

std::vector<BusyProcess> busiest_processes(const std::map<pid_t, ProcessInfo>& before,
                                           const std::map<pid_t, ProcessInfo>& after, pid_t self,
                                           std::uint64_t window_ns, std::uint64_t tick) {
  std::vector<BusyProcess> busy;
  for (const auto& [pid, now] : after) {
    const auto then = before.find(pid);
    const bool is_the_same = then != before.end() && then->second.started_ticks == now.started_ticks;
    const std::uint64_t earlier = is_the_same ? std::min(then->second.cpu_ticks, now.cpu_ticks) : 0;
    const std::uint64_t cpu_milli = (now.cpu_ticks - earlier) * tick * 1000 / std::max<std::uint64_t>(1, window_ns);
    if (cpu_milli < least_cpu_milli || is_below(after, pid, self)) continue;
    busy.push_back({pid, now.name, cpu_milli});
  }
  std::sort(busy.begin(), busy.end(), [](const BusyProcess& a, const BusyProcess& b) {
    return a.cpu_milli != b.cpu_milli ? a.cpu_milli > b.cpu_milli : a.pid < b.pid;
  });
  if (busy.size() > most_shown) busy.resize(most_shown);
  return busy;
}

ActivityWatch::ActivityWatch(std::vector<int> cpus)
    : cpus_(std::move(cpus)),
      before_(meter_(cpus_)),
      processes_(all_processes()),
      started_(std::chrono::steady_clock::now()) {}

std::optional<Activity> watch_others(std::chrono::milliseconds window, const std::vector<int>& cpus) {
  if (window.count() == 0) return std::nullopt;
  return ActivityWatch(cpus).stop(window);
}

Activity ActivityWatch::stop(std::chrono::milliseconds at_least) const {
  std::this_thread::sleep_until(started_ + at_least);
  const auto window = std::chrono::steady_clock::now() - started_;
  Activity activity;
  activity.window_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(window).count());
  activity.cpus = cpus_.size();
  activity.noise = noise_between(before_, meter_(cpus_));
  activity.busiest = busiest_processes(processes_, all_processes(), getpid(), activity.window_ns, clock_tick_ns());
  return activity;
}

} // namespace flowbench
