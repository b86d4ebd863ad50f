#include "clocks.hpp"

#include <charconv>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "../text.hpp"

namespace flowbench {

std::int64_t kernel_clock_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

ClockSource clocks_off_by(std::string_view text) {
  std::int64_t monotonic_ns = 0;
  std::int64_t raw_ns = 0;
  for (const std::string& line : split(text, '\n')) {
    const std::vector<std::string> words = split(line, ' ');
    if (words.size() != 2) continue;
    std::int64_t& off = words[0] == "raw_ns" ? raw_ns : monotonic_ns;
    std::from_chars(words[1].data(), words[1].data() + words[1].size(), off);
  }
  return
      [=](clockid_t clock) { return kernel_clock_ns(clock) + (clock == CLOCK_MONOTONIC_RAW ? raw_ns : monotonic_ns); };
}

ClockReading read_clocks(const ClockSource& now_ns) {
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
