// What the user sees: progress on stderr while trials run, and the summary on stdout.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "arm.hpp"

namespace flowbench {

/// Expects the time that is left: a case that has run takes as long as its last trial, one that has not as long as the mean
/// of all that have.
class TimeLeft {
 public:
  explicit TimeLeft(const Agenda& agenda) : agenda_(agenda) {}
  void finished(std::size_t place, std::uint64_t wall_ns);
  /// For the trials from the place `next` on, in ns; 0 while nothing has run.
  [[nodiscard]] std::uint64_t estimate_ns(std::size_t next) const;

 private:
  const Agenda& agenda_;
  std::map<const Case*, std::uint64_t> last_ns_;
  std::uint64_t total_ns_ = 0;
  std::uint64_t count_ = 0;
};

struct ConsoleStyle {
  bool quiet = false;
  bool verbose = false; // one line for each trial
  bool color = false;
  bool rewrite = false; // a terminal: one line, written over and over
};

/// How stderr is to be written to.
[[nodiscard]] ConsoleStyle style_for_stderr(const SessionOptions& options);

class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  /// `agenda` must outlive it.
  Progress(const Agenda& agenda, ConsoleStyle style, std::ostream& err);

  void starting(std::size_t place, Clock::time_point now);
  void finished(const Trial& trial, std::size_t place);
  /// Leaves the line of progress.
  void end();

 private:
  void clear_line();
  [[nodiscard]] std::string colored(Status status) const;

  const Agenda& agenda_;
  ConsoleStyle style_;
  std::ostream& err_;
  TimeLeft time_left_;
  Clock::time_point last_line_{};
  bool line_open_ = false;
};

/// Counts of states for each subject, then every case that is not ok with its reason. `trials` holds the last line of each
/// trial. No statistics: those are flowreport's.
[[nodiscard]] std::string summary_text(const Plan& plan, const std::vector<Trial>& trials);

} // namespace flowbench
