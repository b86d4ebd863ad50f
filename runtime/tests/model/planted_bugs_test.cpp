#include "model/atomics.hpp"
#include "model/checker.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

/// Known bugs, each beside its correction: the checker has to find the one, and to pass the other.
namespace {

using flowcoro::model::Atomic;
using flowcoro::model::check;
using flowcoro::model::explore;
using flowcoro::model::Plain;
using flowcoro::model::Report;
using flowcoro::model::Threads;
using flowcoro::model::Verdict;
using flowcoro::model::yield;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto seq_cst = std::memory_order_seq_cst;

/// Dekker's first step: each thread says that it wants to go in, then looks whether the other one does.
[[nodiscard]] Report dekker(std::memory_order store, std::memory_order load) {
  return explore({}, [=](Threads& threads) {
    std::array<Atomic<bool>, 2> wants;
    Plain<int> inside{0};
    for (std::size_t me = 0; me < 2; ++me)
      threads.start([&, me] {
        wants[me].store(true, store);
        if (!wants[1 - me].load(load)) inside = inside + 1;
      });
    threads.join();
  });
}

TEST(PlantedBug, DekkerWithoutSeqCst) {
  EXPECT_EQ(dekker(release, acquire).verdict, Verdict::data_race);
  EXPECT_EQ(dekker(seq_cst, acquire).verdict, Verdict::data_race);
  EXPECT_EQ(dekker(release, seq_cst).verdict, Verdict::data_race);
  const Report correct = dekker(seq_cst, seq_cst);
  EXPECT_EQ(correct.verdict, Verdict::passed) << correct;
}

/// Two things end, and each says so and looks whether the other one has, in place of one operation that does both.
[[nodiscard]] Report two_ends_that_look(std::memory_order store, std::memory_order load) {
  return explore({}, [=](Threads& threads) {
    std::array<Atomic<bool>, 2> ended;
    Atomic<int> went_on{0};
    for (std::size_t me = 0; me < 2; ++me)
      threads.start([&, me] {
        ended[me].store(true, store);
        if (ended[1 - me].load(load)) went_on.fetch_add(1, relaxed);
      });
    threads.join();
    check(went_on.load(relaxed) == 1, "the waiter goes on twice, or never");
  });
}

TEST(PlantedBug, TwoEndsThatLookAtEachOtherInsteadOfCounting) {
  EXPECT_EQ(two_ends_that_look(release, acquire).verdict, Verdict::broken_check) << "never";
  EXPECT_EQ(two_ends_that_look(seq_cst, seq_cst).verdict, Verdict::broken_check) << "twice";
  // The correction is BasicTwoEnds: two_ends_scenarios.cpp.
}

[[nodiscard]] Report peterson(std::memory_order store, std::memory_order load) {
  return explore({}, [=](Threads& threads) {
    std::array<Atomic<bool>, 2> wants;
    Atomic<std::size_t> goes_last{0};
    Plain<int> inside{0};
    for (std::size_t me = 0; me < 2; ++me)
      threads.start([&, me] {
        wants[me].store(true, store);
        goes_last.store(me, store);
        while (wants[1 - me].load(load) && goes_last.load(load) == me) yield();
        inside = inside + 1;
        wants[me].store(false, store);
      });
    threads.join();
    check(inside == 2, "a turn is lost");
  });
}

TEST(PlantedBug, PetersonWithoutSeqCst) {
  EXPECT_EQ(peterson(release, acquire).verdict, Verdict::data_race);
  const Report correct = peterson(seq_cst, seq_cst);
  EXPECT_EQ(correct.verdict, Verdict::passed) << correct;
}

/// The deque of Chase and Lev (SPAA 2005) with the orders of Le et al. (PPoPP 2013), whose fences are seq_cst operations here.
/// As published for C11, a grown array is neither released by the owner nor acquired by a thief: it may follow the pointer to
/// an array whose contents it does not see. Norris and Demsky found that with CDSChecker (OOPSLA 2013).
class ChaseLevDeque {
 public:
  ChaseLevDeque(std::memory_order publish, std::memory_order follow) : publish_{publish}, follow_{follow} {
    array_.store(make_array(1), relaxed);
  }

  void push(int item) {
    const std::size_t bottom = bottom_.load(relaxed);
    const std::size_t top = top_.load(acquire);
    Array* array = array_.load(relaxed);
    if (bottom - top == array->slots.size()) {
      Array* larger = make_array(2 * array->slots.size());
      for (std::size_t i = top; i != bottom; ++i) larger->slot(i).store(array->slot(i).load(relaxed), relaxed);
      array_.store(larger, publish_);
      array = larger;
    }
    array->slot(bottom).store(item, relaxed);
    bottom_.store(bottom + 1, release);
  }

  [[nodiscard]] int take() {
    const std::size_t bottom = bottom_.load(relaxed) - 1;
    Array* array = array_.load(relaxed);
    bottom_.store(bottom, seq_cst);
    std::size_t top = top_.load(seq_cst);
    if (top == bottom + 1) {
      bottom_.store(bottom + 1, relaxed);
      return none;
    }
    int item = array->slot(bottom).load(relaxed);
    if (top == bottom) {
      if (!top_.compare_exchange_strong(top, top + 1, seq_cst, relaxed)) item = none;
      bottom_.store(bottom + 1, relaxed);
    }
    return item;
  }

  [[nodiscard]] int steal() {
    std::size_t top = top_.load(seq_cst);
    const std::size_t bottom = bottom_.load(seq_cst);
    if (bottom == top || bottom == top - 1) return none;
    const int item = array_.load(follow_)->slot(top).load(relaxed);
    return top_.compare_exchange_strong(top, top + 1, seq_cst, relaxed) ? item : none;
  }

  static constexpr int none = 0;

 private:
  struct Array {
    explicit Array(std::size_t size) : slots(size) {}
    [[nodiscard]] Atomic<int>& slot(std::size_t i) { return slots[i % slots.size()]; }
    std::vector<Atomic<int>> slots;
  };

  [[nodiscard]] Array* make_array(std::size_t size) {
    arrays_.push_back(std::make_unique<Array>(size));
    return arrays_.back().get();
  }

  const std::memory_order publish_;
  const std::memory_order follow_;
  std::vector<std::unique_ptr<Array>> arrays_;
  Atomic<std::size_t> top_{1};
  Atomic<std::size_t> bottom_{1};
  Atomic<Array*> array_{nullptr};
};

[[nodiscard]] Report growing_deque(std::memory_order publish, std::memory_order follow) {
  return explore({}, [=](Threads& threads) {
    ChaseLevDeque deque{publish, follow};
    std::array<int, 4> taken{};
    deque.push(1);
    threads.start([&] {
      deque.push(2);
      deque.push(3);
      ++taken.at(static_cast<std::size_t>(deque.take()));
    });
    threads.start([&] { ++taken.at(static_cast<std::size_t>(deque.steal())); });
    threads.join();
    for (int item = deque.take(); item != ChaseLevDeque::none; item = deque.take())
      ++taken.at(static_cast<std::size_t>(item));
    for (std::size_t item = 1; item < taken.size(); ++item) check(taken[item] == 1, "an item is lost or taken twice");
  });
}

TEST(PlantedBug, ChaseLevDequeGrowsAsPublished) {
  EXPECT_EQ(growing_deque(relaxed, relaxed).verdict, Verdict::bad_lifetime);
  EXPECT_EQ(growing_deque(release, relaxed).verdict, Verdict::bad_lifetime);
  EXPECT_EQ(growing_deque(relaxed, acquire).verdict, Verdict::bad_lifetime);
  const Report correct = growing_deque(release, acquire);
  EXPECT_EQ(correct.verdict, Verdict::passed) << correct;
}

/// One thread announces that it will sleep until there is work; another one brings it, and wakes who is announced.
[[nodiscard]] Report sleep_until_work(bool looks_again, std::memory_order write, std::memory_order read) {
  return explore({}, [=](Threads& threads) {
    Atomic<int> work{0};
    Atomic<std::uint32_t> asleep{0};
    threads.start([&] {
      while (work.load(read) == 0) {
        asleep.store(1, write);
        if (looks_again && work.load(read) != 0) return;
        futex_wait(asleep, 1);
      }
    });
    threads.start([&] {
      work.store(1, write);
      if (asleep.load(read) == 0) return;
      asleep.store(0, write);
      futex_wake_one(&asleep);
    });
    threads.join();
  });
}

TEST(PlantedBug, WakeIsLostBetweenCheckAndPark) {
  EXPECT_EQ(sleep_until_work(false, seq_cst, seq_cst).verdict, Verdict::deadlock);
  EXPECT_EQ(sleep_until_work(true, release, acquire).verdict, Verdict::deadlock) << "each must see the other's store";
  const Report correct = sleep_until_work(true, seq_cst, seq_cst);
  EXPECT_EQ(correct.verdict, Verdict::passed) << correct;
}

/// A permit that is seen, then taken with a store, hides a second one that came in between.
[[nodiscard]] Report two_permits(bool taken_by_store) {
  return explore({}, [=](Threads& threads) {
    Atomic<int> permit{0};
    std::array<Atomic<int>, 2> work;
    threads.start([&] {
      const auto sees_all = [&] { return work[0].load(relaxed) + work[1].load(relaxed) == 2; };
      while (!sees_all()) {
        while (permit.load(acquire) == 0) yield();
        if (taken_by_store)
          permit.store(0, relaxed);
        else
          permit.exchange(0, acquire);
      }
    });
    for (std::size_t i = 0; i < 2; ++i)
      threads.start([&, i] {
        work[i].store(1, relaxed);
        permit.exchange(1, release);
      });
    threads.join();
  });
}

TEST(PlantedBug, PermitIsTakenByAStore) {
  EXPECT_EQ(two_permits(true).verdict, Verdict::livelock);
  const Report correct = two_permits(false);
  EXPECT_EQ(correct.verdict, Verdict::passed) << correct;
}

} // namespace
