#include "flowcoro/park/idle_workers.hpp"

#include "flowcoro/park/parker.hpp"
#include "support/build.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <ostream>
#include <set>
#include <thread>
#include <vector>

namespace {

using flowcoro::IdleWorkers;
using flowcoro::Parker;
using flowcoro::test::rounds;

TEST(IdleWorkers, HasNobodyToClaimAtFirst) {
  IdleWorkers idle{3};
  EXPECT_EQ(idle.parked(), 0u);
  EXPECT_EQ(idle.searching(), 0u);
  EXPECT_FALSE(idle.claim(0));
  EXPECT_EQ(idle.claim_any(), IdleWorkers::none);
}

TEST(IdleWorkers, LetsAParkedWorkerBeClaimedOnce) {
  IdleWorkers idle{3};
  idle.announce_parked(1);
  EXPECT_EQ(idle.parked(), 1u);
  EXPECT_FALSE(idle.claim(0));
  EXPECT_TRUE(idle.claim(1));
  EXPECT_FALSE(idle.claim(1));
  EXPECT_EQ(idle.parked(), 0u);
}

TEST(IdleWorkers, LetsAWorkerParkAgainAfterItWasClaimed) {
  IdleWorkers idle{1};
  for (int i = 0; i < 3; ++i) {
    idle.announce_parked(0);
    EXPECT_EQ(idle.claim_any(), 0u);
  }
}

TEST(IdleWorkers, ClaimsEachOfMoreThanSixtyFourWorkers) {
  constexpr std::size_t workers = 130;
  IdleWorkers idle{workers};
  for (std::size_t i = 0; i < workers; ++i) idle.announce_parked(i);
  EXPECT_EQ(idle.parked(), workers);
  std::set<std::size_t> claimed;
  for (std::size_t i = 0; i < workers; ++i) claimed.insert(idle.claim_any());
  EXPECT_EQ(claimed.size(), workers);
  EXPECT_EQ(*claimed.rbegin(), workers - 1);
  EXPECT_EQ(idle.claim_any(), IdleWorkers::none);
}

/// Which worker is spared; 64 and 129 are in other words of the bitmap than worker 3.
class SpareWorker : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Spares, SpareWorker, testing::Values(0, 63, 64, 129));

TEST_P(SpareWorker, IsClaimedOnlyWhenNobodyElseIsParked) {
  IdleWorkers idle{130};
  idle.announce_parked(GetParam());
  idle.announce_parked(3);
  EXPECT_EQ(idle.claim_any(GetParam()), 3u);
  EXPECT_EQ(idle.claim_any(GetParam()), GetParam());
  EXPECT_EQ(idle.claim_any(GetParam()), IdleWorkers::none);
}

TEST_P(SpareWorker, IsLeftAloneWhenItIsNotParked) {
  IdleWorkers idle{130};
  EXPECT_EQ(idle.claim_any(GetParam()), IdleWorkers::none);
  idle.announce_parked(3);
  EXPECT_EQ(idle.claim_any(GetParam()), 3u);
}

TEST(IdleWorkers, NeedsNoWakeWhileEverybodyRuns) {
  const IdleWorkers idle{2};
  EXPECT_FALSE(idle.wake_needed());
}

TEST(IdleWorkers, NeedsAWakeWhenSomebodySleepsAndNobodySearches) {
  IdleWorkers idle{2};
  idle.announce_parked(0);
  EXPECT_TRUE(idle.wake_needed());
  idle.begin_search();
  EXPECT_FALSE(idle.wake_needed());
  EXPECT_TRUE(idle.end_search());
  EXPECT_TRUE(idle.wake_needed());
  EXPECT_TRUE(idle.claim(0));
  EXPECT_FALSE(idle.wake_needed());
}

TEST(IdleWorkers, TellsTheLastSearcher) {
  IdleWorkers idle{3};
  idle.begin_search();
  idle.begin_search();
  EXPECT_EQ(idle.searching(), 2u);
  EXPECT_FALSE(idle.end_search());
  EXPECT_TRUE(idle.end_search());
  EXPECT_EQ(idle.searching(), 0u);
}

TEST(IdleWorkersStress, GivesEachParkedWorkerToOneClaimer) {
  constexpr std::size_t workers = 70;
  constexpr std::size_t claimers = 3;
  IdleWorkers idle{workers};
  flowcoro::test::StartBarrier barrier{claimers};
  std::array<std::size_t, claimers> claimed{};
  const std::size_t passes = rounds(2'000);
  flowcoro::test::start_together(claimers, [&](std::size_t me) {
    for (std::size_t pass = 0; pass < passes; ++pass) {
      if (me == 0)
        for (std::size_t i = 0; i < workers; ++i) idle.announce_parked(i);
      barrier.arrive_and_wait();
      if (me == 1) {
        for (std::size_t i = workers; i != 0; --i)
          if (idle.claim(i - 1)) ++claimed[me];
      } else {
        while (idle.claim_any(me) != IdleWorkers::none) ++claimed[me];
      }
      barrier.arrive_and_wait();
    }
  });
  EXPECT_EQ(claimed[0] + claimed[1] + claimed[2], workers * passes);
  EXPECT_EQ(idle.parked(), 0u);
}

/// The least that keeps invariant W: one counter as the queue, and workers that search, park and wake as the scheduler's do.
class CountedWork {
 public:
  explicit CountedWork(std::size_t workers) : idle_{workers}, parkers_(workers) {}

  void push() noexcept {
    waiting_.fetch_add(1, std::memory_order_seq_cst);
    wake_one_if_needed();
  }

  void run(std::size_t me) noexcept {
    bool searching = false;
    while (!stop_.load(std::memory_order_seq_cst)) {
      if (!searching) {
        searching = true;
        idle_.begin_search();
      }
      if (take()) {
        searching = false;
        if (idle_.end_search() && waiting_.load(std::memory_order_seq_cst) != 0) wake_one_if_needed();
        done_.fetch_add(1, std::memory_order_release);
        done_parker_.unpark();
        continue;
      }
      idle_.announce_parked(me);
      static_cast<void>(idle_.end_search());
      searching = false;
      const bool something = waiting_.load(std::memory_order_seq_cst) != 0 || stop_.load(std::memory_order_seq_cst);
      if (something && idle_.claim(me)) continue;
      parkers_[me].park();
      searching = true; // the claimer counted for this one
    }
    if (searching) static_cast<void>(idle_.end_search());
  }

  /// \return false when that did not happen for a time that no machine needs: a wake was lost.
  [[nodiscard]] bool wait_until_done(std::size_t count) noexcept {
    const flowcoro::SteadyTime deadline = flowcoro::deadline_after(flowcoro::steady_now(), std::chrono::seconds{60});
    while (done_.load(std::memory_order_acquire) < count)
      if (done_parker_.park_until(deadline) == flowcoro::ParkResult::timed_out) return false;
    return true;
  }

  void stop() noexcept {
    stop_.store(true, std::memory_order_seq_cst);
    for (std::size_t i = 0; i < parkers_.size(); ++i) {
      if (!idle_.claim(i)) continue;
      idle_.begin_search();
      parkers_[i].unpark();
    }
  }

  [[nodiscard]] const IdleWorkers& idle() const noexcept { return idle_; }

 private:
  [[nodiscard]] bool take() noexcept {
    std::size_t waiting = waiting_.load(std::memory_order_relaxed);
    while (waiting != 0)
      if (waiting_.compare_exchange_weak(waiting, waiting - 1, std::memory_order_acq_rel)) return true;
    return false;
  }
  void wake_one_if_needed() noexcept {
    if (!idle_.wake_needed()) return;
    const std::size_t worker = idle_.claim_any();
    if (worker == IdleWorkers::none) return;
    idle_.begin_search();
    parkers_[worker].unpark();
  }

  IdleWorkers idle_;
  std::vector<Parker> parkers_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::size_t> done_{0};
  std::atomic<bool> stop_{false};
  Parker done_parker_;
};

struct WakeCase {
  std::size_t workers;
  std::size_t burst; ///< items that are pushed before the producer waits for all of them
};
std::ostream& operator<<(std::ostream& out, const WakeCase& wake) {
  return out << wake.workers << " workers, bursts of " << wake.burst;
}

class IdleWorkersWake : public testing::TestWithParam<WakeCase> {};
INSTANTIATE_TEST_SUITE_P(Cases, IdleWorkersWake,
                         testing::Values(WakeCase{1, 1}, WakeCase{2, 1}, WakeCase{3, 4}, WakeCase{8, 2}));

TEST_P(IdleWorkersWake, LosesNoItemBetweenPushAndPark) {
  const std::size_t passes = rounds(20'000) / GetParam().burst;
  CountedWork work{GetParam().workers};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < GetParam().workers; ++i) threads.emplace_back([&work, i] { work.run(i); });
  std::size_t pushed = 0;
  bool lost = false;
  for (std::size_t pass = 0; pass < passes && !lost; ++pass) {
    for (std::size_t i = 0; i < GetParam().burst; ++i, ++pushed) work.push();
    lost = !work.wait_until_done(pushed);
  }
  work.stop();
  threads.clear();
  EXPECT_FALSE(lost) << "a worker slept while an item was waiting";
  EXPECT_EQ(work.idle().parked(), 0u);
  EXPECT_EQ(work.idle().searching(), 0u);
}

} // namespace
