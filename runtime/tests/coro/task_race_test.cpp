// The end of a task meets its awaiter at every moment: exactly one of them resumes the waiter.
#include "helpers.hpp"

#include "../support/build.hpp"
#include "../support/seed.hpp"
#include "../support/start_together.hpp"

#include "flowcoro/base/cpu.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/park/spin_lock.hpp"
#include "flowcoro/sched/spawn.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <thread>

namespace flowcoro {
namespace {

/// `co_await Elsewhere{}`: goes on where somebody idle takes it, while this worker does something else.
class Elsewhere : ReadyNode {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> self) {
    handle = self;
    detail::home_of(self).post_elsewhere(*this);
  }
  void await_resume() const noexcept {}
};

/// How often a task had ended before it was awaited, and how often it had not. A race has both.
struct Meetings {
  std::atomic<std::uint64_t> ended_first{0};
  std::atomic<std::uint64_t> awaited_first{0};

  void count(bool ended) noexcept { (ended ? ended_first : awaited_first).fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t all() const noexcept { return ended_first + awaited_first; }
  void expect_both() const {
    if (allowed_cpus() == 1) return; // there is no race then, but on the kernel's decision
    EXPECT_GT(ended_first, 0u);
    EXPECT_GT(awaited_first, 0u);
  }
};

/// How long to dawdle so that both orders come up: longer and longer, until the task has ended first once. The other side may be
/// waiting for a CPU.
class Moment {
 public:
  [[nodiscard]] std::size_t draw(test::Random& random) { return random.below(bound_); }
  void learn(bool ended) noexcept {
    seen_ = seen_ || ended;
    bound_ = seen_ ? usual : std::min(bound_ + bound_ / 8, longest);
  }

 private:
  static constexpr std::size_t usual = 3'000;
  static constexpr std::size_t longest = std::size_t{1} << 22;
  std::size_t bound_ = usual;
  bool seen_ = false;
};

Task<std::uint64_t> end_elsewhere(std::size_t after) {
  Elsewhere elsewhere;
  co_await elsewhere;
  test::dawdle(after);
  co_return 1;
}

Lazy<std::uint64_t> await_each(std::size_t times, std::uint64_t stream, Meetings& meetings) {
  test::Random random{stream};
  Moment moment;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < times; ++i) {
    Task<std::uint64_t> task = end_elsewhere(random.below(300));
    test::dawdle(moment.draw(random)); // another worker needs it to find the task
    const bool ended = task.done();
    moment.learn(ended);
    meetings.count(ended);
    sum += co_await task;
  }
  co_return sum;
}

TEST(AwaitRace, WithTheEndOnAnotherWorkerResumesExactlyOnce) {
  const std::size_t times = test::rounds(400'000);
  Runtime runtime{{.workers = 2}};
  Meetings meetings;
  EXPECT_EQ(sync_wait(runtime, await_each(times, 0, meetings)), times);
  EXPECT_EQ(runtime.stats().submitted, times);
  EXPECT_EQ(runtime.stats().completed, times);
  meetings.expect_both();
}

TEST(AwaitRace, OfManyPairsAtOnceLosesNoWakeUp) {
  const std::size_t times = test::rounds(50'000);
  Runtime runtime{{.workers = 4}};
  Meetings meetings;
  std::atomic<std::uint64_t> sum{0};
  test::start_together(4,
                       [&](std::size_t thread) { sum += sync_wait(runtime, await_each(times, 2 + thread, meetings)); });
  EXPECT_EQ(sum.load(), 4 * times);
}

/// A thread of no runtime that resumes what is given to it, at once and one after the other.
class Resumer {
 public:
  class Handover {
   public:
    explicit Handover(Resumer& to) noexcept : to_{to} {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      to_.given_.store(waiter.address(), std::memory_order_release); // from here on it may run there
    }
    void await_resume() const noexcept {}

   private:
    Resumer& to_;
  };
  /// `co_await resumer.handover()`. One at a time.
  [[nodiscard]] Handover handover() noexcept { return Handover{*this}; }

 private:
  void run(const std::stop_token& stop) {
    test::Random random{100};
    SpinWait wait;
    while (!stop.stop_requested()) {
      void* given = given_.exchange(nullptr, std::memory_order_acquire);
      if (given == nullptr) {
        wait.once();
        continue;
      }
      wait = {};
      test::dawdle(random.below(300));
      std::coroutine_handle<>::from_address(given).resume();
    }
  }

  std::atomic<void*> given_{nullptr};
  std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }};
};

Task<std::uint64_t> end_on(Resumer& resumer) {
  auto handover = resumer.handover();
  co_await handover;
  co_return 1;
}

Lazy<std::uint64_t> await_each_of(Resumer& resumer, std::size_t times, Meetings& meetings) {
  test::Random random{101};
  Moment moment;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < times; ++i) {
    Task<std::uint64_t> task = end_on(resumer);
    test::dawdle(moment.draw(random));
    const bool ended = task.done();
    moment.learn(ended);
    meetings.count(ended);
    sum += co_await task;
  }
  co_return sum;
}

TEST(AwaitRace, WithTheEndOnAThreadBesideItResumesExactlyOnce) {
  const std::size_t times = test::rounds(200'000);
  Resumer resumer;
  Runtime runtime{{.workers = 1}};
  Meetings meetings;
  EXPECT_EQ(sync_wait(runtime, await_each_of(resumer, times, meetings)), times);
  EXPECT_EQ(runtime.stats().completed, times);
  meetings.expect_both();
}

Lazy<std::uint64_t> await_each_of(Runtime& workers, std::size_t times, std::uint64_t stream) {
  test::Random random{stream};
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < times; ++i) {
    const std::size_t there = random.below(300);
    Task<std::uint64_t> task = spawn_on(workers, [there]() -> std::uint64_t {
      test::dawdle(there);
      return 1;
    });
    test::dawdle(random.below(300));
    sum += co_await task;
  }
  co_return sum;
}

TEST(AwaitRace, WithTheEndOnAnotherRuntimeResumesExactlyOnceAtHome) {
  const std::size_t times = test::rounds(20'000);
  Runtime home{{.workers = 1}};
  Runtime other{{.workers = 1}};
  EXPECT_EQ(sync_wait(home, await_each_of(other, times, 1)), times);
}

Task<void> open_elsewhere(test::Gate& gate, std::size_t after) {
  Elsewhere elsewhere;
  co_await elsewhere;
  test::dawdle(after);
  gate.open();
}

Lazy<std::uint64_t> await_gated(std::size_t times, std::uint64_t stream) {
  test::Random random{stream};
  std::uint64_t resumed = 0;
  for (std::size_t i = 0; i < times; ++i) {
    test::Gate gate;
    const auto wait = [](test::Gate& at) -> Task<int> {
      co_await at;
      co_return 1;
    };
    Task<int> task = wait(gate);
    Task<void> opener = open_elsewhere(gate, random.below(300));
    test::dawdle(random.below(3'000));
    resumed += static_cast<std::uint64_t>(co_await task);
    co_await opener; // the gate must outlive it
  }
  co_return resumed;
}

TEST(AwaitRace, WithAnEventThatEndsTheTaskResumesExactlyOnce) {
  const std::size_t times = test::rounds(200'000);
  Runtime runtime{{.workers = 3}};
  EXPECT_EQ(sync_wait(runtime, await_gated(times, 6)), times);
}

Task<int> done_by_a_foreign_thread(test::ForeignThreads& threads) {
  auto hop = threads.hop();
  co_await hop;
  co_return 1;
}

TEST(AwaitRace, WithTheEndOnAForeignThreadResumesExactlyOnceAtHome) {
  const std::size_t times = test::rounds(2'000);
  Runtime runtime{{.workers = 2}};
  const auto await_all = [&]() -> Lazy<std::size_t> {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < times; ++i) {
      test::ForeignThreads threads;
      Task<int> task = done_by_a_foreign_thread(threads);
      sum += static_cast<std::size_t>(co_await task);
      EXPECT_EQ(current_scheduler(), &runtime.scheduler());
    }
    co_return sum;
  };
  EXPECT_EQ(sync_wait(runtime, await_all), times);
}

TEST(AwaitRace, OfATaskThatAForeignThreadEndsWhileTheRuntimeEnds) {
  const std::size_t times = test::rounds(2'000);
  for (std::size_t i = 0; i < times; ++i) {
    test::ForeignThreads threads;
    Runtime runtime{{.workers = 1}};
    const auto start_it = [&threads]() -> Lazy<void> {
      const Task<int> dropped = done_by_a_foreign_thread(threads);
      co_return;
    };
    sync_wait(runtime, start_it);
  }
}

} // namespace
} // namespace flowcoro
