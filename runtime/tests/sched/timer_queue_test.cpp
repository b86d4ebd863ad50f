#include "flowcoro/sched/timer_queue.hpp"

#include "support/build.hpp"
#include "support/seed.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <vector>

namespace {

using flowcoro::Nanoseconds;
using flowcoro::SteadyTime;
using flowcoro::TimerNode;
using flowcoro::TimerQueue;
using Armed = TimerQueue::Armed;

SteadyTime at(std::int64_t ns) { return SteadyTime{Nanoseconds{ns}}; }

struct Timer : TimerNode {
  explicit Timer(std::int64_t ns, int name = 0) : number{name} { set_deadline(at(ns)); }
  int number;
};

std::vector<int> take_all(TimerQueue& queue, SteadyTime now) {
  std::vector<int> numbers;
  std::array<TimerNode*, 3> some{};
  for (;;) {
    const std::size_t taken = queue.take_due(now, some);
    for (std::size_t i = 0; i < taken; ++i) numbers.push_back(static_cast<Timer*>(some[i])->number);
    if (taken < some.size()) return numbers;
  }
}

TEST(TimerQueue, IsEmptyAtFirstAndHasNoDeadline) {
  TimerQueue queue;
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.earliest(), flowcoro::no_deadline);
  EXPECT_TRUE(take_all(queue, SteadyTime::max()).empty());
}

TEST(TimerQueue, FiresByDeadlineAndThenInTheOrderOfArming) {
  TimerQueue queue;
  std::deque<Timer> timers;
  for (const std::int64_t deadline : {50, 10, 30, 10, 50, 10})
    EXPECT_NE(queue.arm(timers.emplace_back(deadline, static_cast<int>(timers.size()))), Armed::refused);
  EXPECT_EQ(take_all(queue, at(50)), (std::vector{1, 3, 5, 2, 0, 4}));
}

TEST(TimerQueue, KeepsTheOrderOfArmingAmongManyEqualDeadlines) {
  TimerQueue queue;
  std::deque<Timer> timers;
  std::vector<int> expected;
  for (int i = 0; i < 1'000; ++i) {
    static_cast<void>(queue.arm(timers.emplace_back(7, i)));
    expected.push_back(i);
  }
  EXPECT_EQ(take_all(queue, at(7)), expected);
}

TEST(TimerQueue, DoesNotFireANanosecondEarly) {
  TimerQueue queue;
  Timer timer{100};
  static_cast<void>(queue.arm(timer));
  EXPECT_TRUE(take_all(queue, at(99)).empty());
  EXPECT_FALSE(timer.fired());
  EXPECT_EQ(take_all(queue, at(100)).size(), 1u);
  EXPECT_TRUE(timer.fired());
}

TEST(TimerQueue, TellsWhenANewTimerIsTheEarliest) {
  TimerQueue queue;
  Timer late{30};
  Timer early{10};
  Timer middle{20};
  Timer equal{10};
  EXPECT_EQ(queue.arm(late), Armed::yes_and_earliest);
  EXPECT_EQ(queue.arm(early), Armed::yes_and_earliest);
  EXPECT_EQ(queue.arm(middle), Armed::yes);
  EXPECT_EQ(queue.arm(equal), Armed::yes) << "an equal deadline comes after the one that was there";
  EXPECT_EQ(queue.earliest(), at(10));
}

TEST(TimerQueue, EarliestFollowsCancelAndFire) {
  TimerQueue queue;
  Timer first{10};
  Timer second{20};
  Timer third{30};
  for (Timer* timer : {&second, &third, &first}) static_cast<void>(queue.arm(*timer));
  EXPECT_TRUE(queue.cancel(first));
  EXPECT_EQ(queue.earliest(), at(20));
  EXPECT_EQ(take_all(queue, at(25)).size(), 1u);
  EXPECT_EQ(queue.earliest(), at(30));
  EXPECT_TRUE(queue.cancel(third));
  EXPECT_EQ(queue.earliest(), flowcoro::no_deadline);
}

TEST(TimerQueue, CancelsATimerWhereverItStandsInTheHeap) {
  for (int cancelled = 0; cancelled < 40; ++cancelled) {
    TimerQueue queue;
    std::deque<Timer> timers;
    std::vector<int> expected;
    for (int i = 0; i < 40; ++i) {
      // A permutation of 0 … 39, so that the cancelled one is at every depth.
      static_cast<void>(queue.arm(timers.emplace_back(i * 7 % 40, i * 7 % 40)));
      if (i != cancelled) expected.push_back(i);
    }
    for (Timer& timer : timers) {
      if (timer.number == cancelled) {
        EXPECT_TRUE(queue.cancel(timer));
      }
    }
    EXPECT_EQ(queue.size(), 39u);
    EXPECT_EQ(take_all(queue, at(100)), expected);
  }
}

TEST(TimerQueue, CancelsAnyTwoTimersOfARun) {
  for (int one = 0; one < 6; ++one) {
    for (int other = 0; other < 6; ++other) {
      TimerQueue queue;
      std::deque<Timer> timers;
      for (int i = 0; i < 6; ++i) static_cast<void>(queue.arm(timers.emplace_back(i, i)));
      EXPECT_TRUE(queue.cancel(timers[static_cast<std::size_t>(one)]));
      EXPECT_EQ(queue.cancel(timers[static_cast<std::size_t>(other)]), other != one);
      std::vector<int> expected;
      for (int i = 0; i < 6; ++i)
        if (i != one && i != other) expected.push_back(i);
      EXPECT_EQ(queue.earliest(), at(expected.front()));
      // Behind the cancelled ones goes on what comes later; what comes earlier is found before it.
      Timer late{6, 6};
      Timer early{-1, -1};
      static_cast<void>(queue.arm(late));
      EXPECT_EQ(queue.arm(early), Armed::yes_and_earliest);
      expected.insert(expected.begin(), -1);
      expected.push_back(6);
      EXPECT_EQ(take_all(queue, at(100)), expected);
      EXPECT_EQ(queue.size(), 0u);
    }
  }
}

TEST(TimerQueue, RefusesATimerThatWasCancelledBeforeItWasArmed) {
  TimerQueue queue;
  Timer timer{10};
  EXPECT_FALSE(queue.cancel(timer)) << "there was nothing to take out";
  EXPECT_EQ(queue.arm(timer), Armed::refused);
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_FALSE(timer.fired());
}

TEST(TimerQueue, CancelIsTooLateAfterFiringAndDoesNothingTwice) {
  TimerQueue queue;
  Timer fired{10};
  Timer cancelled{20};
  static_cast<void>(queue.arm(fired));
  static_cast<void>(queue.arm(cancelled));
  EXPECT_EQ(take_all(queue, at(10)).size(), 1u);
  EXPECT_FALSE(queue.cancel(fired));
  EXPECT_TRUE(fired.fired());
  EXPECT_TRUE(queue.cancel(cancelled));
  EXPECT_FALSE(queue.cancel(cancelled));
  EXPECT_FALSE(cancelled.fired());
}

TEST(TimerQueue, TakesNoMoreThanThereIsRoomFor) {
  TimerQueue queue;
  std::deque<Timer> timers;
  for (int i = 0; i < 10; ++i) static_cast<void>(queue.arm(timers.emplace_back(i, i)));
  std::array<TimerNode*, 4> some{};
  EXPECT_EQ(queue.take_due(at(100), some), 4u);
  EXPECT_EQ(static_cast<Timer*>(some[3])->number, 3);
  EXPECT_EQ(queue.take_due(at(100), std::span<TimerNode*>{}), 0u);
  EXPECT_EQ(queue.size(), 6u);
}

TEST(TimerQueue, KeepsItsTimersWhenItShrinks) {
  TimerQueue queue;
  std::deque<Timer> timers;
  for (int i = 0; i < 1'000; ++i) static_cast<void>(queue.arm(timers.emplace_back(i, i)));
  for (int i = 1'000; i < 2'000; ++i) static_cast<void>(queue.arm(timers.emplace_back(2'999 - i, i)));
  for (auto& timer : timers)
    if (timer.number % 100 != 0) EXPECT_TRUE(queue.cancel(timer));
  queue.shrink();
  EXPECT_EQ(take_all(queue, at(499)), (std::vector{0, 100, 200, 300, 400}));
  queue.shrink();
  Timer early{450, 7};
  EXPECT_EQ(queue.arm(early), Armed::yes_and_earliest);
  EXPECT_EQ(take_all(queue, at(5'000)),
            (std::vector{7, 500, 600, 700, 800, 900, 1900, 1800, 1700, 1600, 1500, 1400, 1300, 1200, 1100, 1000}));
  queue.shrink();
  EXPECT_EQ(queue.size(), 0u);
}

TEST(TimerQueue, OrdersTheExtremesOfTime) {
  TimerQueue queue;
  Timer never{0, 3};
  never.set_deadline(SteadyTime::max());
  Timer past{0, 1};
  past.set_deadline(SteadyTime::min());
  Timer now{0, 2};
  for (Timer* timer : {&never, &now, &past}) static_cast<void>(queue.arm(*timer));
  EXPECT_EQ(take_all(queue, at(0)), (std::vector{1, 2}));
  EXPECT_EQ(take_all(queue, SteadyTime::max()), (std::vector{3}));
}

TEST(TimerQueue, CountsWhatBecameOfItsTimersAndHowLateTheyWere) {
  TimerQueue queue;
  Timer on_time{100};
  Timer late{100};
  Timer cancelled{150};
  Timer refused{100};
  Timer left{1'000};
  EXPECT_FALSE(queue.cancel(refused));
  for (Timer* timer : {&on_time, &cancelled, &refused, &left}) static_cast<void>(queue.arm(*timer));
  EXPECT_EQ(take_all(queue, at(100)).size(), 1u);
  static_cast<void>(queue.arm(late));
  EXPECT_EQ(take_all(queue, at(107)).size(), 1u);
  EXPECT_TRUE(queue.cancel(cancelled));
  EXPECT_FALSE(queue.cancel(cancelled));
  EXPECT_FALSE(queue.cancel(late));
  const flowcoro::TimerStats stats = queue.stats();
  EXPECT_EQ(stats.registered, 4u) << "the refused one was never armed";
  EXPECT_EQ(stats.fired, 2u);
  EXPECT_EQ(stats.cancelled, 1u);
  EXPECT_EQ(stats.active, 1u);
  EXPECT_EQ(stats.lateness.count(), 2u);
  EXPECT_EQ(stats.lateness.percentile(0.5), 0u);
  EXPECT_EQ(stats.lateness.percentile(1), 7u);
}

TEST(TimerQueue, MeasuresALatenessOfAllTheTimeThereIs) {
  TimerQueue queue;
  Timer past{0};
  past.set_deadline(SteadyTime::min());
  static_cast<void>(queue.arm(past));
  EXPECT_EQ(take_all(queue, SteadyTime::max()).size(), 1u);
  EXPECT_EQ(queue.stats().lateness.percentile(1), std::numeric_limits<std::uint64_t>::max());
}

/// Resident memory of this process.
std::size_t resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::size_t all = 0;
  std::size_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}
constexpr std::size_t little = std::size_t{4}
                               << 20U; // what others may use meanwhile; a pointer for each pair would be 8 MB

TEST(TimerQueue, KeepsNothingOfAMillionPairsOfArmAndCancel) {
  TimerQueue queue;
  Timer old{1};
  std::array<Timer, 2> pair{Timer{2}, Timer{2}};
  static_cast<void>(queue.arm(old));
  static_cast<void>(queue.arm(pair[0]));
  const std::size_t before = resident_bytes();
  // An old timer at the front, another at the back, and a million between them.
  for (std::size_t i = 1; i <= 1'000'000; ++i) {
    Timer& next = pair[i % 2];
    std::destroy_at(&next);
    std::construct_at(&next, 2);
    ASSERT_EQ(queue.arm(next), Armed::yes);
    ASSERT_TRUE(queue.cancel(pair[(i + 1) % 2]));
  }
  // A sanitizer keeps freed memory, and adds some of its own.
  if (!flowcoro::test::address_sanitized && !flowcoro::test::thread_sanitized) {
    EXPECT_LT(resident_bytes(), before + little);
  }
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(take_all(queue, at(2)).size(), 2u);
  const flowcoro::TimerStats stats = queue.stats();
  EXPECT_EQ(stats.registered, 1'000'002u);
  EXPECT_EQ(stats.cancelled, 1'000'000u);
}

TEST(TimerQueue, CancelsALongRunInAnyOrderAndFiresTheRest) {
  flowcoro::test::Random random;
  TimerQueue queue;
  std::deque<Timer> timers;
  const int count = static_cast<int>(flowcoro::test::rounds(100'000));
  std::vector<Timer*> order;
  for (int i = 0; i < count; ++i) {
    order.push_back(&timers.emplace_back(i / 3, i)); // three of each deadline
    static_cast<void>(queue.arm(timers.back()));
  }
  std::shuffle(order.begin(), order.end(), random.engine());
  const auto left = static_cast<std::size_t>(count / 10);
  while (order.size() > left) {
    ASSERT_TRUE(queue.cancel(*order.back()));
    order.pop_back();
  }
  std::vector<int> expected;
  for (const Timer* timer : order) expected.push_back(timer->number);
  std::ranges::sort(expected);
  EXPECT_EQ(take_all(queue, at(count)), expected);
  EXPECT_EQ(queue.size(), 0u);
}

/// What a TimerQueue must do, said with a multimap, which keeps equal keys in the order of insertion.
class Model {
 public:
  void arm(Timer& timer) {
    ++registered_;
    places_[&timer] = armed_.emplace(timer.deadline(), &timer);
  }
  bool cancel(Timer& timer) {
    const auto found = places_.find(&timer);
    if (found == places_.end()) return false;
    ++cancelled_;
    armed_.erase(found->second);
    places_.erase(found);
    return true;
  }
  Timer* take_one(SteadyTime now) {
    if (armed_.empty() || armed_.begin()->first > now) return nullptr;
    Timer* timer = armed_.begin()->second;
    places_.erase(timer);
    armed_.erase(armed_.begin());
    return timer;
  }
  [[nodiscard]] SteadyTime earliest() const { return armed_.empty() ? flowcoro::no_deadline : armed_.begin()->first; }
  [[nodiscard]] std::size_t size() const { return armed_.size(); }
  [[nodiscard]] std::uint64_t registered() const { return registered_; }
  [[nodiscard]] std::uint64_t cancelled() const { return cancelled_; }

 private:
  std::multimap<SteadyTime, Timer*> armed_;
  std::map<Timer*, std::multimap<SteadyTime, Timer*>::iterator> places_;
  std::uint64_t registered_ = 0;
  std::uint64_t cancelled_ = 0;
};

/// How far from each other deadlines are that are armed one after the other: 1 = they always rise, and all form one run.
class TimerQueueModel : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Spreads, TimerQueueModel, testing::Values(1, 2, 50), testing::PrintToStringParamName());

TEST_P(TimerQueueModel, AgreesWithAMultimapOverRandomOperations) {
  flowcoro::test::Random random;
  TimerQueue queue;
  Model model;
  std::vector<std::unique_ptr<Timer>> timers;
  std::int64_t now = 0;
  for (std::size_t step = 0; step < flowcoro::test::rounds(100'000); ++step) {
    switch (random.below(5)) {
      case 0:
      case 1: { // few different deadlines, so that equal ones are common
        Timer& timer = *timers.emplace_back(
            std::make_unique<Timer>(now + 20 + static_cast<std::int64_t>(random.below(GetParam()))));
        const bool earliest = timer.deadline() < model.earliest();
        model.arm(timer);
        ASSERT_EQ(queue.arm(timer), earliest ? Armed::yes_and_earliest : Armed::yes);
        break;
      }
      case 2:
      case 3:
        if (!timers.empty()) {
          Timer& timer = *timers[random.below(timers.size())];
          ASSERT_EQ(queue.cancel(timer), model.cancel(timer));
        }
        break;
      default: {
        now += static_cast<std::int64_t>(random.below(20));
        std::array<TimerNode*, 8> due{};
        const std::size_t taken = queue.take_due(at(now), due);
        for (std::size_t i = 0; i < taken; ++i) ASSERT_EQ(static_cast<Timer*>(due[i]), model.take_one(at(now)));
        if (taken < due.size()) {
          ASSERT_EQ(model.take_one(at(now)), nullptr);
        }
      }
    }
    ASSERT_EQ(queue.earliest(), model.earliest());
    ASSERT_EQ(queue.size(), model.size());
  }
  const flowcoro::TimerStats stats = queue.stats();
  EXPECT_EQ(stats.registered, model.registered());
  EXPECT_EQ(stats.cancelled, model.cancelled());
  EXPECT_EQ(stats.active, model.size());
  EXPECT_EQ(stats.fired, model.registered() - model.cancelled() - model.size());
  EXPECT_EQ(stats.lateness.count(), stats.fired);
}

TEST(TimerQueue, EachTimerIsEitherFiredOrCancelledWhenBothHappenAtOnce) {
  constexpr std::size_t count = 200;
  for (std::size_t round = 0; round < flowcoro::test::rounds(200); ++round) {
    TimerQueue queue;
    std::deque<Timer> timers;
    for (std::size_t i = 0; i < count; ++i)
      static_cast<void>(queue.arm(timers.emplace_back(static_cast<std::int64_t>(i))));
    std::atomic<std::size_t> fired{0};
    std::atomic<std::size_t> cancelled{0};
    flowcoro::test::start_together(3, [&](std::size_t thread) {
      if (thread == 0) {
        for (Timer& timer : timers) cancelled += queue.cancel(timer) ? 1u : 0u;
      } else {
        fired += take_all(queue, at(count)).size();
      }
    });
    ASSERT_EQ(fired + cancelled, count);
    ASSERT_EQ(queue.size(), 0u);
    ASSERT_EQ(queue.earliest(), flowcoro::no_deadline);
    std::size_t said_fired = 0;
    for (Timer& timer : timers) said_fired += timer.fired() ? 1u : 0u;
    ASSERT_EQ(said_fired, fired);
    const flowcoro::TimerStats stats = queue.stats();
    ASSERT_EQ(stats.fired, fired);
    ASSERT_EQ(stats.cancelled, cancelled);
    ASSERT_EQ(stats.lateness.count(), fired);
  }
}

} // namespace
