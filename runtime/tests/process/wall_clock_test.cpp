// The wall clock is set back and forth by an hour while coroutines sleep. Nothing of the library looks at it.
#include "flowcoro/flowcoro.hpp"
#include "support/checked_runtime.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

namespace {
std::atomic<long> wall_clock_offset{0}; // seconds
std::atomic<std::size_t> wall_clock_readings{0};
} // namespace

/// In the place of that of the C library, for all that is linked to this program.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (clock == CLOCK_REALTIME && result == 0) {
    time->tv_sec += wall_clock_offset.load(std::memory_order_relaxed);
    wall_clock_readings.fetch_add(1, std::memory_order_relaxed);
  }
  return result;
}

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::spawn_on;
using flowcoro::steady_now;
using flowcoro::SteadyTime;
using flowcoro::sync_wait;
using flowcoro::Task;

TEST(WallClock, IsReallySetByThisTest) {
  const auto before = std::chrono::system_clock::now();
  wall_clock_offset = 3600;
  const auto after = std::chrono::system_clock::now();
  wall_clock_offset = 0;
  EXPECT_GE(after - before, 1h);
  EXPECT_GE(wall_clock_readings.load(), 2u);
}

TEST(WallClock, SetByAnHourEitherWayChangesNoWait) {
  std::atomic<std::size_t> early{0};
  std::size_t readings = 0;
  {
    flowcoro::Runtime runtime{{.workers = 2}};
    readings = wall_clock_readings.load();
    std::vector<Task<>> waiting;
    for (int i = 0; i < 200; ++i)
      waiting.push_back(spawn_on(runtime, [&early]() -> Lazy<void> {
        const SteadyTime begin = steady_now();
        co_await flowcoro::sleep_for(20ms);
        if (steady_now() - begin < 20ms) early.fetch_add(1);
        const SteadyTime again = steady_now();
        auto sleeping = flowcoro::sleep_for(10h);
        auto limited = flowcoro::with_timeout(sleeping, 20ms);
        if ((co_await limited).has_value()) early.fetch_add(1);
        if (steady_now() - again < 20ms) early.fetch_add(1);
      }));
    bool forward = true;
    for (Task<>& task : waiting) {
      wall_clock_offset = forward ? 3600 : -3600;
      forward = !forward;
      sync_wait(runtime, task);
    }
  }
  wall_clock_offset = 0;
  EXPECT_EQ(early, 0u);
  EXPECT_EQ(wall_clock_readings.load(), readings) << "somebody has looked at the wall clock";
}

} // namespace
