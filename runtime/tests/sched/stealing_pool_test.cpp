#include "flowcoro/sched/stealing_pool.hpp"

#include "flowcoro/coro/errors.hpp"
#include "support/build.hpp"
#include "support/start_together.hpp"
#include "support/wait_until.hpp"

#include <gtest/gtest.h>

#include <sched.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

using flowcoro::RuntimeStopped;
using flowcoro::StealingPool;
using flowcoro::StealingPoolStats;
using flowcoro::test::rounds;
using flowcoro::test::start_together;
using flowcoro::test::wait_until;

TEST(StealingPool, RunsWhatIsSubmitted) {
  std::atomic<int> sum{0};
  StealingPool pool{{.threads = 2}};
  EXPECT_EQ(pool.threads(), 2u);
  for (int i = 1; i <= 100; ++i) pool.submit([&sum, i] { sum += i; });
  pool.submit([&sum, one = std::make_unique<int>(1)] { sum += *one; });
  pool.stop();
  EXPECT_EQ(sum, 5051);
  const StealingPoolStats stats = pool.stats();
  EXPECT_EQ(stats.submitted, 101u);
  EXPECT_EQ(stats.completed, 101u);
}

TEST(StealingPool, HasAThreadForEachCpuByDefault) {
  const StealingPool pool;
  EXPECT_GE(pool.threads(), 1u);
}

TEST(StealingPool, RefusesWhatComesAfterItsEnd) {
  StealingPool pool{{.threads = 1}};
  pool.stop();
  pool.stop();
  bool ran = false;
  EXPECT_THROW(pool.submit([&ran] { ran = true; }), RuntimeStopped);
  EXPECT_FALSE(ran);
  EXPECT_EQ(pool.stats().submitted, 0u);
}

TEST(StealingPool, CountsAndHandsOverWhatIsThrown) {
  std::atomic<int> seen{0};
  StealingPool pool{{.threads = 1, .on_unhandled = [&seen](const std::exception_ptr&) { ++seen; }}};
  for (int i = 0; i < 3; ++i) pool.submit([] { throw std::runtime_error{"no"}; });
  pool.stop();
  EXPECT_EQ(seen, 3);
  EXPECT_EQ(pool.stats().unhandled, 3u);
  EXPECT_EQ(pool.stats().completed, 3u);
}

TEST(StealingPool, RunsWhatItsOwnWorkSubmitsInOrderOnItsThread) {
  std::vector<int> order;
  StealingPool pool{{.threads = 1}};
  std::atomic<bool> done{false};
  pool.submit([&] {
    for (int i = 0; i < 1'000; ++i) pool.submit([&order, i] { order.push_back(i); });
    pool.submit([&done] { done = true; });
  });
  wait_until(done);
  pool.stop();
  ASSERT_EQ(order.size(), 1'000u);
  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(StealingPool, TakesWhatIsQueuedBehindABusyThread) {
  StealingPool pool{{.threads = 2}};
  std::atomic<bool> leave{false};
  std::atomic<std::size_t> ran{0};
  constexpr std::size_t queued = 100;
  pool.submit([&] {
    for (std::size_t i = 0; i < queued; ++i) pool.submit([&ran] { ran.fetch_add(1); });
    wait_until(leave);
  });
  while (ran.load() != queued) std::this_thread::yield(); // by the other one, or never
  leave = true;
  pool.stop();
  EXPECT_GE(pool.stats().steals, 1u);
  EXPECT_EQ(pool.stats().stolen, queued);
  EXPECT_EQ(pool.stats().near, pool.stats().steals) << "there is one group";
}

/// The CPUs that this process may use.
std::vector<unsigned> allowed() {
  cpu_set_t set;
  std::vector<unsigned> cpus;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

TEST(StealingPool, KeepsThreadsOnTheirGroups) {
  const std::vector<unsigned> cpus = allowed();
  ASSERT_FALSE(cpus.empty());
  // Of one CPU each, and one of which this machine has none: its threads run anywhere.
  StealingPool pool{{.threads = 6, .cpu_groups = {{cpus.front()}, {cpus.back()}, {CPU_SETSIZE + 1}}}};
  std::atomic<std::size_t> arrived{0};
  std::atomic<std::size_t> on_one{0};
  for (std::size_t i = 0; i < 6; ++i)
    pool.submit([&] {
      if (allowed().size() == 1) on_one.fetch_add(1);
      arrived.fetch_add(1);
      while (arrived.load() != 6) std::this_thread::yield(); // so that each thread has one
    });
  pool.stop();
  EXPECT_EQ(on_one, cpus.size() == 1 ? 6u : 4u);
}

TEST(StealingPool, StealsWithinItsGroupWhileThereIsSomething) {
  const std::vector<unsigned> cpus = allowed();
  if (cpus.size() < 2) GTEST_SKIP() << "groups are told apart by their CPUs";
  // Two threads of the first group, one of the other. One of each has a queue and is busy; the third has to choose.
  StealingPool pool{{.threads = 3, .cpu_groups = {{cpus[0]}, {cpus[1]}}}};
  constexpr std::size_t each = 64;
  std::atomic<std::size_t> inside{0};
  std::atomic<bool> near_chosen{false};
  std::atomic<std::size_t> queued{0};
  std::atomic<bool> leave{false};
  std::atomic<std::size_t> near{0};
  std::atomic<std::size_t> far{0};
  std::atomic<std::size_t> far_before_last_near{each};
  for (int i = 0; i < 3; ++i)
    pool.submit([&] {
      inside.fetch_add(1);
      while (inside.load() != 3) std::this_thread::yield(); // so that each thread has one
      if (allowed().front() == cpus[1]) {
        for (std::size_t k = 0; k < each; ++k) pool.submit([&far] { far.fetch_add(1); });
      } else if (!near_chosen.exchange(true)) {
        for (std::size_t k = 0; k < each; ++k)
          pool.submit([&] {
            if (near.fetch_add(1) + 1 == each) far_before_last_near = far.load();
          });
      } else {
        while (queued.load() != 2) std::this_thread::yield();
        return;
      }
      queued.fetch_add(1);
      wait_until(leave);
    });
  while (near.load() + far.load() != 2 * each) std::this_thread::yield();
  leave = true;
  pool.stop();
  EXPECT_EQ(far_before_last_near, 0u);
  EXPECT_GE(pool.stats().near, 1u);
  EXPECT_LT(pool.stats().near, pool.stats().steals);
  EXPECT_GE(pool.stats().stolen, 2 * each); // and perhaps the first three
}

TEST(StealingPoolStress, RunsEachFunctionOnceHoweverItIsSubmitted) {
  for (const unsigned threads : {1u, 2u, 5u}) {
    const std::size_t each = rounds(20'000);
    std::vector<std::atomic<unsigned char>> ran(3 * each * 2);
    {
      StealingPool pool{{.threads = threads}};
      start_together(3, [&](std::size_t from) {
        for (std::size_t i = 0; i < each; ++i)
          pool.submit([&, place = (from * each + i) * 2] {
            ran[place].fetch_add(1, std::memory_order_relaxed);
            pool.submit([&ran, place] { ran[place + 1].fetch_add(1, std::memory_order_relaxed); });
          });
      });
      while (pool.stats().completed != ran.size()) std::this_thread::yield();
      pool.stop();
      EXPECT_EQ(pool.stats().submitted, ran.size());
    }
    for (std::size_t i = 0; i < ran.size(); ++i) ASSERT_EQ(ran[i].load(), 1) << i;
  }
}

TEST(StealingPoolStress, MayEndAsSoonAsWhatItRunsHas) {
  for (std::size_t i = 0; i < rounds(1'000); ++i) {
    std::optional<StealingPool> pool{std::in_place, flowcoro::StealingPoolOptions{.threads = 2}};
    std::atomic<bool> ran{false};
    std::jthread other{[&ran, &pool = *pool] { pool.submit([&ran] { ran = true; }); }};
    wait_until(ran);
    pool.reset(); // while the other thread may still be on its way back
  }
}

} // namespace
