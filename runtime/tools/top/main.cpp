/// flowcoro-top: what the runtime of another process does, in a terminal.
#include "client.hpp"
#include "options.hpp"
#include "sample.hpp"
#include "terminal.hpp"
#include "view.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace flowcoro::top;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int exit_no_snapshot = 1;
constexpr int exit_usage = 2;
constexpr auto answer_limit = 2s;

int complain(const std::string& what, int code) {
  const std::string line = "flowcoro-top: " + what + "\n";
  static_cast<void>(!write(STDERR_FILENO, line.data(), line.size()));
  return code;
}

/// How to put right that there is no program to look at.
[[nodiscard]] std::string with_fix(const Fetched& fetched) {
  if (fetched.answer == Answer::nobody)
    return fetched.reason + ": start the program that serves it, or name the path of its SnapshotServer";
  if (fetched.answer == Answer::refused) return fetched.reason + ": run flowcoro-top as that user";
  if (fetched.answer == Answer::late) return fetched.reason + ": is it stopped?";
  return fetched.reason;
}

[[nodiscard]] std::string farewell(const Sample& last) {
  return "flowcoro-top: process " + std::to_string(last.pid) + " has ended, or serves no snapshots any more\n";
}

/// The signals that end it, or change the window, as a file descriptor.
class Signals {
 public:
  Signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH}) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, &before_);
    fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~Signals() {
    close(fd_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// \return one that has come, or 0.
  [[nodiscard]] int take() const noexcept {
    signalfd_siginfo info{};
    return read(fd_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
  }

 private:
  sigset_t before_{};
  int fd_ = -1;
};

/// What happens to the terminal, from the user or the system.
class Input {
 public:
  enum class Event : unsigned char { none, draw, quit };

  [[nodiscard]] std::array<int, 2> fds() const noexcept { return {STDIN_FILENO, signals_.fd()}; }
  /// Waits until something comes, or the time is there.
  [[nodiscard]] Event wait_until(Clock::time_point time) {
    std::array<pollfd, 2> waits{
        {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}, {.fd = signals_.fd(), .events = POLLIN, .revents = 0}}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Clock::now()).count();
    if (poll(waits.data(), waits.size(), left < 0 ? 0 : static_cast<int>(left)) <= 0) return Event::none;
    if (const int signal = signals_.take(); signal != 0) {
      if (signal == SIGWINCH) return Event::draw;
      if (signal != SIGINT) ending_signal_ = signal;
      return Event::quit;
    }
    if (waits[0].revents == 0) return Event::none;
    char key = 0;
    const ssize_t n = read(STDIN_FILENO, &key, 1);
    return n <= 0 || key == 'q' || key == 'Q' ? Event::quit : Event::none;
  }
  /// The one that the process should die of, once the terminal is as it was; 0 for an end that the user wanted.
  [[nodiscard]] int ending_signal() const noexcept { return ending_signal_; }

 private:
  Signals signals_;
  int ending_signal_ = 0;
};

int show_once(const Options& options, Sample first) {
  std::optional<Sample> second;
  const Clock::time_point until = Clock::now() + options.interval;
  while (Clock::now() < until) poll(nullptr, 0, static_cast<int>(options.interval.count()));
  const Fetched fetched = fetch(options.socket, answer_limit, {});
  if (fetched.answer == Answer::snapshot) second = parse_sample(fetched.text);
  // Without an answer what is known is printed all the same.
  const bool same = second && second->pid == first.pid;
  const Sample& now = second ? *second : first;
  std::string text;
  constexpr std::size_t all_rows = 10'000;
  for (const std::string& line : make_frame(same ? &first : nullptr, now, {.columns = 132, .rows = all_rows}, "").lines)
    text += line + "\n";
  if (!second) text += farewell(first);
  print(text);
  return 0;
}

/// \return what to print once the terminal is as it was.
[[nodiscard]] std::string watch(const Options& options, const Terminal& terminal, Input& input, Sample now) {
  std::optional<Sample> before;
  std::string trouble;
  const auto draw = [&] {
    const std::string footer = trouble.empty() ? "q quits" : trouble + "; q quits";
    terminal.draw(make_frame(before ? &*before : nullptr, now, terminal.size(), footer));
  };
  for (;;) {
    draw();
    const Clock::time_point next = Clock::now() + options.interval;
    while (Clock::now() < next) {
      const Input::Event event = input.wait_until(next);
      if (event == Input::Event::quit) return {};
      if (event == Input::Event::draw) draw();
    }
    const auto fds = input.fds();
    Fetched fetched = fetch(options.socket, answer_limit, fds);
    while (fetched.answer == Answer::interrupted) {
      const Input::Event event = input.wait_until(Clock::now());
      if (event == Input::Event::quit) return {};
      if (event == Input::Event::draw) draw();
      fetched = fetch(options.socket, answer_limit, fds);
    }
    if (fetched.answer == Answer::nobody) return farewell(now);
    // It was this user's before.
    trouble = fetched.answer == Answer::refused ? "the program has closed the connection" : fetched.reason;
    if (fetched.answer != Answer::snapshot) continue;
    try {
      Sample sample = parse_sample(fetched.text);
      before.reset();
      if (sample.pid == now.pid) before = std::move(now);
      now = std::move(sample);
    } catch (const SnapshotFailed& error) {
      trouble = error.what();
    }
  }
}

int show(const Options& options, Sample first) {
  const char* no_color = std::getenv("NO_COLOR"); // NOLINT(concurrency-mt-unsafe): one thread
  int ending_signal = 0;
  std::string last_words;
  {
    Input input;
    const Terminal terminal{no_color == nullptr || *no_color == '\0'};
    last_words = watch(options, terminal, input, std::move(first));
    ending_signal = input.ending_signal();
  }
  print(last_words);
  if (ending_signal != 0) std::raise(ending_signal);
  return 0;
}

int run(const Options& options) {
  if (!options.once && (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0))
    return complain("there is no terminal to show it in: add --once for one view as text", exit_usage);
  const Fetched fetched = fetch(options.socket, answer_limit, {});
  if (fetched.answer != Answer::snapshot) return complain(with_fix(fetched), exit_usage);
  Sample first = parse_sample(fetched.text);
  return options.once ? show_once(options, std::move(first)) : show(options, std::move(first));
}

} // namespace

int main(int argc, char** argv) {
  std::string error;
  const auto options = parse_options({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)}, error);
  if (!options) return complain(error, exit_usage);
  if (options->help) return print(usage) ? 0 : 1;
  if (options->version) return print("flowcoro-top " FLOWCORO_VERSION "\n") ? 0 : 1;
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run(*options);
  } catch (const SnapshotFailed& failed) {
    return complain(failed.what(), exit_no_snapshot);
  } catch (const std::exception& other) {
    return complain(other.what(), exit_usage);
  }
}
