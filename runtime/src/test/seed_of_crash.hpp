#pragma once
/// Names the seed of a test whose process ends in the middle of it.
#include <signal.h>

#include <array>
#include <atomic>
#include <cstdint>

namespace flowcoro::test::detail {

/// While it lives, a fatal signal and the report of a sanitizer come with a line on stderr that names the seed. Where there is
/// one in the process already, a further one does nothing.
class SeedOfCrash {
 public:
  SeedOfCrash() noexcept;
  ~SeedOfCrash();
  SeedOfCrash(const SeedOfCrash&) = delete;
  SeedOfCrash& operator=(const SeedOfCrash&) = delete;

  void set(std::uint64_t seed) noexcept { seed_.store(seed, std::memory_order_relaxed); }

 private:
  static constexpr std::array fatal_signals{SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

  static void on_signal(int number, siginfo_t* info, void* context) noexcept;
  static void name() noexcept;

  std::atomic<std::uint64_t> seed_{0};
  bool is_first_ = false;
  std::array<struct sigaction, fatal_signals.size()> before_{};
};

} // namespace flowcoro::test::detail
