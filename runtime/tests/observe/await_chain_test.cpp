#include "flowcoro/observe/await_chain.hpp"

#include "flowcoro/async/channel.hpp"
#include "flowcoro/async/latch.hpp"
#include "flowcoro/async/mutex.hpp"
#include "flowcoro/async/sleep.hpp"
#include "flowcoro/async/with_timeout.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "flowcoro/test/deterministic_scheduler.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::AsyncMutex;
using flowcoro::await_chains;
using flowcoro::AwaitChains;
using flowcoro::BasicTask;
using flowcoro::Latch;
using flowcoro::Lazy;
using flowcoro::Start;
using flowcoro::Task;
using flowcoro::TaskState;
using flowcoro::TaskTrace;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::DeterministicScheduler;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Awaiter = TaskTrace::Awaiter;

template <class T = void>
using TrackedTask = BasicTask<T, Start::eager, flowcoro::TrackedPolicy>;
template <class T = void>
using TrackedLazy = BasicTask<T, Start::lazy, flowcoro::TrackedPolicy>;

const TaskTrace* named(const AwaitChains& chains, std::string_view name) {
  const auto found =
      std::find_if(chains.tasks.begin(), chains.tasks.end(), [&](const TaskTrace& task) { return task.name == name; });
  return found != chains.tasks.end() ? &*found : nullptr;
}
std::size_t index_of(const AwaitChains& chains, const TaskTrace* task) {
  return static_cast<std::size_t>(task - chains.tasks.data());
}
std::string as_text(const AwaitChains& chains) {
  std::ostringstream out;
  write_text(out, chains);
  return out.str();
}
std::string as_json(const AwaitChains& chains) {
  std::ostringstream out;
  write_json(out, chains);
  return out.str();
}

TrackedTask<> lock_both(std::string name, AsyncMutex& first, AsyncMutex& second) {
  auto naming = flowcoro::this_task::set_name(name);
  co_await naming;
  auto lock_first = first.lock();
  auto one = co_await lock_first;
  auto turn = flowcoro::yield();
  co_await turn;
  auto lock_second = second.lock();
  auto two = co_await lock_second;
}

TEST(AwaitChains, NameTwoTasksEachOfWhichHoldsWhatTheOtherWaitsFor) {
  AsyncMutex a, b;
  DeterministicScheduler scheduler{1};
  auto one = lock_both("one", a, b);
  auto two = lock_both("two", b, a);
  scheduler.run_until_idle();
  const AwaitChains chains = await_chains();
  ASSERT_THAT(chains.tasks, SizeIs(2));
  const TaskTrace* first = named(chains, "one");
  const TaskTrace* second = named(chains, "two");
  ASSERT_TRUE(first != nullptr && second != nullptr);
  EXPECT_EQ(first->state, TaskState::suspended);
  EXPECT_EQ(first->waits_for, "AsyncMutex::Lock");
  EXPECT_EQ(second->waits_for, "AsyncMutex::Lock");
  EXPECT_NE(first->object, nullptr);
  EXPECT_NE(first->object, second->object);
  EXPECT_THAT(first->waited_at.function_name(), HasSubstr("lock_both"));
  EXPECT_THAT(first->created.function_name(), HasSubstr("lock_both"));
  EXPECT_EQ(first->waited_at.line(), second->waited_at.line());
  EXPECT_EQ(first->awaiter, Awaiter::nobody);
  const std::string text = as_text(chains);
  EXPECT_THAT(text, HasSubstr("2 tasks, 0 in sync_wait\n"));
  EXPECT_THAT(text, ContainsRegex("#0  task [0-9]+ \"one\", suspended for [0-9.]+ s of [0-9.]+ s\n"));
  EXPECT_THAT(text, ContainsRegex("     waits at .*await_chain_test.cpp:[0-9]+ .* for AsyncMutex::Lock 0x[0-9a-f]+\n"));
}

/// Of tasks that wait for each other: the real ones never end, see tests/process/deadlocked.cpp.
AwaitChains made_up(const std::vector<std::optional<std::size_t>>& awaited_by) {
  AwaitChains chains;
  for (const auto& above : awaited_by) {
    TaskTrace task;
    task.id = chains.tasks.size() + 1;
    task.state = TaskState::suspended;
    if (above.has_value()) task.awaiter = Awaiter::task;
    task.awaited_by = above.value_or(0);
    chains.tasks.push_back(task);
  }
  return chains;
}

TEST(AwaitChains, FindRingsAndWhatHangsOnThem) {
  // 0 and 2 are a ring, 1 leads into it, 3 waits for itself, 4 and 5 are an ordinary chain.
  const AwaitChains chains = made_up({2, 0, 0, 3, 5, std::nullopt});
  EXPECT_THAT(chains.rings(), testing::ElementsAre(testing::ElementsAre(0u, 2u), testing::ElementsAre(3u)));
  const std::string text = as_text(chains);
  EXPECT_THAT(text, HasSubstr("\nring: each waits for the one before it, and the first for the last\n#0  task 1, "));
  EXPECT_THAT(text, HasSubstr("#0  task 2, suspended"));
  EXPECT_THAT(text, HasSubstr("#1  task 1, shown above\n"));
  EXPECT_THAT(as_json(chains), HasSubstr("\"rings\":[[0,2],[3]]}"));
}

TrackedLazy<> wait_for(Latch& latch) {
  auto wait = latch.wait();
  co_await wait;
}
Lazy<> untracked_middle(Latch& latch) {
  auto inner = wait_for(latch);
  co_await inner;
}
TrackedTask<> outermost(Latch& latch) {
  auto naming = flowcoro::this_task::set_name("outermost");
  co_await naming;
  auto middle = untracked_middle(latch);
  co_await middle;
}

TEST(AwaitChains, LeadFromTheLatchThatNobodyCountsDownToTheOutermostTask) {
  Latch latch{1};
  DeterministicScheduler scheduler{1};
  auto task = outermost(latch);
  const AwaitChains chains = await_chains();
  ASSERT_THAT(chains.tasks, SizeIs(2));
  const TaskTrace* top = named(chains, "outermost");
  ASSERT_NE(top, nullptr);
  const TaskTrace& inner = chains.tasks[1 - index_of(chains, top)];
  EXPECT_EQ(inner.waits_for, "Latch::Wait");
  EXPECT_EQ(inner.awaiter, Awaiter::task);
  EXPECT_EQ(inner.awaited_by, index_of(chains, top));
  EXPECT_EQ(inner.between, 1u);
  const std::string text = as_text(chains);
  EXPECT_LT(text.find("Latch::Wait"), text.find("(1 coroutines in between that are not tracked)"));
  EXPECT_LT(text.find("in between"), text.find("\"outermost\""));
  latch.count_down();
  scheduler.run(task);
}

TEST(AwaitChains, KnowOfTasksWithoutTrackingWhereTheyFirstWaitedAndWhoAwaitsThem) {
  CheckedRuntime runtime{2};
  Latch latch{1};
  std::atomic<bool> waits{false};
  auto inner = [](Latch& until, std::atomic<bool>& begun) -> Task<> {
    begun.store(true);
    auto wait = until.wait();
    co_await wait;
  };
  std::jthread caller{[&] {
    sync_wait(runtime, [&]() -> Lazy<> {
      auto task = inner(latch, waits);
      co_await task;
    });
  }};
  AwaitChains chains;
  do {
    std::this_thread::yield();
    chains = await_chains();
  } while (chains.tasks.empty() || chains.tasks.front().awaiter == Awaiter::nobody);
  ASSERT_THAT(chains.tasks, SizeIs(1));
  const TaskTrace& task = chains.tasks.front();
  EXPECT_EQ(task.id, 0u);
  EXPECT_FALSE(task.state.has_value());
  EXPECT_THAT(std::string{task.waited_at.file_name()}, HasSubstr("await_chain_test.cpp"));
  EXPECT_EQ(task.awaiter, Awaiter::call);
  EXPECT_GT(task.call.line(), task.waited_at.line());
  EXPECT_EQ(task.between, 1u);
  EXPECT_THAT(chains.calls, SizeIs(1));
  EXPECT_THAT(as_text(chains), HasSubstr(", not tracked\n     first waited at "));
  latch.count_down();
}

TEST(AwaitChains, GoThroughWhenAllAndWithTimeout) {
  Latch never{1};
  Latch latch{1};
  DeterministicScheduler scheduler{1};
  auto body = [](Latch& until, Latch& never) -> TrackedTask<> {
    auto naming = flowcoro::this_task::set_name("joins");
    co_await naming;
    auto both = flowcoro::when_all(wait_for(until), wait_for(until));
    co_await both;
    auto again = flowcoro::this_task::set_name("limited");
    co_await again;
    auto limited = flowcoro::with_timeout(wait_for(never), 1h);
    co_await limited;
  };
  auto task = body(latch, never);
  AwaitChains chains = await_chains();
  ASSERT_THAT(chains.tasks, SizeIs(3));
  for (const TaskTrace& one : chains.tasks) {
    if (one.name == "joins") continue;
    EXPECT_EQ(one.awaiter, Awaiter::task);
    EXPECT_EQ(one.awaited_by, index_of(chains, named(chains, "joins")));
  }
  EXPECT_THAT(as_text(chains), HasSubstr("\"joins\", shown above"));
  latch.count_down();
  scheduler.run_until_idle();
  chains = await_chains();
  ASSERT_THAT(chains.tasks, SizeIs(2));
  const TaskTrace* limited = named(chains, "limited");
  ASSERT_NE(limited, nullptr);
  EXPECT_EQ(chains.tasks[1 - index_of(chains, limited)].awaited_by, index_of(chains, limited));
}

TEST(AwaitChains, AreValidJsonWithNamesOfAnyKind) {
  flowcoro::TaskScope scope{"a \"name\"\n", "back\\slash"};
  const std::string json = as_json(await_chains());
  EXPECT_THAT(json, HasSubstr(R"("name":"a \"name\"\u000a","note":"back\\slash","state":"running")"));
  EXPECT_THAT(json, testing::StartsWith("{\"v\":1,\"tasks\":[{\"id\":"));
  EXPECT_THAT(json, testing::EndsWith("],\"calls\":[],\"rings\":[]}"));
}

TEST(AwaitChains, AreEmptyWhenNothingLives) {
  const AwaitChains chains = await_chains();
  EXPECT_THAT(chains.tasks, IsEmpty());
  EXPECT_EQ(as_text(chains), "0 tasks, 0 in sync_wait\n");
}

TEST(AwaitChains, TakeLinearTimeForADeepChain) {
  Latch latch{1};
  DeterministicScheduler scheduler{1};
  struct Deep {
    static TrackedLazy<> down(int depth, Latch& until) {
      if (depth == 0) {
        auto wait = until.wait();
        co_await wait;
      } else {
        auto below = down(depth - 1, until);
        co_await below;
      }
    }
  };
  const auto depth = static_cast<int>(flowcoro::test::rounds(50'000));
  auto start = [&]() -> Task<> {
    auto below = Deep::down(depth, latch);
    co_await below;
  };
  auto task = start();
  const AwaitChains chains = await_chains();
  EXPECT_THAT(chains.tasks, SizeIs(static_cast<std::size_t>(depth) + 2));
  EXPECT_THAT(chains.rings(), IsEmpty());
  EXPECT_THAT(as_text(chains), Not(HasSubstr("shown above")));
  latch.count_down();
  scheduler.run(task);
}

/// Tasks begin, wait for each other and end all the time; whoever looks sees only what could have been.
TEST(AwaitChains, AreReadWhileTasksComeAndGo) {
  CheckedRuntime runtime{3};
  std::atomic<bool> over{false};
  std::vector<std::jthread> lookers;
  for (int i = 0; i < 2; ++i)
    lookers.emplace_back([&over] {
      while (!over.load()) {
        const AwaitChains chains = await_chains();
        for (const TaskTrace& task : chains.tasks)
          if (task.awaiter == Awaiter::task) ASSERT_LT(task.awaited_by, chains.tasks.size());
        EXPECT_THAT(as_text(chains), Not(HasSubstr("ring:")));
      }
    });
  auto leaf = []() -> TrackedLazy<int> {
    auto turn = flowcoro::yield();
    co_await turn;
    co_return 1;
  };
  auto plain = [leaf]() -> Lazy<int> {
    auto inner = leaf();
    co_return co_await inner;
  };
  auto parent = [plain, leaf]() -> Lazy<int> {
    auto task = flowcoro::spawn(plain);
    auto both = flowcoro::when_all(plain(), leaf());
    const auto [one, two] = co_await both;
    co_return one + two + co_await task;
  };
  for (std::size_t i = 0; i < flowcoro::test::rounds(3'000); ++i) {
    std::vector<Task<int>> tasks;
    for (int k = 0; k < 8; ++k) tasks.push_back(spawn_on(runtime, parent));
    for (auto& task : tasks) EXPECT_EQ(sync_wait(runtime, task), 3);
  }
  over.store(true);
}

TEST(AwaitChains, AreReadWhileRuntimesBeginAndEnd) {
  std::atomic<bool> over{false};
  std::jthread looker{[&over] {
    while (!over.load()) static_cast<void>(await_chains());
  }};
  for (std::size_t i = 0; i < flowcoro::test::rounds(200); ++i) {
    CheckedRuntime runtime{2};
    auto task = spawn_on(runtime, []() -> Lazy<> {
      auto nap = flowcoro::sleep_for(1us);
      co_await nap;
    });
    sync_wait(runtime, task);
  }
  over.store(true);
}

} // namespace
