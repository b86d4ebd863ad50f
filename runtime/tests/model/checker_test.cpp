#include "model/checker.hpp"

#include "model/atomics.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>

namespace {

using flowcoro::model::Atomic;
using flowcoro::model::Bounds;
using flowcoro::model::check;
using flowcoro::model::explore;
using flowcoro::model::Plain;
using flowcoro::model::replay;
using flowcoro::model::Report;
using flowcoro::model::Threads;
using flowcoro::model::Verdict;
using flowcoro::model::yield;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;

/// The second thread reads a variable when it sees the flag.
[[nodiscard]] Report hand_over(std::memory_order store, std::memory_order load) {
  return explore({}, [=](Threads& threads) {
    Plain<int> data{0};
    Atomic<int> flag{0};
    threads.start([&] {
      data = 1;
      flag.store(1, store);
    });
    threads.start([&] {
      if (flag.load(load) == 1) check(data == 1, "old data");
    });
    threads.join();
  });
}

TEST(Checker, PassesAProgramWithoutAFailure) {
  const Report report = hand_over(release, acquire);
  EXPECT_EQ(report.verdict, Verdict::passed) << report;
  EXPECT_GT(report.runs, 1u);
  EXPECT_TRUE(report.trace.empty());
}

TEST(Checker, FindsADataRaceOnAPlainVariable) {
  EXPECT_EQ(hand_over(relaxed, acquire).verdict, Verdict::data_race);
  EXPECT_EQ(hand_over(release, relaxed).verdict, Verdict::data_race);
}

TEST(Checker, FindsAVariableThatIsWrittenWhileAnotherThreadReadsIt) {
  const Report report = explore({}, [](Threads& threads) {
    Plain<int> data{0};
    Atomic<int> read{0};
    threads.start([&] {
      static_cast<void>(static_cast<int>(data));
      read.store(1, relaxed); // as if this were enough
    });
    threads.start([&] {
      if (read.load(acquire) == 1) data = 1;
    });
    threads.join();
  });
  EXPECT_EQ(report.verdict, Verdict::data_race) << report;
}

TEST(Checker, LetsTwoThreadsReadAVariableAtOnce) {
  const Report report = explore({}, [](Threads& threads) {
    Plain<int> data{1};
    threads.start([&] { check(data == 1, "another value"); });
    threads.start([&] { check(data == 1, "another value"); });
    threads.join();
    data = 2;
  });
  EXPECT_EQ(report.verdict, Verdict::passed) << report;
}

TEST(Checker, FindsAnObjectThatIsUsedBeforeItsConstructionIsVisible) {
  const auto publish = [](std::memory_order store) {
    return explore({}, [=](Threads& threads) {
      std::unique_ptr<Atomic<int>> made;
      Atomic<Atomic<int>*> published{nullptr};
      threads.start([&] {
        made = std::make_unique<Atomic<int>>(1);
        published.store(made.get(), store);
      });
      threads.start([&] {
        if (Atomic<int>* object = published.load(acquire)) check(object->load(relaxed) == 1, "another value");
      });
      threads.join();
    });
  };
  EXPECT_EQ(publish(release).verdict, Verdict::passed);
  EXPECT_EQ(publish(relaxed).verdict, Verdict::bad_lifetime);
}

TEST(Checker, FindsAnObjectThatIsDestroyedWhileItIsInUse) {
  const auto last_use = [](bool after_publication) {
    return explore({}, [=](Threads& threads) {
      std::optional<Atomic<int>> object{0};
      Atomic<int>& reference = *object;
      threads.start([&, after_publication] {
        reference.store(1, release);
        if (after_publication) static_cast<void>(reference.load(relaxed));
      });
      threads.start([&] {
        if (object->load(acquire) == 1) object.reset();
      });
      threads.join();
    });
  };
  EXPECT_EQ(last_use(false).verdict, Verdict::passed);
  EXPECT_EQ(last_use(true).verdict, Verdict::bad_lifetime);
}

TEST(Checker, FindsAThreadThatNobodyWakes) {
  const Report report = explore({}, [](Threads& threads) {
    Atomic<std::uint32_t> word{0};
    threads.start([&] { futex_wait(word, 0); });
    threads.join();
  });
  EXPECT_EQ(report.verdict, Verdict::deadlock) << report;
}

TEST(Checker, LetsAWaitEndByAWakeAChangedWordOrItsDeadline) {
  std::set<std::string> ends;
  const Report report = explore({}, [&](Threads& threads) {
    Atomic<std::uint32_t> word{0};
    threads.start([&] {
      const bool in_time = futex_wait(word, 0, flowcoro::SteadyTime{std::chrono::seconds{1}});
      ends.insert(std::string{in_time ? "in time, " : "too late, "} + std::to_string(word.load(relaxed)));
    });
    threads.start([&] {
      word.store(1, relaxed);
      futex_wake_one(&word);
    });
    threads.join();
  });
  EXPECT_EQ(report.verdict, Verdict::passed) << report;
  EXPECT_EQ(ends, (std::set<std::string>{"in time, 0", "in time, 1", "too late, 0", "too late, 1"}));
}

TEST(Checker, WakesOneOrAll) {
  const auto wake = [](bool all) {
    return explore({}, [=](Threads& threads) {
      Atomic<std::uint32_t> word{0};
      for (int i = 0; i < 2; ++i)
        threads.start([&] {
          while (word.load(relaxed) == 0) futex_wait(word, 0);
        });
      threads.start([&, all] {
        word.store(1, relaxed);
        all ? futex_wake_all(&word) : futex_wake_one(&word);
      });
      threads.join();
    });
  };
  EXPECT_EQ(wake(true).verdict, Verdict::passed);
  EXPECT_EQ(wake(false).verdict, Verdict::deadlock);
}

TEST(Checker, EndsAWaitForNoReasonAsOftenAsTheBoundsSay) {
  const auto with = [](std::size_t spurious) {
    return explore({.spurious = spurious}, [](Threads& threads) {
      Atomic<std::uint32_t> word{0};
      threads.start([&] {
        futex_wait(word, 0); // once, as if no wait ended early
        check(word.load(relaxed) == 1, "woken for no reason");
      });
      threads.start([&] {
        word.store(1, relaxed);
        futex_wake_one(&word);
      });
      threads.join();
    });
  };
  EXPECT_EQ(with(1).verdict, Verdict::broken_check);
  EXPECT_EQ(with(0).verdict, Verdict::broken_check) << "a wake orders nothing, so the load may be stale";
}

TEST(Checker, LetsASpinningThreadWaitForAStore) {
  const Report report = explore({}, [](Threads& threads) {
    Atomic<int> flag{0};
    for (int i = 0; i < 2; ++i)
      threads.start([&] {
        while (flag.load(relaxed) == 0) yield();
      });
    threads.start([&] { flag.store(1, relaxed); });
    threads.join();
  });
  EXPECT_EQ(report.verdict, Verdict::passed) << report;
}

TEST(Checker, FindsThreadsThatSpinForEver) {
  const Report report = explore({}, [](Threads& threads) {
    Atomic<int> a{0}, b{0};
    threads.start([&] {
      while (a.load(relaxed) == 0) yield();
      b.store(1, relaxed);
    });
    threads.start([&] {
      while (b.load(relaxed) == 0) yield();
      a.store(1, relaxed);
    });
    threads.join();
  });
  EXPECT_EQ(report.verdict, Verdict::livelock) << report;
}

TEST(Checker, FindsARunThatDoesNotEnd) {
  const Report report = explore({.operations = 100}, [](Threads& threads) {
    Atomic<int> a{0};
    threads.start([&] {
      for (;;) a.fetch_add(1, relaxed);
    });
    threads.join();
  });
  EXPECT_EQ(report.verdict, Verdict::livelock) << report;
}

TEST(Checker, SaysWhenItGaveUp) {
  const Report report = explore({.runs = 3}, [](Threads& threads) {
    Atomic<int> a{0};
    for (int i = 0; i < 3; ++i) threads.start([&] { a.fetch_add(1, relaxed); });
    threads.join();
  });
  EXPECT_EQ(report.verdict, Verdict::incomplete);
  EXPECT_EQ(report.runs, 3u);
}

/// Both threads have to be interrupted for the second one to see both steps of the first: a read-modify-write is never stale.
void see_two_steps(Threads& threads) {
  Atomic<int> steps{0};
  threads.start([&] {
    steps.fetch_add(1, relaxed);
    steps.fetch_add(1, relaxed);
  });
  threads.start([&] {
    const int first = steps.fetch_add(0, relaxed);
    const int second = steps.fetch_add(0, relaxed);
    check(first != 1 || second != 2, "both steps are seen");
  });
  threads.join();
}

TEST(Checker, NeedsAsManyPreemptionsAsTheFailure) {
  EXPECT_EQ(explore({.preemptions = 1}, see_two_steps).verdict, Verdict::passed);
  const Report report = explore({.preemptions = 2}, see_two_steps);
  EXPECT_EQ(report.verdict, Verdict::broken_check) << report;
  EXPECT_EQ(report.message, "both steps are seen");
}

TEST(Checker, NeedsAsManyStaleReadsAsTheFailure) {
  const auto read_behind = [](Threads& threads) {
    Atomic<int> x{0}, y{0};
    bool first_is_old = false;
    bool second_is_old = false;
    threads.start([&] {
      x.store(1, relaxed);
      y.store(1, relaxed);
    });
    threads.start([&] {
      const bool all_stored = y.fetch_add(0, relaxed) == 1;
      first_is_old = all_stored && x.load(relaxed) == 0;
    });
    threads.start([&] {
      const bool all_stored = y.fetch_add(0, relaxed) == 1;
      second_is_old = all_stored && x.load(relaxed) == 0;
    });
    threads.join();
    check(!first_is_old || !second_is_old, "both read an old value");
  };
  EXPECT_EQ(explore({.stale = 1}, read_behind).verdict, Verdict::passed);
  EXPECT_EQ(explore({.stale = 2}, read_behind).verdict, Verdict::broken_check);
}

TEST(Checker, RunsAFailureAgainFromItsChoices) {
  const Report found = explore({}, see_two_steps);
  ASSERT_EQ(found.verdict, Verdict::broken_check);
  const Report again = replay({}, found.choices, see_two_steps);
  EXPECT_EQ(again.verdict, found.verdict);
  EXPECT_EQ(again.message, found.message);
  EXPECT_EQ(again.trace, found.trace);
  EXPECT_NE(again.trace.find("checker_test.cpp"), std::string::npos) << again.trace;
  EXPECT_NE(again.trace.find("is interrupted"), std::string::npos) << again.trace;
}

TEST(Checker, TakesTheOrdersOfAPolicyForTheWrittenOnes) {
  class Relax final : public flowcoro::model::OrderPolicy {
   public:
    std::memory_order order(const flowcoro::model::Spot& spot, flowcoro::model::Part, std::memory_order) override {
      seen.insert(spot.where.line());
      return relaxed;
    }
    std::set<std::uint_least32_t> seen;
  };
  Relax policy;
  const auto program = [](Threads& threads) {
    Plain<int> data{0};
    Atomic<int> flag{0};
    threads.start([&] {
      data = 1;
      flag.store(1, release);
    });
    threads.start([&] {
      if (flag.load(acquire) == 1) data = 2;
    });
    threads.join();
  };
  EXPECT_EQ(explore({}, program).verdict, Verdict::passed);
  EXPECT_EQ(explore({}, program, &policy).verdict, Verdict::data_race);
  EXPECT_EQ(policy.seen.size(), 2u);
}

TEST(Checker, LosesNothingOfTheNextExplorationByAFailure) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(explore({}, see_two_steps).verdict, Verdict::broken_check);
    EXPECT_EQ(hand_over(release, acquire).verdict, Verdict::passed);
  }
}

} // namespace
