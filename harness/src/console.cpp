#include "console.hpp"

#include <unistd.h>

#include <cstdlib>
#include <ostream>

#include "text.hpp"

namespace flowbench {
namespace {

constexpr std::chrono::seconds plain_interval{5};
constexpr std::uint64_t second_ns = 1'000'000'000;

std::string milliseconds_text(std::uint64_t ns) { return std::to_string(ns / 1'000'000) + " ms"; }

} // namespace

void TimeLeft::finished(std::size_t place, std::uint64_t wall_ns) {
  last_ns_[&agenda_.case_at(place)] = wall_ns;
  total_ns_ += wall_ns;
  ++count_;
}

std::uint64_t TimeLeft::estimate_ns(std::size_t next) const {
  if (count_ == 0) return 0;
  const std::uint64_t mean = total_ns_ / count_;
  std::uint64_t left = 0;
  for (std::size_t place = next; place < agenda_.size(); ++place) {
    const Case& one = agenda_.case_at(place);
    if (one.settled) continue;
    const auto known = last_ns_.find(&one);
    left += known != last_ns_.end() ? known->second : mean;
  }
  return left;
}

ConsoleStyle style_for_stderr(const SessionOptions& options) {
  const char* const term = std::getenv("TERM");
  const bool terminal = isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
  return {.quiet = options.quiet,
          .verbose = options.verbose,
          .color = terminal && options.color,
          .rewrite = terminal && !options.verbose};
}

Progress::Progress(const Agenda& agenda, ConsoleStyle style, std::ostream& err)
    : agenda_(agenda), style_(style), err_(err), time_left_(agenda) {}

void Progress::starting(std::size_t place, Clock::time_point now) {
  if (style_.quiet || style_.verbose) return;
  if (!style_.rewrite && now - last_line_ < plain_interval) return;
  last_line_ = now;
  const std::size_t all = agenda_.size();
  std::string line =
      "[" + std::to_string(place + 1) + "/" + std::to_string(all) + "] " + std::to_string(place * 100 / all) + " %";
  if (const std::uint64_t left = time_left_.estimate_ns(place); left > 0) {
    line += ", " + clock_text(left / second_ns + 1) + " left";
  }
  line += "  " + agenda_.label(place);
  if (style_.rewrite) {
    err_ << "\r\x1b[K" << line << std::flush;
    line_open_ = true;
  } else {
    err_ << line << std::endl;
  }
}

void Progress::finished(const Trial& trial, std::size_t place) {
  const Case& one = agenda_.case_at(place);
  if (!one.settled) time_left_.finished(place, trial.wall_ns);
  if (style_.quiet) return;
  if (!style_.verbose && !is_failure(trial.status)) return;
  clear_line();
  err_ << agenda_.label(place) << (trial.warmup ? " warm-up " : " round ") << trial.round << ": "
       << colored(trial.status);
  if (!one.settled) err_ << " in " << milliseconds_text(trial.wall_ns);
  if (!trial.reason.empty()) err_ << ": " << trial.reason;
  err_ << std::endl;
}

void Progress::end() { clear_line(); }

void Progress::clear_line() {
  if (line_open_) err_ << "\r\x1b[K" << std::flush;
  line_open_ = false;
}

std::string Progress::colored(Status status) const {
  std::string text(name(status));
  if (!style_.color) return text;
  const char* const color = status == Status::ok ? "\x1b[32m" : is_failure(status) ? "\x1b[31m" : "\x1b[33m";
  return color + text + "\x1b[0m";
}

} // namespace flowbench
