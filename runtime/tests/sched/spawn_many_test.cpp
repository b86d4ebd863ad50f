#include "flowcoro/sched/spawn_many.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::spawn_many;
using flowcoro::spawn_on;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::rounds;

/// How often each index was run.
class Visits {
 public:
  explicit Visits(std::size_t n) : counts_(n) {}
  void visit(std::size_t i) { counts_.at(i).fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] bool all_once() const {
    return std::all_of(counts_.begin(), counts_.end(), [](const auto& count) { return count.load() == 1; });
  }
  [[nodiscard]] std::size_t total() const {
    std::size_t sum = 0;
    for (const auto& count : counts_) sum += count.load();
    return sum;
  }

 private:
  std::vector<std::atomic<unsigned>> counts_;
};

class SpawnMany : public testing::TestWithParam<std::tuple<unsigned, std::size_t>> {
 protected:
  [[nodiscard]] static std::size_t count() {
    const std::size_t n = std::get<1>(GetParam());
    return n > 1'000 ? rounds(n) : n;
  }
  CheckedRuntime runtime_{std::get<0>(GetParam())};
  Visits visits_{count()};
};
INSTANTIATE_TEST_SUITE_P(WorkersAndCount, SpawnMany,
                         testing::Combine(testing::Values(1u, 2u, 3u, 8u),
                                          testing::Values<std::size_t>(0, 1, 7, 100'000)));

TEST_P(SpawnMany, CallsAFunctionOnceForEachIndex) {
  sync_wait(runtime_, spawn_many(count(), [this](std::size_t i) { visits_.visit(i); }));
  EXPECT_TRUE(visits_.all_once());
}

TEST_P(SpawnMany, RunsACoroutineOnceForEachIndex) {
  sync_wait(runtime_, spawn_many(count(), [this](std::size_t i) -> Lazy<void> {
              visits_.visit(i);
              co_return;
            }));
  EXPECT_TRUE(visits_.all_once());
}

TEST_P(SpawnMany, JoinsCoroutinesThatSuspend) {
  std::atomic<std::size_t> finished{0};
  sync_wait(runtime_, spawn_many(count(), [&](std::size_t i) -> Lazy<void> {
              visits_.visit(i);
              co_await flowcoro::yield();
              if (i % 64 == 0) co_await flowcoro::sleep_for(100us);
              finished.fetch_add(1, std::memory_order_relaxed);
            }));
  EXPECT_TRUE(visits_.all_once());
  EXPECT_EQ(finished, count());
}

class SpawnManyOn : public testing::TestWithParam<unsigned> {
 protected:
  CheckedRuntime runtime_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Workers, SpawnManyOn, testing::Values(1, 2, 8), testing::PrintToStringParamName());

TEST_P(SpawnManyOn, LetsTheTasksStoreTheirResults) {
  std::vector<std::size_t> squares(1'000);
  sync_wait(runtime_, spawn_many(squares.size(), [&squares](std::size_t i) { squares[i] = i * i; }));
  for (std::size_t i = 0; i < squares.size(); ++i) ASSERT_EQ(squares[i], i * i);
}

TEST_P(SpawnManyOn, KeepsItsFunctionUntilTheLastTaskHasEnded) {
  flowcoro::test::Census census;
  {
    auto many = spawn_many(100, [kept = flowcoro::test::Counted{census, 9}](std::size_t) -> Lazy<void> {
      co_await flowcoro::sleep_for(1ms);
      EXPECT_EQ(kept.value(), 9);
    });
    sync_wait(runtime_, std::move(many));
  }
  EXPECT_EQ(census.alive(), 0);
}

TEST_P(SpawnManyOn, RethrowsTheErrorOfAFunctionAndJoinsTheRest) {
  std::atomic<int> running{0};
  EXPECT_THROW(sync_wait(runtime_, spawn_many(10'000,
                                              [&running](std::size_t i) {
                                                running.fetch_add(1);
                                                if (i == 5'000) {
                                                  running.fetch_sub(1);
                                                  throw std::out_of_range{"5000"};
                                                }
                                                running.fetch_sub(1);
                                              })),
               std::out_of_range);
  EXPECT_EQ(running, 0);
}

TEST_P(SpawnManyOn, StopsAndJoinsSleepingTasksWhenOneThrows) {
  std::atomic<std::size_t> begun{0};
  std::atomic<std::size_t> ended{0};
  EXPECT_THROW(sync_wait(runtime_, spawn_many(500,
                                              [&](std::size_t i) -> Lazy<void> {
                                                begun.fetch_add(1);
                                                struct AtEnd {
                                                  std::atomic<std::size_t>& count;
                                                  ~AtEnd() { count.fetch_add(1); }
                                                } at_end{ended};
                                                if (i == 250) throw std::runtime_error{"250"};
                                                co_await flowcoro::sleep_for(1h);
                                              })),
               std::runtime_error);
  EXPECT_GE(begun, 1u);
  EXPECT_EQ(begun, ended);
}

TEST_P(SpawnManyOn, GivesLaterErrorsToTheHandler) {
  constexpr std::size_t n = 100;
  std::atomic<std::size_t> thrown{0};
  EXPECT_THROW(sync_wait(runtime_, spawn_many(n,
                                              [&thrown](std::size_t i) -> Lazy<void> {
                                                try {
                                                  if (i + 1 != n)
                                                    co_await flowcoro::sleep_for(1h); // until the last one throws
                                                } catch (const OperationCancelled&) {
                                                }
                                                thrown.fetch_add(1);
                                                throw i;
                                              })),
               std::size_t);
  runtime_.expect_unhandled(thrown - 1);
}

TEST_P(SpawnManyOn, IsCancelledAsAWhole) {
  std::atomic<std::size_t> begun{0};
  std::atomic<std::size_t> cancelled{0};
  auto task = spawn_on(runtime_, [&]() -> Lazy<void> {
    auto many = spawn_many(200, [&](std::size_t) -> Lazy<void> {
      begun.fetch_add(1);
      try {
        co_await flowcoro::sleep_for(1h);
      } catch (const OperationCancelled&) {
        cancelled.fetch_add(1);
        throw;
      }
    });
    co_await many;
  });
  while (begun.load() < 200) std::this_thread::yield();
  task.request_stop();
  EXPECT_THROW(sync_wait(runtime_, task), OperationCancelled);
  EXPECT_EQ(cancelled, 200u);
}

TEST_P(SpawnManyOn, LeavesOutWhatHadNotStartedWhenItWasCancelled) {
  std::atomic<std::size_t> ran{0};
  auto task = spawn_on(runtime_, [&]() -> Lazy<void> {
    auto token = co_await flowcoro::this_task::stop_token();
    while (!token.stop_requested()) co_await flowcoro::yield();
    auto many = spawn_many(1'000, [&ran](std::size_t) { ran.fetch_add(1); });
    co_await many;
  });
  task.request_stop();
  EXPECT_THROW(sync_wait(runtime_, task), OperationCancelled);
  EXPECT_EQ(ran, 0u);
}

TEST_P(SpawnManyOn, NestsInItself) {
  constexpr std::size_t outer = 30;
  constexpr std::size_t inner = 40;
  Visits visits{outer * inner};
  sync_wait(runtime_, spawn_many(outer, [&visits](std::size_t i) -> Lazy<void> {
              auto nested = spawn_many(inner, [&visits, i](std::size_t j) -> Lazy<void> {
                co_await flowcoro::yield();
                visits.visit(i * inner + j);
              });
              co_await nested;
            }));
  EXPECT_TRUE(visits.all_once());
}

TEST_P(SpawnManyOn, RunsSeveralAtOnce) {
  constexpr std::size_t n = 5'000;
  std::vector<Visits> all;
  for (int i = 0; i < 4; ++i) all.emplace_back(n);
  std::vector<Task<>> tasks;
  for (Visits& visits : all) {
    tasks.push_back(spawn_on(runtime_, [&visits]() -> Lazy<void> {
      auto many = spawn_many(n, [&visits](std::size_t i) { visits.visit(i); });
      co_await many;
    }));
  }
  for (auto& task : tasks) sync_wait(runtime_, task);
  for (const Visits& visits : all) EXPECT_TRUE(visits.all_once());
}

TEST_P(SpawnManyOn, LetsOthersRunMeanwhile) {
  std::atomic<bool> other_ran{false};
  sync_wait(runtime_, [&]() -> Lazy<void> {
    auto other = flowcoro::spawn([&other_ran] { other_ran = true; });
    auto many = spawn_many(1'000, [&](std::size_t) -> Lazy<void> {
      while (!other_ran) co_await flowcoro::yield();
    });
    co_await many;
    co_await other;
  });
}

TEST(SpawnManyShare, UsesOtherWorkersForLongWork) {
  CheckedRuntime runtime{2};
  // Two calls that each wait until the other has begun: this ends only when two threads share the range.
  std::atomic<int> begun{0};
  sync_wait(runtime, spawn_many(64, [&begun](std::size_t i) {
              if (i < 32) {
                const auto until = std::chrono::steady_clock::now() + 100us;
                while (std::chrono::steady_clock::now() < until) {
                }
              } else if (i == 32 || i == 63) {
                begun.fetch_add(1);
                while (begun.load() != 2) std::this_thread::yield();
              }
            }));
  EXPECT_EQ(begun, 2);
}

TEST(SpawnManyShare, MakesNoMoreFramesThanThereAreUnfinishedTasks) {
  CheckedRuntime runtime{2};
  std::atomic<int> alive{0};
  std::atomic<int> most{0};
  sync_wait(runtime, spawn_many(rounds(20'000), [&](std::size_t) -> Lazy<void> {
              const int now = alive.fetch_add(1) + 1;
              for (int seen = most.load(); seen < now && !most.compare_exchange_weak(seen, now);) {
              }
              alive.fetch_sub(1);
              co_return;
            }));
  EXPECT_LE(most, 3) << "two workers and the calling thread";
}

TEST(SpawnManyShare, StartsFromATaskThatBeganOnAForeignThread) {
  Visits visits{1'000};
  auto make = [](Visits& seen) -> Task<> {
    auto many = spawn_many(1'000, [&seen](std::size_t i) -> Lazy<void> {
      co_await flowcoro::yield();
      seen.visit(i);
    });
    co_await many;
  };
  sync_wait(make(visits));
  EXPECT_TRUE(visits.all_once());
}

} // namespace
