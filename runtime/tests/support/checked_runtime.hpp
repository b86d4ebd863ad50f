#pragma once
/// A runtime for tests: it ends the process when a test hangs, and checks at its end that no task was lost.
#include "flowcoro/sched/runtime.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace flowcoro::test {

/// Long enough for any test of this project on a loaded machine under a sanitizer, so that only a hang takes longer.
inline constexpr std::chrono::seconds hang_after{120};

/// Prints the state of a runtime and aborts when its own life takes longer than `limit`: a hang has no other end.
class Watchdog {
 public:
  explicit Watchdog(const Runtime& runtime, std::chrono::seconds limit = hang_after)
      : runtime_{runtime}, thread_{[this, limit] { watch(limit); }} {}
  ~Watchdog() {
    {
      const std::lock_guard lock{mutex_};
      over_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void watch(std::chrono::seconds limit) {
    std::unique_lock lock{mutex_};
    const auto end = std::chrono::steady_clock::now() + limit;
    // Short waits: one lost notification of the C++ library, or a stopped process, must not look like a hang of the test.
    while (!over_ && std::chrono::steady_clock::now() < end) changed_.wait_for(lock, std::chrono::milliseconds{100});
    if (over_) return;
    const RuntimeStats s = runtime_.stats();
    const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::fprintf(stderr,
                 "no progress: submitted %llu, completed %llu, cancelled %llu, moved in %llu and out %llu, parks %llu, "
                 "wakes %llu, timers %llu\n",
                 number(s.submitted), number(s.completed), number(s.cancelled), number(s.moved_in), number(s.moved_out),
                 number(s.parks), number(s.wakes), number(s.timers_fired));
    std::abort();
  }

  const Runtime& runtime_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

[[nodiscard]] inline std::uint64_t started(const RuntimeStats& s) { return s.submitted + s.moved_in; }
[[nodiscard]] inline std::uint64_t ended(const RuntimeStats& s) {
  return s.completed + s.cancelled + s.moved_out + s.abandoned;
}

/// At its end: shut down clean, every task accounted for, and as many lost exceptions as the test announced.
class CheckedRuntime : public Runtime {
 public:
  explicit CheckedRuntime(unsigned workers = 2, std::function<void(std::exception_ptr)> on_unhandled = {})
      : Runtime{RuntimeOptions{workers, std::move(on_unhandled)}}, watchdog_{*this} {}
  ~CheckedRuntime() {
    const ShutdownReport report = shutdown();
    EXPECT_TRUE(report.clean());
    const RuntimeStats s = stats();
    EXPECT_EQ(started(s), ended(s)) << "submitted " << s.submitted << ", moved in " << s.moved_in << ", completed "
                                    << s.completed << ", cancelled " << s.cancelled << ", moved out " << s.moved_out;
    EXPECT_EQ(s.abandoned, 0u);
    EXPECT_EQ(s.unhandled, unhandled_expected_);
  }
  CheckedRuntime(const CheckedRuntime&) = delete;
  CheckedRuntime& operator=(const CheckedRuntime&) = delete;

  void expect_unhandled(std::uint64_t exceptions) noexcept { unhandled_expected_ = exceptions; }

 private:
  std::uint64_t unhandled_expected_ = 0;
  Watchdog watchdog_;
};

} // namespace flowcoro::test
