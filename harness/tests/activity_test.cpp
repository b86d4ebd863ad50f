#include "activity.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace flowbench {
namespace {

constexpr std::uint64_t tick = 10'000'000, window = 1'000'000'000; // 100 ticks

using Processes = std::map<pid_t, ProcessInfo>;

void add(Processes& processes, pid_t pid, pid_t parent, std::uint64_t cpu_ticks, std::uint64_t started = 1) {
  processes[pid] = {.pid = pid,
                    .parent = parent,
                    .state = 'R',
                    .name = "p" + std::to_string(pid),
                    .cpu_ticks = cpu_ticks,
                    .started_ticks = started};
}

std::vector<pid_t> pids(const std::vector<BusyProcess>& busy) {
  std::vector<pid_t> found;
  for (const BusyProcess& process : busy) found.push_back(process.pid);
  return found;
}

TEST(BusiestProcesses, AreTheFirstThreeThatDidMoreThanNothing) {
  Processes before, after;
  for (const auto& [pid, ticks] : std::map<pid_t, std::uint64_t>{{11, 40}, {12, 99}, {13, 1}, {14, 50}, {15, 2}}) {
    add(before, pid, 1, 1'000);
    add(after, pid, 1, 1'000 + ticks);
  }
  const std::vector<BusyProcess> busy = busiest_processes(before, after, 99, window, tick);
  EXPECT_EQ(pids(busy), (std::vector<pid_t>{12, 14, 11}));
  EXPECT_EQ(busy[0], (BusyProcess{.pid = 12, .name = "p12", .cpu_milli = 990}));
}

TEST(BusiestProcesses, DoNotCountOursAndWhatStandsBelow) {
  Processes after;
  add(after, 99, 1, 50);
  add(after, 100, 99, 50);
  add(after, 101, 100, 50);
  add(after, 102, 1, 50);
  EXPECT_EQ(pids(busiest_processes({}, after, 99, window, tick)), std::vector<pid_t>{102});
}

TEST(BusiestProcesses, KnowAProcessFromAnEarlierOneOfTheSameNumber) {
  Processes before, after;
  add(before, 11, 1, 1'000, 5);
  add(after, 11, 1, 30, 7);
  EXPECT_EQ(busiest_processes(before, after, 99, window, tick).at(0).cpu_milli, 300U);
}

TEST(WatchOthers, WatchesAtLeastSoLong) {
  const std::optional<Activity> activity = watch_others(std::chrono::milliseconds(20), {0});
  ASSERT_TRUE(activity.has_value());
  EXPECT_GE(activity->window_ns, 20'000'000U);
  for (const BusyProcess& process : activity->busiest) EXPECT_NE(process.pid, getpid());
  EXPECT_EQ(watch_others(std::chrono::milliseconds(0), {0}).has_value(), false);
}

} // namespace
} // namespace flowbench
