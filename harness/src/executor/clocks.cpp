#include "clocks.hpp"

#include <cstdlib>
#include <ctime>
#include <limits>

namespace flowbench {
namespace {

std::int64_t now_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

} // namespace

ClockReading read_clocks() {
  ClockReading best;
  std::int64_t narrowest = std::numeric_limits<std::int64_t>::max();
  // A reader that is preempted between the clocks would call them wrong.
  for (int reading = 0; reading < 5; ++reading) {
    const std::int64_t before = now_ns(CLOCK_MONOTONIC);
    const std::int64_t raw = now_ns(CLOCK_MONOTONIC_RAW);
    const std::int64_t after = now_ns(CLOCK_MONOTONIC);
    if (after - before >= narrowest) continue;
    narrowest = after - before;
    best = {.monotonic_ns = before + (after - before) / 2, .raw_ns = raw};
  }
  return best;
}

ClockError clock_error(const ClockReading& before, const ClockReading& after) {
  const std::int64_t monotonic = after.monotonic_ns - before.monotonic_ns;
  const std::int64_t raw = after.raw_ns - before.raw_ns;
  return {.went_back = monotonic < 0 || raw < 0, .ns = static_cast<std::uint64_t>(std::llabs(monotonic - raw))};
}

} // namespace flowbench
