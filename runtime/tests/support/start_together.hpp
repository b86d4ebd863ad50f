#pragma once
/// Threads that begin their work at the same moment, so that a race has a chance to happen.
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace flowcoro::test {

/// Every thread waits in arrive_and_wait() until `threads` have come; can be used again for the next round.
/// Written with plain loads: a barrier of the standard library sleeps, and its wakes are seldom simultaneous.
class StartBarrier {
 public:
  explicit StartBarrier(std::size_t threads) noexcept : threads_{threads} {}

  void arrive_and_wait() noexcept {
    const std::size_t round = round_.load(std::memory_order_acquire);
    if (waiting_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      waiting_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    while (round_.load(std::memory_order_acquire) == round) std::this_thread::yield();
  }

 private:
  const std::size_t threads_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::size_t> round_{0};
};

/// Calls function(0) … function(threads - 1), each on a thread of its own, all started at once; returns when all are done.
template <class F>
void start_together(std::size_t threads, F function) {
  StartBarrier barrier{threads};
  std::vector<std::jthread> all;
  all.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    all.emplace_back([&barrier, &function, i] {
      barrier.arrive_and_wait();
      function(i);
    });
  }
}

} // namespace flowcoro::test
