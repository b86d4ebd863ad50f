// One poll loop around one running process: its pipes, its end, its deadline and the user's Ctrl-C.
#pragma once

#include <array>
#include <chrono>
#include <set>

#include "executor.hpp"

namespace flowbench {

/// Lives from the start of a process until nothing of it is left.
class Supervision {
 public:
  using Clock = std::chrono::steady_clock;

  Supervision(Child child, Clock::time_point started, std::chrono::milliseconds timeout, StopSignals& signals,
              TrialCgroup& cgroup, const std::set<pid_t>& foreign, ProcessOutcome& outcome);

  /// Returns when the process is reaped; fills in how it ended and what it used.
  void wait_for_end();

  /// After wait_for_end(): notes processes that outlived it, kills them, and takes what is left in the pipes.
  void clear_up();

 private:
  enum class Stage { running, terminating, killing };

  void on_deadline(Clock::time_point now);
  void on_stop_signal();
  void terminate(Clock::time_point now);
  void kill_everything();
  bool drain(std::size_t stream); // whether the pipe may hold more
  void take(std::size_t stream, std::string_view bytes);
  void reap();
  [[nodiscard]] bool something_is_left() const;

  Child child_;
  StopSignals& signals_;
  TrialCgroup& cgroup_;
  const std::set<pid_t>& foreign_;
  ProcessOutcome& outcome_;
  Stage stage_ = Stage::running;
  Clock::time_point started_;
  Clock::time_point deadline_; // of the current stage
  Clock::time_point first_result_;
  bool reaped_ = false;
  bool killed_once_ = false;
};

} // namespace flowbench
