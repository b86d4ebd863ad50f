#include "flowcoro/park/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <ctime>

namespace flowcoro {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

long futex(const std::atomic<std::uint32_t>* word, int operation, std::uint32_t value,
           const timespec* deadline) noexcept {
  return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
}

} // namespace

bool futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, SteadyTime deadline) noexcept {
  timespec at{};
  const timespec* until = nullptr;
  if (deadline != no_deadline) {
    const std::int64_t ns = deadline.time_since_epoch().count();
    if (ns <= 0) return false;
    at.tv_sec = static_cast<std::time_t>(ns / 1'000'000'000);
    at.tv_nsec = static_cast<long>(ns % 1'000'000'000);
    until = &at;
  }
  // FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC, which is steady_clock here.
  const long result = futex(&word, FUTEX_WAIT_BITSET, expected, until);
  return !(result != 0 && errno == ETIMEDOUT);
}

void futex_wake_one(const std::atomic<std::uint32_t>* word) noexcept { futex(word, FUTEX_WAKE, 1, nullptr); }

void futex_wake_all(const std::atomic<std::uint32_t>* word) noexcept { futex(word, FUTEX_WAKE, INT_MAX, nullptr); }

} // namespace flowcoro
