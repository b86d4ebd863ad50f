// One task, and a stop request at each moment of its life: it ends in one way, once, and after its end a request changes nothing.
#include "flowcoro/async/manual_reset_event.hpp"
#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/stop.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::ManualResetEvent;
using flowcoro::OperationCancelled;
using flowcoro::spawn_on;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

/// What happens to the task. It waits for `event`, and gives 7.
struct Story {
  CheckedScheduler& scheduler;
  ManualResetEvent event;
  Task<int> task;
  int in_body = 0;

  explicit Story(CheckedScheduler& s) : scheduler{s} {}
  void begin() {
    task = spawn_on(scheduler, [this]() -> Lazy<int> {
      ++in_body;
      auto waiting = event.wait();
      co_await waiting;
      ++in_body;
      co_return 7;
    });
  }
};

struct Moment {
  const char* name;
  std::function<void(Story&)> tell;
  bool cancelled;
  int in_body; // how many of its two halves have run
  friend std::ostream& operator<<(std::ostream& out, const Moment& moment) { return out << moment.name; }
};

const Moment moments[] = {
    {"BeforeItsStart",
     [](Story& story) {
       story.begin();
       story.task.request_stop();
     },
     true, 1},
    {"WhileItIsSuspended",
     [](Story& story) {
       story.begin();
       story.scheduler.run_until_idle();
       story.task.request_stop();
     },
     true, 1},
    {"Twice",
     [](Story& story) {
       story.begin();
       story.scheduler.run_until_idle();
       story.task.request_stop();
       story.task.request_stop();
     },
     true, 1},
    {"WhenItsWaitIsOverButItHasNotGoneOn",
     [](Story& story) {
       story.begin();
       story.scheduler.run_until_idle();
       story.event.set();
       story.task.request_stop();
     },
     false, 2},
    {"BeforeItsWaitIsOver",
     [](Story& story) {
       story.begin();
       story.scheduler.run_until_idle();
       story.task.request_stop();
       story.event.set();
     },
     true, 1},
    {"BeforeAWaitForWhatIsThereAtOnce",
     [](Story& story) {
       story.event.set();
       story.begin();
       story.task.request_stop();
     },
     false, 2},
    {"AfterItsEnd",
     [](Story& story) {
       story.event.set();
       story.begin();
       story.scheduler.run_until_idle();
       EXPECT_TRUE(story.task.done());
       story.task.request_stop();
     },
     false, 2},
};

class StopMoment : public testing::TestWithParam<Moment> {};
INSTANTIATE_TEST_SUITE_P(Of, StopMoment, testing::ValuesIn(moments),
                         [](const auto& info) { return std::string{info.param.name}; });

TEST_P(StopMoment, HasOneOutcome) {
  over_seeds(100, [](Choices& choices) {
    CheckedScheduler scheduler{choices};
    Story story{scheduler};
    GetParam().tell(story);
    std::optional<int> result;
    try {
      result = scheduler.run(story.task);
    } catch (const OperationCancelled&) {
      EXPECT_TRUE(GetParam().cancelled);
    }
    EXPECT_EQ(result, GetParam().cancelled ? std::nullopt : std::optional{7});
    EXPECT_EQ(story.in_body, GetParam().in_body);
  });
}

TEST(StopFromTheOwnBody, EndsTheNextWait) {
  Choices choices{flowcoro::test::seed()};
  CheckedScheduler scheduler{choices};
  Task<bool> task;
  ManualResetEvent ready;
  task = spawn_on(scheduler, [&]() -> Lazy<bool> {
    co_await ready.wait();
    task.request_stop();
    bool cancelled = false;
    try {
      co_await flowcoro::sleep_for(1h);
    } catch (const OperationCancelled&) {
      cancelled = true;
    }
    co_return cancelled;
  });
  ready.set();
  scheduler.run_until_idle();
  EXPECT_TRUE(scheduler.run(task));
}

TEST(StopFromACallback, ReachesAnotherTask) {
  Choices choices{flowcoro::test::seed()};
  CheckedScheduler scheduler{choices};
  const auto sleep = []() -> Lazy<void> { co_await flowcoro::sleep_for(1h); };
  auto second = spawn_on(scheduler, sleep);
  const auto stop_second = [&second]() noexcept { second.request_stop(); };
  auto first = spawn_on(scheduler, [&]() -> Lazy<void> {
    const flowcoro::StopToken own = co_await flowcoro::this_task::stop_token();
    const flowcoro::StopCallback on_stop{own, stop_second};
    co_await flowcoro::sleep_for(1h);
  });
  scheduler.run_until_idle();
  first.request_stop();
  EXPECT_THROW(scheduler.run(first), OperationCancelled);
  EXPECT_THROW(scheduler.run(second), OperationCancelled);
  EXPECT_EQ(scheduler.now(), flowcoro::SteadyTime{});
}

TEST(StopRaceWithTheEnd, GivesTheValueOrOperationCancelledOnce) {
  CheckedRuntime runtime{2};
  std::size_t values = 0;
  std::size_t cancelled = 0;
  const std::size_t n = rounds(5'000);
  for (std::size_t i = 0; i < n; ++i) {
    ManualResetEvent event;
    auto task = spawn_on(runtime, [&event]() -> Lazy<int> {
      auto waiting = event.wait();
      co_await waiting;
      co_return 7;
    });
    flowcoro::test::start_together(2, [&](std::size_t thread) {
      if (thread == 0)
        event.set();
      else
        task.request_stop();
    });
    try {
      values += sync_wait(runtime, task) == 7 ? 1 : 0;
    } catch (const OperationCancelled&) {
      ++cancelled;
    }
  }
  EXPECT_EQ(values + cancelled, n);
}

} // namespace
