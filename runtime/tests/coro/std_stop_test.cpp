#include "flowcoro/coro/std_stop.hpp"

#include "helpers.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/coro/with_stop.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seed.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::StopCallback;
using flowcoro::StopFromStd;
using flowcoro::StopSource;
using flowcoro::StopToken;
using flowcoro::StopToStd;
using flowcoro::test::rounds;

TEST(StopFromStd, PassesARequestOnAndNoneBack) {
  std::stop_source theirs;
  StopSource ours;
  const StopFromStd link{theirs.get_token(), ours};
  EXPECT_FALSE(ours.stop_requested());
  theirs.request_stop();
  EXPECT_TRUE(ours.stop_requested());

  std::stop_source not_asked;
  StopSource asked;
  const StopFromStd one_way{not_asked.get_token(), asked};
  asked.request_stop();
  EXPECT_FALSE(not_asked.stop_requested());
}

TEST(StopFromStd, PassesOnARequestThatWasMadeBefore) {
  std::stop_source theirs;
  theirs.request_stop();
  StopSource ours;
  const StopFromStd link{theirs.get_token(), ours};
  EXPECT_TRUE(ours.stop_requested());
}

TEST(StopFromStd, PassesNothingOnAfterItsEnd) {
  std::stop_source theirs;
  StopSource ours;
  {
    const StopFromStd link{theirs.get_token(), ours};
  }
  theirs.request_stop();
  EXPECT_FALSE(ours.stop_requested());
  const StopFromStd of_nobody{std::stop_token{}, ours};
  EXPECT_FALSE(ours.stop_requested());
}

TEST(StopFromStd, MayBeEndedByACallbackThatItsRequestRuns) {
  std::stop_source theirs;
  StopSource ours;
  auto link = std::make_unique<StopFromStd>(theirs.get_token(), ours);
  const auto end = [&link]() noexcept { link.reset(); };
  const StopCallback callback{ours.token(), end};
  theirs.request_stop();
  EXPECT_EQ(link, nullptr);
}

TEST(StopFromStd, LetsAJthreadStopACoroutine) {
  flowcoro::test::CheckedRuntime runtime{1};
  std::atomic<bool> cancelled{false};
  std::jthread thread{[&](std::stop_token stop) {
    StopSource source;
    const StopFromStd link{std::move(stop), source};
    const auto wait = [](StopToken token) -> Lazy<void> {
      const auto sleep = [] { return flowcoro::sleep_for(1h); };
      auto stoppable = flowcoro::with_stop(sleep, std::move(token));
      co_await stoppable;
    };
    auto waiting = flowcoro::spawn_on(runtime, wait, source.token());
    try {
      flowcoro::sync_wait(runtime, waiting);
    } catch (const OperationCancelled&) {
      cancelled = true;
    }
  }};
  thread.request_stop();
  thread.join();
  EXPECT_TRUE(cancelled);
}

TEST(StopToStd, PassesARequestOnAndNoneBack) {
  StopSource ours;
  std::stop_source theirs;
  const StopToStd link{ours.token(), theirs};
  EXPECT_FALSE(theirs.stop_requested());
  ours.request_stop();
  EXPECT_TRUE(theirs.stop_requested());

  StopSource not_asked;
  std::stop_source asked;
  const StopToStd one_way{not_asked.token(), asked};
  asked.request_stop();
  EXPECT_FALSE(not_asked.stop_requested());
}

TEST(StopToStd, PassesOnARequestThatWasMadeBeforeAndNothingAfterItsEnd) {
  StopSource ours;
  std::stop_source theirs;
  {
    const StopToStd link{ours.token(), theirs};
  }
  ours.request_stop();
  EXPECT_FALSE(theirs.stop_requested());
  const StopToStd late{ours.token(), theirs};
  EXPECT_TRUE(theirs.stop_requested());
  std::stop_source of_nobody;
  const StopToStd never{StopToken::none(), of_nobody};
  EXPECT_FALSE(of_nobody.stop_requested());
}

TEST(StopToStd, MayBeEndedByACallbackThatItsRequestRuns) {
  StopSource ours;
  std::stop_source theirs;
  auto link = std::make_unique<StopToStd>(ours.token(), theirs);
  const auto end = [&link]() noexcept { link.reset(); };
  const std::stop_callback callback{theirs.get_token(), end};
  ours.request_stop();
  EXPECT_EQ(link, nullptr);
}

TEST(StopToStd, TellsABlockingCallOfTheStopOfItsTask) {
  flowcoro::test::CheckedRuntime runtime{1};
  std::atomic<bool> seen{false};
  std::atomic<bool> computing{false};
  auto task = flowcoro::spawn_on(runtime, [&]() -> Lazy<void> {
    const StopToken stop = co_await flowcoro::this_task::stop_token();
    std::stop_source source;
    const StopToStd link{stop, source};
    computing = true;
    while (!source.stop_requested()) std::this_thread::yield();
    seen = true;
  });
  while (!computing) std::this_thread::yield();
  task.request_stop();
  flowcoro::sync_wait(runtime, task);
  EXPECT_TRUE(seen);
}

TEST(StdStopRace, BetweenARequestAndTheEndOfALinkNeverReachesWhatIsGone) {
  flowcoro::test::Random random;
  for (std::size_t i = 0; i < rounds(3'000); ++i) {
    std::stop_source theirs;
    StopSource ours;
    const std::size_t early = random.below(200);
    const std::size_t late = random.below(200);
    flowcoro::test::start_together(2, [&](std::size_t thread) {
      if (thread == 0) {
        flowcoro::test::dawdle(early);
        theirs.request_stop();
        ours.request_stop();
        return;
      }
      auto flag = std::make_unique<int>(0);
      StopSource inner;
      std::stop_source outer;
      const auto note = [&flag]() noexcept { ++*flag; };
      std::optional<StopCallback<decltype(note)>> callback{std::in_place, inner.token(), note};
      std::optional<std::stop_callback<decltype(note)>> std_callback;
      std::optional<StopFromStd> from{std::in_place, theirs.get_token(), inner};
      flowcoro::test::dawdle(late);
      from.reset();
      EXPECT_LE(*flag, 1);
      callback.reset();
      std_callback.emplace(outer.get_token(), note);
      std::optional<StopToStd> to_std{std::in_place, ours.token(), outer};
      flowcoro::test::dawdle(late);
      to_std.reset();
      EXPECT_LE(*flag, 2);
      std_callback.reset();
      flag.reset(); // a request that is still on its way touches freed memory
    });
  }
}

} // namespace
