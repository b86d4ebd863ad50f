// Bounds on waiting, counted in turns of the only worker, so that no clock and no other thread has a part in it.
#include "flowcoro/sched/fairness.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::Task;
using flowcoro::turns_between_looks;
using flowcoro::turns_until_run;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::rounds;

/// `co_await FromOutside{}`: goes on by the way that work from other threads takes.
class FromOutside : flowcoro::ReadyNode {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> self) {
    handle = self;
    flowcoro::detail::home_of(self).post_elsewhere(*this);
  }
  void await_resume() const noexcept {}
};

/// A runtime of one worker whose turns are counted, with tasks that do nothing but yield.
class Fairness : public testing::TestWithParam<std::uint64_t> {
 protected:
  std::uint64_t loops() const { return GetParam(); }

  Task<> yield_until_done() {
    return flowcoro::spawn([this]() -> Lazy<void> {
      for (;;) {
        ++turns_;
        if (done_) co_return;
        co_await flowcoro::yield();
      }
    });
  }
  /// Runs `body` among the loops, whose turns are counted from here on.
  template <class Body>
  void run_among_loops(Body body) {
    CheckedRuntime runtime{1};
    sync_wait(runtime, [&]() -> Lazy<void> {
      std::vector<Task<>> all;
      for (std::uint64_t i = 0; i < loops(); ++i) all.push_back(yield_until_done());
      for (std::uint64_t i = 0; i < 1'000; ++i) co_await flowcoro::yield(); // no particular turn to begin with
      auto inside = body();
      co_await inside;
      done_ = true;
      for (auto& loop : all) co_await loop;
    });
  }

  std::uint64_t turns_ = 0; // of the loops; all on one thread
  bool done_ = false;
};
INSTANTIATE_TEST_SUITE_P(YieldingTasks, Fairness, testing::Values(1, 2, 59, 60, 61, 500));

TEST_P(Fairness, RunsWhatIsQueuedAfterThoseAheadOfIt) {
  run_among_loops([this]() -> Lazy<void> {
    for (std::size_t i = 0; i < rounds(100); ++i) {
      const std::uint64_t before = turns_;
      co_await flowcoro::yield(); // behind all the loops
      EXPECT_LE(turns_ - before, turns_until_run(loops()) - 1);
    }
  });
}

TEST_P(Fairness, RunsWhatIsQueuedThoughWorkFromOutsideNeverEnds) {
  run_among_loops([this]() -> Lazy<void> {
    std::uint64_t from_outside = 0;
    bool over = false;
    std::vector<Task<>> flood;
    for (int i = 0; i < 10; ++i) {
      flood.push_back(flowcoro::spawn([&]() -> Lazy<void> {
        while (!over) {
          FromOutside again;
          co_await again;
          ++from_outside;
        }
      }));
    }
    for (int i = 0; i < 1'000; ++i) co_await flowcoro::yield();
    EXPECT_GT(from_outside, 0u);
    for (std::size_t i = 0; i < rounds(100); ++i) {
      const std::uint64_t before = turns_ + from_outside;
      co_await flowcoro::yield();
      // The flood is ahead where it has been queued already, and it goes first at each look.
      EXPECT_LE(turns_ + from_outside - before, turns_until_run(loops() + flood.size()));
    }
    over = true;
    for (auto& task : flood) co_await task;
  });
}

TEST_P(Fairness, LooksAtWorkFromOutsideInTime) {
  run_among_loops([this]() -> Lazy<void> {
    for (std::size_t i = 0; i < rounds(100); ++i) {
      const std::uint64_t before = turns_;
      FromOutside hop;
      co_await hop; // alone, so it is the first at the look
      EXPECT_LE(turns_ - before, turns_between_looks);
    }
  });
}

TEST_P(Fairness, QueuesADueTimerAtTheNextLook) {
  run_among_loops([this]() -> Lazy<void> {
    for (std::size_t i = 0; i < rounds(50); ++i) {
      bool woken = false;
      const auto due = flowcoro::steady_now() + 10us;
      auto sleeper = flowcoro::spawn([&]() -> Lazy<void> {
        co_await flowcoro::sleep_until(due);
        woken = true;
      });
      co_await flowcoro::yield(); // now it sleeps, or the time has come before
      while (flowcoro::steady_now() < due) {
      }
      const std::uint64_t when_due = turns_;
      while (!woken) co_await flowcoro::yield();
      // One more round of all that is queued: this coroutine looks at `woken` once in each.
      EXPECT_LE(turns_ - when_due, turns_between_looks + turns_until_run(loops() + 1) + loops());
      co_await sleeper;
    }
  });
}

TEST(FairnessOfAwaiting, LetsTheAwaiterGoOnWithinABoundedNumberOfTurns) {
  constexpr std::size_t count = 1'000;
  CheckedRuntime runtime{1};
  for (std::size_t round = 0; round < rounds(50); ++round) {
    sync_wait(runtime, []() -> Lazy<void> {
      std::size_t ended = 0;
      std::vector<Task<>> tasks;
      for (std::size_t i = 0; i < count; ++i)
        tasks.push_back(flowcoro::spawn(
            [](std::size_t* counted) -> Lazy<void> {
              ++*counted;
              co_return;
            },
            &ended));
      for (std::size_t i = 0; i < count; ++i) {
        const bool waits = !tasks[i].done();
        co_await tasks[i];
        // They end in the order in which they were queued.
        if (waits) EXPECT_LE(ended - (i + 1), flowcoro::turns_before_awaiter);
      }
    });
  }
}

TEST(FairnessOfAwaiting, DoesNotKeepTheAwaiterBehindATurnThatIsLongAfterAll) {
  CheckedRuntime runtime{2};
  for (std::size_t round = 0; round < rounds(20); ++round) {
    sync_wait(runtime, []() -> Lazy<void> {
      std::vector<Task<>> short_ones; // so that the worker expects short ones
      for (int i = 0; i < 500; ++i) short_ones.push_back(flowcoro::spawn([] {}));
      std::atomic<bool> went_on{false};
      auto last = flowcoro::spawn([] {});
      auto stubborn = flowcoro::spawn(
          [](std::atomic<bool>* released) {
            while (!released->load(std::memory_order_relaxed)) {
            }
          },
          &went_on);
      co_await last;
      went_on.store(true, std::memory_order_relaxed);
      co_await stubborn;
      for (auto& task : short_ones) co_await task;
    });
  }
}

TEST(FairnessBound, LetsOneFromOutsideAndSomeAwaitersGoFirst) {
  EXPECT_EQ(turns_until_run(0), 3u);
  EXPECT_EQ(turns_until_run(14), 17u);
  EXPECT_EQ(turns_until_run(15), 19u);
  EXPECT_EQ(turns_until_run(59), 66u);
  EXPECT_EQ(turns_until_run(600), 653u);
}

} // namespace
