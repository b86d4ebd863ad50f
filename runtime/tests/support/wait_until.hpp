#pragma once
/// Waiting until another thread has come so far.
#include <atomic>
#include <concepts>
#include <thread>

namespace flowcoro::test {

/// Yields the CPU meanwhile: what is waited for is the point of the test, and a lost wake ends it through the watchdog of
/// CheckedRuntime.
inline void wait_until(const std::atomic<bool>& flag) {
  while (!flag.load(std::memory_order_acquire)) std::this_thread::yield();
}
template <std::predicate F>
void wait_until(F reached) {
  while (!reached()) std::this_thread::yield();
}

} // namespace flowcoro::test
