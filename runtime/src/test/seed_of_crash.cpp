#include "seed_of_crash.hpp"

#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstring>

namespace flowcoro::test::detail {

/// The sanitizers call `callback` before they end the process; there in their builds only.
[[gnu::weak]] void set_death_callback(void (*callback)()) asm("__sanitizer_set_death_callback");

namespace {

/// A signal handler gets no argument of ours.
std::atomic<SeedOfCrash*> current{nullptr};

} // namespace

SeedOfCrash::SeedOfCrash() noexcept {
  SeedOfCrash* none = nullptr;
  is_first_ = current.compare_exchange_strong(none, this, std::memory_order_relaxed);
  if (!is_first_) return;
  if (set_death_callback != nullptr) set_death_callback(&name);
  struct sigaction action{};
  action.sa_sigaction = &on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (std::size_t i = 0; i < fatal_signals.size(); ++i) sigaction(fatal_signals[i], &action, &before_[i]);
}

SeedOfCrash::~SeedOfCrash() {
  if (!is_first_) return;
  for (std::size_t i = 0; i < fatal_signals.size(); ++i) sigaction(fatal_signals[i], &before_[i], nullptr);
  current.store(nullptr, std::memory_order_relaxed);
}

/// Calls nothing that is not safe in a signal handler.
void SeedOfCrash::name() noexcept {
  const SeedOfCrash* failed = current.load(std::memory_order_relaxed);
  if (failed == nullptr) return;
  constexpr char text[] = "flowcoro: the process ended in a test with seed ";
  char line[sizeof text + 21];
  char* end = line + sizeof line;
  char* begin = end;
  *--begin = '\n';
  std::uint64_t rest = failed->seed_.load(std::memory_order_relaxed);
  do *--begin = static_cast<char>('0' + rest % 10);
  while ((rest /= 10) != 0);
  begin -= sizeof text - 1;
  std::memcpy(begin, text, sizeof text - 1);
  static_cast<void>(!write(STDERR_FILENO, begin, static_cast<std::size_t>(end - begin)));
}

/// Leaves the rest to whoever handled the signal before. A fault comes again when this returns; what was sent, as by abort(), must
/// be sent again.
void SeedOfCrash::on_signal(int number, siginfo_t* info, void*) noexcept {
  name();
  const SeedOfCrash* failed = current.load(std::memory_order_relaxed);
  for (std::size_t i = 0; failed != nullptr && i < fatal_signals.size(); ++i)
    if (fatal_signals[i] == number) sigaction(number, &failed->before_[i], nullptr);
  if (info->si_code <= 0) raise(number);
}

} // namespace flowcoro::test::detail
