#include "flowcoro/observe/dump_on_signal.hpp"

#include "flowcoro/park/detail/block_signals.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <exception>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace flowcoro {
namespace {

// A handler has no argument of its own, so what it needs is found by the signal's number: the eventfd + 1 of the object, and how many
// handlers are inside and may still use it.
struct Target {
  std::atomic<int> event{0};
  std::atomic<int> inside{0};
};
constinit std::array<Target, NSIG> targets;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler takes no lock");

void tell(int event) noexcept {
  const std::uint64_t one = 1;
  // It can only fail when the count is at its end, and then the thread has been told.
  [[maybe_unused]] const ssize_t written = write(event, &one, sizeof one);
}

void on_signal(int signal) {
  const int saved = errno;
  Target& target = targets[static_cast<std::size_t>(signal)];
  // seq_cst, both: ~Writer() takes the event away, then waits for those who are inside. One of the two sees the other.
  target.inside.fetch_add(1, std::memory_order_seq_cst);
  if (const int event = target.event.load(std::memory_order_seq_cst); event != 0) tell(event - 1);
  target.inside.fetch_sub(1, std::memory_order_release);
  errno = saved;
}

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error{error, std::generic_category(), what};
}

bool write_all(int file, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

} // namespace

class DumpOnSignal::Writer {
 public:
  Writer(int file_descriptor, std::filesystem::path path, int signal, DumpFormat format)
      : file_{file_descriptor}, path_{std::move(path)}, signal_{signal}, format_{format} {
    const std::string which = "DumpOnSignal of signal " + std::to_string(signal);
    if (signal <= 0 || signal >= NSIG) fail(EINVAL, which);
    event_ = eventfd(0, EFD_CLOEXEC);
    if (event_ < 0) fail(errno, which);
    int none = 0;
    if (!target().event.compare_exchange_strong(none, event_ + 1, std::memory_order_seq_cst)) {
      close(event_);
      fail(EBUSY, which);
    }
    struct sigaction action{};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    if (sigaction(signal, &action, &before_) != 0) {
      const int error = errno;
      leave();
      fail(error, which);
    }
    // The thread does not block the signal, so it lives only while there is a handler.
    try {
      const detail::BlockSignals blocked; // the new thread inherits the mask
      thread_ = std::thread{[this] { run(); }};
    } catch (...) {
      sigaction(signal_, &before_, nullptr);
      leave();
      throw;
    }
  }
  ~Writer() {
    over_.store(true, std::memory_order_release);
    tell(event_);
    thread_.join();
    sigaction(signal_, &before_, nullptr);
    leave();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> failed{0};

 private:
  [[nodiscard]] Target& target() const noexcept { return targets[static_cast<std::size_t>(signal_)]; }

  void leave() noexcept {
    target().event.store(0, std::memory_order_seq_cst);
    while (target().inside.load(std::memory_order_seq_cst) != 0) std::this_thread::yield(); // for one write()
    close(event_);
  }

  void run() noexcept {
    // So that somebody takes the signal when everybody else blocks it.
    sigset_t mine;
    sigemptyset(&mine);
    sigaddset(&mine, signal_);
    pthread_sigmask(SIG_UNBLOCK, &mine, nullptr);
    for (;;) {
      std::uint64_t told = 0;
      const ssize_t got = read(event_, &told, sizeof told);
      if (over_.load(std::memory_order_acquire)) return;
      if (got != sizeof told) continue; // a handler has run on this thread
      (dump() ? written : failed).fetch_add(1, std::memory_order_release);
    }
  }

  [[nodiscard]] bool dump() noexcept {
    try {
      std::ostringstream text;
      if (format_ == DumpFormat::json) {
        write_json(text, await_chains());
        text << '\n';
      } else {
        text << "flowcoro, process " << getpid() << ": ";
        write_text(text, await_chains());
      }
      if (file_ >= 0) return write_all(file_, text.view());
      const int opened = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
      if (opened < 0) return false;
      const bool all = write_all(opened, text.view());
      return close(opened) == 0 && all;
    } catch (const std::exception&) {
      return false; // no memory; it is counted
    }
  }

  const int file_; // or -1: then the path
  const std::filesystem::path path_;
  const int signal_;
  const DumpFormat format_;
  int event_ = -1;
  std::atomic<bool> over_{false};
  std::thread thread_;
  struct sigaction before_{};
};

DumpOnSignal::DumpOnSignal(int file_descriptor, int signal, DumpFormat format)
    : writer_{std::make_unique<Writer>(file_descriptor, std::filesystem::path{}, signal, format)} {}
DumpOnSignal::DumpOnSignal(std::filesystem::path file, int signal, DumpFormat format)
    : writer_{std::make_unique<Writer>(-1, std::move(file), signal, format)} {}
DumpOnSignal::~DumpOnSignal() = default;

std::uint64_t DumpOnSignal::written() const noexcept { return writer_->written.load(std::memory_order_acquire); }
std::uint64_t DumpOnSignal::failed() const noexcept { return writer_->failed.load(std::memory_order_acquire); }

} // namespace flowcoro
