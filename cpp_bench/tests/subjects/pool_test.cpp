#include "thread_pool/pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <vector>

namespace thread_pool {
namespace {

using Runs = std::vector<std::atomic<int>>;

void expect_each_once(const Runs& runs) {
  for (std::size_t i = 0; i < runs.size(); ++i) ASSERT_EQ(runs[i].load(), 1) << "job " << i;
}

class PoolOf : public testing::TestWithParam<unsigned> {};

TEST_P(PoolOf, RunsEachSubmittedJobOnce) {
  Pool pool(GetParam());
  Runs runs(20'000);
  auto task = [&](std::uint64_t i) { ++runs[i]; };
  Join join(runs.size());
  for (std::uint64_t i = 0; i < runs.size(); ++i) pool.submit(join, task, i);
  EXPECT_EQ(join.wait(), runs.size());
  expect_each_once(runs);
}

TEST_P(PoolOf, RunsEachIndexOfARangeOnceWhateverItsSize) {
  Pool pool(GetParam());
  for (const std::size_t size : {0U, 1U, 2U, 7U, 15U, 16U, 17U, 1'000U}) {
    Runs runs(size);
    auto task = [&](std::uint64_t i) { ++runs[i]; };
    Join join(size);
    pool.submit_range(join, task, size);
    EXPECT_EQ(join.wait(), size);
    expect_each_once(runs);
  }
}

TEST_P(PoolOf, LetsAJobSubmitTheNext) {
  Pool pool(GetParam());
  constexpr std::uint64_t hops = 5'000;
  std::uint64_t sum = 0; // the jobs follow one another
  Join join(hops);
  struct Hop {
    Pool& pool;
    Join& join;
    std::uint64_t& sum;
    void operator()(std::uint64_t i) {
      sum += i;
      if (i + 1 < hops) pool.submit(join, *this, i + 1);
    }
  } hop{pool, join, sum};
  pool.submit(join, hop, 0);
  join.wait();
  EXPECT_EQ(sum, hops * (hops - 1) / 2);
}

TEST_P(PoolOf, RunsWhatIsQueuedBeforeItEnds) {
  Runs runs(1'000);
  Join join(runs.size());
  auto task = [&](std::uint64_t i) { ++runs[i]; };
  {
    Pool pool(GetParam());
    for (std::uint64_t i = 0; i < runs.size(); ++i) pool.submit(join, task, i);
  }
  expect_each_once(runs);
}

INSTANTIATE_TEST_SUITE_P(Workers, PoolOf, testing::Values(1U, 2U, 4U));

// Two jobs that wait for each other hang here if ever they are queued up on the same worker, or if a worker sleeps on
// while the queue holds one of them.
TEST(Pool, GivesTwoJobsThatMeetAWorkerEach) {
  Pool pool(2);
  for (int round = 0; round < 5'000; ++round) {
    std::latch both(2);
    auto task = [&](std::uint64_t) { both.arrive_and_wait(); };
    Join join(2);
    pool.submit(join, task, 0);
    pool.submit(join, task, 1);
    EXPECT_EQ(join.wait(), 2U);
  }
}

TEST(Pool, UsesAllItsWorkersForARange) {
  Pool pool(4);
  std::latch all(4);
  auto task = [&](std::uint64_t) { all.arrive_and_wait(); };
  Join join(4);
  pool.submit_range(join, task, 4);
  EXPECT_EQ(join.wait(), 4U);
}

} // namespace
} // namespace thread_pool
