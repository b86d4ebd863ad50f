#include "flowcoro/compat/lockfree.hpp"

#include "support/build.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <type_traits>

namespace {

using flowcoro::LockFreeQueue;
using flowcoro::lockfree::MPSCQueue;
using flowcoro::lockfree::Queue;
using flowcoro::test::rounds;
using flowcoro::test::start_together;

static_assert(std::is_same_v<LockFreeQueue<int>, Queue<int>>);

TEST(LockfreeQueue, GivesWhatItTook) {
  Queue<std::string> queue;
  std::string item = "as it was";
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.dequeue(item));
  EXPECT_EQ(item, "as it was");
  EXPECT_TRUE(queue.enqueue("one"));
  queue.enqueue("two");
  EXPECT_TRUE(queue.dequeue(item));
  EXPECT_EQ(item, "one");
  EXPECT_TRUE(queue.dequeue(item));
  EXPECT_EQ(item, "two");
  EXPECT_FALSE(queue.dequeue(item));
}

TEST(LockfreeQueue, HoldsTheFunctionsOfAPool) {
  Queue<std::function<void()>> queue;
  const std::size_t each = rounds(20'000);
  std::atomic<std::size_t> ran{0};
  start_together(4, [&](std::size_t thread) {
    if (thread < 2) {
      for (std::size_t i = 0; i < each; ++i) queue.enqueue([&ran] { ran.fetch_add(1); });
      return;
    }
    std::function<void()> task;
    while (ran.load() < 2 * each) {
      if (queue.dequeue(task))
        task();
      else
        std::this_thread::yield();
    }
  });
  EXPECT_EQ(ran, 2 * each);
}

TEST(LockfreeMPSCQueue, GivesWhatItTook) {
  MPSCQueue<int> queue;
  int item = 0;
  EXPECT_FALSE(queue.dequeue(item));
  EXPECT_TRUE(queue.enqueue(1));
  EXPECT_TRUE(queue.enqueue(2));
  EXPECT_TRUE(queue.dequeue(item));
  EXPECT_EQ(item, 1);
  EXPECT_TRUE(queue.dequeue(item));
  EXPECT_EQ(item, 2);
  EXPECT_TRUE(queue.empty());
}

} // namespace
