#include "supervision.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "../failure.hpp"
#include "../text.hpp"
#include "descendants.hpp"

namespace flowbench {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t result_stream = 0, out_stream = 1, err_stream = 2;
constexpr milliseconds exit_grace{10};       // for processes that are ending together with their parent
constexpr milliseconds kill_patience{5'000}; // longer than the kernel needs to tear a large process down
constexpr milliseconds kill_interval{20};

std::uint64_t nanoseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_usec) * 1'000U;
}

std::uint64_t counted(long value) { return static_cast<std::uint64_t>(std::max(value, 0L)); }

void pause_for(milliseconds duration) { poll(nullptr, 0, static_cast<int>(duration.count())); }

} // namespace

Supervision::Supervision(Child child, Clock::time_point started, milliseconds timeout, StopSignals& signals,
                         TrialCgroup& cgroup, const std::set<pid_t>& foreign, ProcessOutcome& outcome)
    : child_(std::move(child)),
      signals_(signals),
      cgroup_(cgroup),
      foreign_(foreign),
      outcome_(outcome),
      started_(started),
      deadline_(started + timeout) {}

void Supervision::wait_for_end() {
  enum : std::size_t { ended = 3, stop = 4 }; // behind the three streams
  while (!reaped_) {
    std::array<pollfd, 5> fds{{{child_.result.get(), POLLIN, 0},
                               {child_.out.get(), POLLIN, 0},
                               {child_.err.get(), POLLIN, 0},
                               {child_.handle.get(), POLLIN, 0},
                               {signals_.fd(), POLLIN, 0}}}; // a negative descriptor is skipped
    const auto left = std::max(deadline_ - Clock::now(), Clock::duration::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{seconds.count(), (left - seconds).count()};
    if (ppoll(fds.data(), fds.size(), &timeout, nullptr) < 0 && errno != EINTR) {
      throw EnvironmentFailure("poll: " + error_text(errno));
    }
    for (std::size_t stream = result_stream; stream <= err_stream; ++stream) {
      if (fds[stream].revents != 0) drain(stream);
    }
    if (fds[ended].revents != 0) {
      reap();
      break;
    }
    if (fds[stop].revents != 0) on_stop_signal();
    if (const Clock::time_point now = Clock::now(); now >= deadline_) on_deadline(now);
  }
}

void Supervision::on_deadline(Clock::time_point now) {
  switch (stage_) {
    case Stage::running:
      outcome_.timed_out = true;
      terminate(now);
      break;
    case Stage::terminating:
      stage_ = Stage::killing;
      deadline_ = now + kill_patience;
      kill_everything();
      break;
    case Stage::killing:
      throw EnvironmentFailure("process " + std::to_string(child_.pid) +
                               " cannot be killed; the machine needs attention before it is measured on");
  }
}

void Supervision::on_stop_signal() {
  if (!signals_.take()) return;
  outcome_.cancelled = true;
  if (stage_ == Stage::running) {
    terminate(Clock::now());
  } else if (stage_ == Stage::terminating) {
    on_deadline(Clock::now()); // the second signal: no more grace
  }
}

void Supervision::terminate(Clock::time_point now) {
  stage_ = Stage::terminating;
  deadline_ = now + Executor::grace;
  kill(-child_.pid, SIGTERM);
  kill(-child_.pid, SIGCONT); // a stopped process cannot act on SIGTERM
}

void Supervision::kill_everything() {
  const bool group = cgroup_.kill_all();
  if (!reaped_) kill(-child_.pid, SIGKILL);
  // Reading all of /proc takes a while on a busy machine; with a group it is only for those who left it.
  if (group && !std::exchange(killed_once_, true)) return;
  for (const ProcessInfo& process : living_descendants(foreign_)) kill_process(process);
}

bool Supervision::drain(std::size_t stream) {
  FileDescriptor& pipe = stream == result_stream ? child_.result : stream == out_stream ? child_.out : child_.err;
  char chunk[64 * 1024];
  // Bounded, so that a flood on one pipe cannot hold up the deadline.
  for (int turn = 0; turn < 16 && pipe.is_open(); ++turn) {
    const ssize_t got = read(pipe.get(), chunk, sizeof chunk);
    if (got > 0) {
      take(stream, std::string_view(chunk, static_cast<std::size_t>(got)));
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      pipe.reset();
    } else if (errno == EAGAIN) {
      return false;
    }
  }
  return pipe.is_open();
}

void Supervision::take(std::size_t stream, std::string_view bytes) {
  if (stream != result_stream) {
    (stream == out_stream ? outcome_.out : outcome_.err).add(bytes);
    return;
  }
  const Clock::time_point now = Clock::now();
  if (outcome_.result_bytes == 0) first_result_ = now;
  outcome_.result_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(now - first_result_).count());
  outcome_.result_bytes += bytes.size();
  outcome_.result += bytes.substr(0, most_result_bytes - outcome_.result.size());
}

void Supervision::reap() {
  int status = 0;
  rusage usage{};
  if (wait4(child_.pid, &status, 0, &usage) != child_.pid) throw EnvironmentFailure("wait4: " + error_text(errno));
  const auto wall = Clock::now() - started_;
  reaped_ = true;
  outcome_.wall_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(wall).count());
  if (WIFEXITED(status)) outcome_.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome_.signal = WTERMSIG(status);
  outcome_.user_ns = nanoseconds(usage.ru_utime);
  outcome_.sys_ns = nanoseconds(usage.ru_stime);
  outcome_.voluntary_switches = counted(usage.ru_nvcsw);
  outcome_.involuntary_switches = counted(usage.ru_nivcsw);
  outcome_.minor_faults = counted(usage.ru_minflt);
  outcome_.major_faults = counted(usage.ru_majflt);
  outcome_.max_rss_bytes = counted(usage.ru_maxrss) * 1024;
}

bool Supervision::something_is_left() const {
  reap_zombies(foreign_);
  if (cgroup_.populated()) return true;
  if (foreign_.empty()) {
    siginfo_t info{};
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0; // else ECHILD: no child at all
  }
  return !living_descendants(foreign_).empty();
}

void Supervision::clear_up() {
  const Clock::time_point exited = Clock::now();
  while (something_is_left() && Clock::now() < exited + exit_grace) pause_for(milliseconds(1));
  const bool was_stopped = outcome_.timed_out || outcome_.cancelled;
  if (something_is_left() && !was_stopped) {
    std::vector<std::string> names;
    for (const ProcessInfo& process : living_descendants(foreign_)) {
      names.push_back(process.name + " (pid " + std::to_string(process.pid) + ")");
    }
    outcome_.leaked = names.empty() ? "a process of its control group" : join(names, ", ");
  }
  while (something_is_left()) {
    if (Clock::now() > exited + kill_patience) {
      throw EnvironmentFailure("what process " + std::to_string(child_.pid) +
                               " started cannot be killed; the machine needs attention before it is measured on");
    }
    kill_everything();
    for (int turn = 0; turn < kill_interval.count() && something_is_left(); ++turn) pause_for(milliseconds(1));
  }
  // Every writer is dead, so what the pipes hold now is all there will ever be.
  for (const std::size_t stream : {result_stream, out_stream, err_stream}) {
    for (int turn = 0; turn < 64 && drain(stream); ++turn) {
    }
  }
}

} // namespace flowbench
