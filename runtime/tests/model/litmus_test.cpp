#include "model/atomics.hpp"
#include "model/checker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <initializer_list>
#include <set>
#include <sstream>
#include <string>

/// The checker against the small programs with which memory models are described (litmus tests): it must show every outcome
/// that C++ allows, and none that it forbids. An outcome is what the threads have read, or the last value of a location.
namespace {

using flowcoro::model::Atomic;
using flowcoro::model::Bounds;
using flowcoro::model::explore;
using flowcoro::model::Program;
using flowcoro::model::Report;
using flowcoro::model::Threads;
using flowcoro::model::Verdict;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto seq_cst = std::memory_order_seq_cst;

using Outcomes = std::set<std::string>;

[[nodiscard]] std::string outcome(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += std::to_string(value);
  return text;
}

/// All outcomes of a program that says its own.
[[nodiscard]] Outcomes outcomes(const std::function<std::string(Threads&)>& program, bool load_buffering = false) {
  const auto within = [&program](const Bounds& bounds) {
    Outcomes found;
    const Report report = explore(bounds, [&](Threads& threads) { found.insert(program(threads)); });
    EXPECT_EQ(report.verdict, Verdict::passed) << report;
    return found;
  };
  const Outcomes found = within({.preemptions = 4, .load_buffering = load_buffering});
  EXPECT_EQ(found, within({.preemptions = 4, .load_buffering = load_buffering, .interrupt_everywhere = true}));
  return found;
}

TEST(Litmus, StoreBufferingLetsBothReadOldUnlessAllIsSeqCst) {
  const auto with = [](std::memory_order store, std::memory_order load) {
    return outcomes([=](Threads& threads) {
      Atomic<int> x{0}, y{0};
      int a = 0, b = 0;
      threads.start([&] {
        x.store(1, store);
        a = y.load(load);
      });
      threads.start([&] {
        y.store(1, store);
        b = x.load(load);
      });
      threads.join();
      return outcome({a, b});
    });
  };
  EXPECT_EQ(with(seq_cst, seq_cst), (Outcomes{"01", "10", "11"}));
  const Outcomes all{"00", "01", "10", "11"};
  EXPECT_EQ(with(release, acquire), all);
  EXPECT_EQ(with(relaxed, relaxed), all);
  EXPECT_EQ(with(release, seq_cst), all);
  EXPECT_EQ(with(seq_cst, acquire), all);
}

/// A read-modify-write is no fence, however strong, unless both sides modify the same location.
TEST(Litmus, StoreBufferingIsNotPreventedByReadModifyWritesOfOtherLocations) {
  const auto with = [](bool same_location) {
    return outcomes([=](Threads& threads) {
      Atomic<int> x{0}, y{0}, one{0}, two{0};
      int a = 0, b = 0;
      threads.start([&] {
        x.store(1, release);
        one.fetch_add(1, seq_cst);
        a = y.load(acquire);
      });
      threads.start([&] {
        y.store(1, release);
        (same_location ? one : two).fetch_add(1, seq_cst);
        b = x.load(acquire);
      });
      threads.join();
      return outcome({a, b});
    });
  };
  EXPECT_EQ(with(true), (Outcomes{"01", "10", "11"}));
  EXPECT_EQ(with(false), (Outcomes{"00", "01", "10", "11"}));
}

TEST(Litmus, MessagePassingNeedsReleaseAndAcquire) {
  const auto with = [](std::memory_order store, std::memory_order load) {
    return outcomes([=](Threads& threads) {
      Atomic<int> data{0}, flag{0};
      int a = 0, b = 0;
      threads.start([&] {
        data.store(1, relaxed);
        flag.store(1, store);
      });
      threads.start([&] {
        a = flag.load(load);
        b = data.load(relaxed);
      });
      threads.join();
      return outcome({a, b});
    });
  };
  EXPECT_EQ(with(release, acquire), (Outcomes{"00", "01", "11"}));
  EXPECT_EQ(with(seq_cst, seq_cst), (Outcomes{"00", "01", "11"}));
  const Outcomes all{"00", "01", "10", "11"};
  EXPECT_EQ(with(relaxed, acquire), all);
  EXPECT_EQ(with(release, relaxed), all);
  EXPECT_EQ(with(relaxed, relaxed), all);
}

TEST(Litmus, MessagePassingGoesThroughAReleaseSequenceOfReadModifyWrites) {
  const Outcomes found = outcomes([](Threads& threads) {
    Atomic<int> data{0}, flag{0};
    int a = 0, b = 0;
    threads.start([&] {
      data.store(1, relaxed);
      flag.store(1, release);
    });
    threads.start([&] { flag.fetch_add(2, relaxed); });
    threads.start([&] {
      a = flag.load(acquire);
      b = data.load(relaxed);
    });
    threads.join();
    return outcome({a, b});
  });
  EXPECT_FALSE(found.contains("10"));
  EXPECT_FALSE(found.contains("30")) << "the increment continues the release sequence";
  EXPECT_TRUE(found.contains("20"));
  EXPECT_TRUE(found.contains("31"));
}

/// As of C++20; before, a later store of the same thread continued the sequence.
TEST(Litmus, MessagePassingDoesNotGoThroughALaterRelaxedStore) {
  const Outcomes found = outcomes([](Threads& threads) {
    Atomic<int> data{0}, flag{0};
    int a = 0, b = 0;
    threads.start([&] {
      data.store(1, relaxed);
      flag.store(1, release);
      flag.store(2, relaxed);
    });
    threads.start([&] {
      a = flag.load(acquire);
      b = data.load(relaxed);
    });
    threads.join();
    return outcome({a, b});
  });
  EXPECT_EQ(found, (Outcomes{"00", "01", "11", "20", "21"}));
}

TEST(Litmus, MessagePassingOverThreeThreadsIsTransitive) {
  const auto with = [](std::memory_order store, std::memory_order load) {
    return outcomes([=](Threads& threads) {
      Atomic<int> x{0}, y{0};
      int a = 0, b = 0, c = 0;
      threads.start([&] { x.store(1, store); });
      threads.start([&] {
        a = x.load(load);
        y.store(1, store);
      });
      threads.start([&] {
        b = y.load(load);
        c = x.load(relaxed);
      });
      threads.join();
      return outcome({a, b, c});
    });
  };
  EXPECT_FALSE(with(release, acquire).contains("110"));
  EXPECT_TRUE(with(relaxed, relaxed).contains("110"));
}

TEST(Litmus, IndependentReadsOfIndependentWritesAgreeOnAnOrderOnlyIfSeqCst) {
  const auto with = [](std::memory_order store, std::memory_order load) {
    return outcomes([=](Threads& threads) {
      Atomic<int> x{0}, y{0};
      int a = 0, b = 0, c = 0, d = 0;
      threads.start([&] { x.store(1, store); });
      threads.start([&] { y.store(1, store); });
      threads.start([&] {
        a = x.load(load);
        b = y.load(load);
      });
      threads.start([&] {
        c = y.load(load);
        d = x.load(load);
      });
      threads.join();
      return outcome({a, b, c, d});
    });
  };
  const Outcomes strong = with(seq_cst, seq_cst);
  EXPECT_EQ(strong.size(), 15u);
  EXPECT_FALSE(strong.contains("1010"));
  EXPECT_EQ(with(release, acquire).size(), 16u);
  EXPECT_EQ(with(release, seq_cst).size(), 15u) << "the loads alone order what they read";
}

TEST(Litmus, LoadBufferingIsShownOnlyIfItIsAskedFor) {
  const auto with = [](std::memory_order load, std::memory_order store, bool asked) {
    return outcomes(
        [=](Threads& threads) {
          Atomic<int> x{0}, y{0};
          int a = 0, b = 0;
          threads.start([&] {
            a = x.load(load);
            y.store(1, store);
          });
          threads.start([&] {
            b = y.load(load);
            x.store(1, store);
          });
          threads.join();
          return outcome({a, b});
        },
        asked);
  };
  EXPECT_EQ(with(relaxed, relaxed, false), (Outcomes{"00", "01", "10"}));
  EXPECT_EQ(with(relaxed, relaxed, true), (Outcomes{"00", "01", "10", "11"}));
  EXPECT_EQ(with(acquire, release, true), (Outcomes{"00", "01", "10"}));
  EXPECT_EQ(with(acquire, relaxed, true), (Outcomes{"00", "01", "10"})) << "no early load, as on real machines";
}

/// One load is ordered before the store of the other thread, so that one cannot be read.
TEST(Litmus, LoadBufferingEndsWhereSomethingHappensBefore) {
  const auto with = [](std::memory_order store, std::memory_order load) {
    return outcomes(
        [=](Threads& threads) {
          Atomic<int> x{0}, y{0};
          int a = 0, b = 0;
          threads.start([&] {
            a = x.load(relaxed);
            y.store(1, store);
          });
          threads.start([&] {
            b = y.load(load);
            x.store(1, relaxed);
          });
          threads.join();
          return outcome({a, b});
        },
        true);
  };
  EXPECT_FALSE(with(release, acquire).contains("11"));
  EXPECT_TRUE(with(relaxed, acquire).contains("11"));
  EXPECT_TRUE(with(release, relaxed).contains("11"));
}

TEST(Litmus, NothingComesOutOfThinAir) {
  const Outcomes found = outcomes(
      [](Threads& threads) {
        Atomic<int> x{0}, y{0};
        int a = 0, b = 0;
        threads.start([&] {
          a = x.load(relaxed);
          y.store(a, relaxed);
        });
        threads.start([&] {
          b = y.load(relaxed);
          if (b == 1) x.store(1, relaxed);
        });
        threads.join();
        return outcome({a, b});
      },
      true);
  EXPECT_EQ(found, (Outcomes{"00"}));
}

/// What is loaded early is coherent with what comes after it.
TEST(Litmus, AnEarlyLoadIsNotFollowedByAnOlderOne) {
  const Outcomes found = outcomes(
      [](Threads& threads) {
        Atomic<int> x{0}, y{0};
        int a = 0, b = 0, c = 0;
        threads.start([&] {
          a = x.load(relaxed);
          y.store(1, relaxed);
          b = x.load(relaxed);
        });
        threads.start([&] {
          c = y.load(relaxed);
          x.store(1, relaxed);
        });
        threads.join();
        return outcome({a, b, c});
      },
      true);
  EXPECT_FALSE(found.contains("101"));
  EXPECT_FALSE(found.contains("100"));
}

TEST(Litmus, ReadsOfOneLocationNeverGoBack) {
  const Outcomes found = outcomes([](Threads& threads) {
    Atomic<int> x{0};
    int a = 0, b = 0;
    threads.start([&] {
      x.store(1, relaxed);
      x.store(2, relaxed);
    });
    threads.start([&] {
      a = x.load(relaxed);
      b = x.load(relaxed);
    });
    threads.join();
    return outcome({a, b});
  });
  EXPECT_EQ(found, (Outcomes{"00", "01", "02", "11", "12", "22"}));
}

TEST(Litmus, ReadersAgreeOnTheOrderOfTheStoresToOneLocation) {
  const Outcomes found = outcomes([](Threads& threads) {
    Atomic<int> x{0};
    int a = 0, b = 0, c = 0, d = 0;
    threads.start([&] { x.store(1, relaxed); });
    threads.start([&] { x.store(2, relaxed); });
    threads.start([&] {
      a = x.load(relaxed);
      b = x.load(relaxed);
    });
    threads.start([&] {
      c = x.load(relaxed);
      d = x.load(relaxed);
    });
    threads.join();
    return outcome({a, b, c, d});
  });
  EXPECT_TRUE(found.contains("1212"));
  EXPECT_TRUE(found.contains("2121"));
  EXPECT_FALSE(found.contains("1221"));
  EXPECT_FALSE(found.contains("2112"));
}

TEST(Litmus, AReadSeesWhatItsOwnThreadStored) {
  const Outcomes found = outcomes([](Threads& threads) {
    Atomic<int> x{0};
    int a = 0;
    threads.start([&] {
      x.store(1, relaxed);
      a = x.load(relaxed);
    });
    threads.start([&] { x.store(2, relaxed); });
    threads.join();
    return outcome({a, x.load(relaxed)});
  });
  EXPECT_EQ(found, (Outcomes{"11", "12", "22"}));
}

/// 2+2W: each location keeps the first store of one thread for its last.
TEST(Litmus, StoresOfTwoLocationsMayGoIntoOppositeOrdersUnlessSeqCst) {
  const auto with = [](std::memory_order store) {
    return outcomes([=](Threads& threads) {
      Atomic<int> x{0}, y{0};
      threads.start([&] {
        x.store(1, store);
        y.store(2, store);
      });
      threads.start([&] {
        y.store(1, store);
        x.store(2, store);
      });
      threads.join();
      return outcome({x.load(relaxed), y.load(relaxed)});
    });
  };
  EXPECT_EQ(with(seq_cst), (Outcomes{"12", "21", "22"}));
  EXPECT_EQ(with(release), (Outcomes{"11", "12", "21", "22"}));
}

/// S: a store that is ordered after another one cannot go before it.
TEST(Litmus, AStoreGoesBehindWhatHappensBeforeIt) {
  const auto with = [](std::memory_order store, std::memory_order load) {
    return outcomes([=](Threads& threads) {
      Atomic<int> x{0}, y{0};
      int a = 0;
      threads.start([&] {
        x.store(2, relaxed);
        y.store(1, store);
      });
      threads.start([&] {
        a = y.load(load);
        x.store(1, relaxed);
      });
      threads.join();
      return outcome({a, x.load(relaxed)});
    });
  };
  EXPECT_EQ(with(release, acquire), (Outcomes{"01", "02", "11"}));
  EXPECT_EQ(with(relaxed, relaxed), (Outcomes{"01", "02", "11", "12"}));
}

/// R
TEST(Litmus, AStoreAndALoadAreOrderedBySeqCstOnly) {
  const auto with = [](std::memory_order store, std::memory_order load) {
    return outcomes([=](Threads& threads) {
      Atomic<int> x{0}, y{0};
      int a = 0;
      threads.start([&] {
        x.store(1, store);
        y.store(1, store);
      });
      threads.start([&] {
        y.store(2, store);
        a = x.load(load);
      });
      threads.join();
      return outcome({a, y.load(relaxed)});
    });
  };
  EXPECT_EQ(with(seq_cst, seq_cst), (Outcomes{"01", "11", "12"}));
  EXPECT_EQ(with(release, acquire), (Outcomes{"01", "02", "11", "12"}));
}

/// What one seq_cst load has read, a later one does not read behind, whoever stored it and how.
TEST(Litmus, SeqCstLoadsDoNotGoBackBehindEachOther) {
  const auto with = [](std::memory_order last_load) {
    return outcomes([=](Threads& threads) {
      Atomic<int> x{0}, y{0};
      int a = 0, b = 0, c = 0;
      threads.start([&] { x.store(1, relaxed); });
      threads.start([&] {
        a = x.load(seq_cst);
        b = y.load(seq_cst);
      });
      threads.start([&] {
        y.store(1, seq_cst);
        c = x.load(last_load);
      });
      threads.join();
      return outcome({a, b, c});
    });
  };
  EXPECT_FALSE(with(seq_cst).contains("100"));
  EXPECT_TRUE(with(acquire).contains("100"));
}

/// MP with a seq_cst message and a relaxed flag: nothing happens before, so the order of the seq_cst operations may be either.
TEST(Litmus, SeqCstOperationsAreNotOrderedByWhatARelaxedLoadReads) {
  const auto with = [](std::memory_order flag_store, std::memory_order flag_load) {
    return outcomes([=](Threads& threads) {
      Atomic<int> data{0}, flag{0};
      int a = 0, b = 0;
      threads.start([&] {
        data.store(1, seq_cst);
        flag.store(1, flag_store);
      });
      threads.start([&] {
        a = flag.load(flag_load);
        b = data.load(seq_cst);
      });
      threads.join();
      return outcome({a, b});
    });
  };
  EXPECT_TRUE(with(relaxed, relaxed).contains("10"));
  EXPECT_FALSE(with(release, acquire).contains("10"));
}

/// Z6.U of "Repairing Sequential Consistency in C/C++11" (Lahav et al., PLDI 2017), which C++11 forbids: what a read-modify-write
/// acquires does not strongly happen before itself.
TEST(Litmus, SeqCstOrderAgreesWithStronglyHappensBeforeOnly) {
  const auto with = [](std::memory_order store) {
    return outcomes([=](Threads& threads) {
      Atomic<int> x{0}, y{0};
      int a = 0, b = 0, c = 0;
      threads.start([&] {
        x.store(1, seq_cst);
        y.store(1, store);
      });
      threads.start([&] {
        a = y.fetch_add(1, seq_cst);
        b = y.load(relaxed);
      });
      threads.start([&] {
        y.store(3, seq_cst);
        c = x.load(seq_cst);
      });
      threads.join();
      return outcome({a, b, c});
    });
  };
  EXPECT_TRUE(with(release).contains("130"));
  EXPECT_FALSE(with(seq_cst).contains("130"));
}

TEST(Litmus, ReadModifyWritesLoseNothingAndReadTheirPredecessor) {
  const Outcomes found = outcomes([](Threads& threads) {
    Atomic<int> x{0};
    int a = 0, b = 0, c = 0;
    threads.start([&] { a = x.fetch_add(1, relaxed); });
    threads.start([&] { b = x.fetch_add(1, relaxed); });
    threads.start([&] { c = x.load(relaxed); });
    threads.join();
    return outcome({a, b, x.load(relaxed)});
  });
  EXPECT_EQ(found, (Outcomes{"012", "102"}));
}

TEST(Litmus, AStoreGoesInBeforeOrBehindAReadModifyWriteNeverBetween) {
  const Outcomes found = outcomes([](Threads& threads) {
    Atomic<int> x{0};
    int a = 0;
    threads.start([&] { a = x.fetch_add(1, relaxed); });
    threads.start([&] { x.store(5, relaxed); });
    threads.join();
    return outcome({a, x.load(relaxed)});
  });
  EXPECT_EQ(found, (Outcomes{"05", "56"}));
}

TEST(Litmus, ACompareExchangeThatFailsMayReadAStaleValue) {
  const Outcomes found = outcomes([](Threads& threads) {
    Atomic<int> x{0};
    int expected = 7;
    bool exchanged = true;
    threads.start([&] {
      x.store(1, relaxed);
      x.store(2, relaxed);
    });
    threads.start([&] { exchanged = x.compare_exchange_strong(expected, 9, relaxed, relaxed); });
    threads.join();
    return outcome({exchanged ? 1 : 0, expected});
  });
  EXPECT_EQ(found, (Outcomes{"00", "01", "02"}));
}

TEST(Litmus, AWeakCompareExchangeFailsForNoReasonAsOftenAsTheBoundsSay) {
  const auto with = [](std::size_t spurious) {
    Outcomes found;
    const Report report = explore(Bounds{.spurious = spurious}, [&](Threads&) {
      Atomic<int> x{0};
      int tries = 0;
      for (int expected = 0; !x.compare_exchange_weak(expected, 1, relaxed, relaxed);) ++tries;
      found.insert(outcome({tries}));
    });
    EXPECT_EQ(report.verdict, Verdict::passed) << report;
    return found;
  };
  EXPECT_EQ(with(0), (Outcomes{"0"}));
  EXPECT_EQ(with(2), (Outcomes{"0", "1", "2"}));
}

} // namespace
