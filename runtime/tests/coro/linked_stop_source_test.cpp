#include "flowcoro/coro/linked_stop_source.hpp"

#include "helpers.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/with_stop.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "support/build.hpp"
#include "support/seed.hpp"
#include "support/seeds.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::LinkedStopSource;
using flowcoro::OperationCancelled;
using flowcoro::StopCallback;
using flowcoro::StopSource;
using flowcoro::StopToken;
using flowcoro::test::rounds;

struct Counting {
  std::atomic<int>& calls;
  void operator()() const noexcept { ++calls; }
};

TEST(LinkedStopSource, IsStoppedByAnyOfItsTokensAndStopsNoneOfThem) {
  for (const std::size_t which : {0u, 1u, 2u}) {
    std::vector<StopSource> sources(3);
    const LinkedStopSource linked{sources[0].token(), sources[1].token(), sources[2].token()};
    EXPECT_FALSE(linked.stop_requested());
    sources[which].request_stop();
    EXPECT_TRUE(linked.stop_requested());
    EXPECT_TRUE(linked.token().stop_requested());
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(sources[i].stop_requested(), i == which);
  }
}

TEST(LinkedStopSource, IsStoppedByItself) {
  StopSource source;
  LinkedStopSource linked{source.token()};
  EXPECT_TRUE(linked.request_stop());
  EXPECT_FALSE(linked.request_stop());
  EXPECT_FALSE(source.stop_requested());
  source.request_stop(); // too late, and no harm
}

TEST(LinkedStopSource, RunsItsCallbacksOnceForAllRequests) {
  StopSource one;
  StopSource other;
  const LinkedStopSource linked{one.token(), other.token()};
  std::atomic<int> calls{0};
  const StopCallback<Counting> callback{linked.token(), Counting{calls}};
  one.request_stop();
  other.request_stop();
  EXPECT_EQ(calls.load(), 1);
}

TEST(LinkedStopSource, IsStoppedAtOnceByATokenThatWasStoppedBefore) {
  StopSource source;
  source.request_stop();
  const LinkedStopSource linked{StopToken::none(), source.token()};
  EXPECT_TRUE(linked.stop_requested());
}

TEST(LinkedStopSource, OfNothingThatCanBeStoppedIsAnOrdinarySource) {
  const LinkedStopSource of_none{StopToken::none()};
  EXPECT_FALSE(of_none.stop_requested());
  EXPECT_TRUE(of_none.token().stop_possible());
  const LinkedStopSource of_nothing{std::span<const StopToken>{}};
  EXPECT_FALSE(of_nothing.stop_requested());
}

TEST(LinkedStopSource, ReleasesItsTokensWhenItEndsAndLeavesItsOwnValid) {
  StopSource source;
  StopToken token;
  {
    const LinkedStopSource linked{source.token()};
    token = linked.token();
  }
  source.request_stop();
  EXPECT_FALSE(token.stop_requested());
}

TEST(LinkedStopSource, MayBeEndedByACallbackThatItRuns) {
  for (const bool by_token : {false, true}) {
    StopSource source;
    auto linked = std::make_unique<LinkedStopSource>(std::initializer_list<StopToken>{source.token()});
    const auto end = [&linked]() noexcept { linked.reset(); };
    const StopCallback callback{linked->token(), end};
    if (by_token)
      source.request_stop();
    else
      linked->request_stop();
    EXPECT_EQ(linked, nullptr);
  }
}

TEST(LinkedStopSource, PassesRequestsThroughOthers) {
  StopSource source;
  const LinkedStopSource first{source.token()};
  const LinkedStopSource second{first.token()};
  const LinkedStopSource third{second.token(), first.token()};
  source.request_stop();
  EXPECT_TRUE(third.stop_requested());
}

TEST(LinkedStopSource, StopsTheWaitsOfACoroutine) {
  flowcoro::test::Choices choices{flowcoro::test::seed()};
  flowcoro::test::CheckedScheduler scheduler{choices};
  scheduler.run([]() -> Lazy<void> {
    StopSource one;
    StopSource other;
    const LinkedStopSource either{one.token(), other.token()};
    const auto wait = [](StopToken token) -> Lazy<bool> {
      const auto sleep = [] { return flowcoro::sleep_for(1h); };
      auto stoppable = flowcoro::with_stop(sleep, std::move(token));
      try {
        co_await stoppable;
      } catch (const OperationCancelled&) {
        co_return true;
      }
      co_return false;
    };
    auto waiting = flowcoro::spawn(wait, either.token());
    co_await flowcoro::sleep_for(1ms);
    other.request_stop();
    EXPECT_TRUE(co_await waiting);
  });
}

TEST(LinkedStopSource, AHundredThousandOfOneTokenEndInAnyOrder) {
  const std::size_t count = rounds(100'000);
  flowcoro::test::Random random;
  StopSource source;
  std::vector<std::unique_ptr<LinkedStopSource>> linked(count);
  for (auto& one : linked) one = std::make_unique<LinkedStopSource>(std::initializer_list<StopToken>{source.token()});
  std::shuffle(linked.begin(), linked.end(), random.engine());
  linked.resize(count / 2);
  source.request_stop();
  EXPECT_TRUE(std::all_of(linked.begin(), linked.end(), [](const auto& one) { return one->stop_requested(); }));
}

TEST(LinkedStopSourceRace, BetweenRequestsAndItsEndRunsACallbackAtMostOnce) {
  flowcoro::test::Random random;
  for (std::size_t i = 0; i < rounds(3'000); ++i) {
    StopSource one;
    StopSource other;
    const std::array<std::size_t, 2> early{random.below(200), random.below(200)};
    const std::size_t late = random.below(300);
    flowcoro::test::start_together(3, [&](std::size_t thread) {
      if (thread < 2) {
        flowcoro::test::dawdle(early[thread]);
        (thread == 0 ? one : other).request_stop();
        return;
      }
      auto target = std::make_unique<std::atomic<int>>(0);
      auto linked = std::make_unique<LinkedStopSource>(std::initializer_list<StopToken>{one.token(), other.token()});
      auto callback = std::make_unique<StopCallback<Counting>>(linked->token(), Counting{*target});
      flowcoro::test::dawdle(late);
      linked.reset(); // from here on nobody runs the callback
      const int calls = target->load();
      callback.reset();
      EXPECT_LE(calls, 1);
      EXPECT_EQ(calls, target->load());
      target.reset();
    });
  }
}

} // namespace
