#include "flowcoro/base/spin_wait.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace {

TEST(SpinWait, LetsTheThreadRunThatIsWaitedFor) {
  // More threads than CPUs, each of which waits for the one before it.
  constexpr int threads = 16;
  std::atomic<int> turn{0};
  {
    std::jthread all[threads];
    for (int i = threads; i-- > 0;)
      all[i] = std::jthread{[&turn, i] {
        flowcoro::SpinWait wait;
        while (turn.load(std::memory_order_acquire) != i) wait.once();
        turn.store(i + 1, std::memory_order_release);
      }};
  }
  EXPECT_EQ(turn.load(), threads);
}

} // namespace
