#include "flowcoro/coro/shared_task.hpp"

#include "helpers.hpp"

#include "../support/build.hpp"
#include "../support/seed.hpp"
#include "../support/values.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/sched/spawn.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace flowcoro {
namespace {

using namespace std::chrono_literals;

static_assert(std::is_copy_constructible_v<SharedTask<test::MoveOnly>>);
static_assert(Awaitable<SharedTask<int>> && Awaitable<const SharedTask<int>&>);
static_assert(std::is_same_v<await_result_t<SharedTask<std::string>>, const std::string&>);
static_assert(std::is_same_v<await_result_t<SharedTask<int&>>, int&>);
static_assert(std::is_void_v<await_result_t<SharedTask<void>>>);

template <class T>
Lazy<T> give_at(test::Gate& gate, T value) {
  co_await gate;
  co_return std::move(value);
}
Lazy<int> read(SharedTask<int> shared) { co_return co_await shared; }
Lazy<void> wait_for(SharedTask<void> shared) { co_await shared; }

TEST(SharedTask, GivesItsResultToEveryAwaiter) {
  constexpr int awaiters = 1000;
  test::Gate gate;
  Runtime runtime{{.workers = 3}};
  const SharedTask<int> shared{give_at(gate, 21)};
  std::vector<Task<int>> readers;
  for (int i = 0; i < awaiters; ++i) readers.push_back(spawn_on(runtime, read, shared));
  EXPECT_FALSE(shared.done());
  gate.open();
  int sum = 0;
  for (Task<int>& reader : readers) sum += sync_wait(runtime, reader);
  EXPECT_EQ(sum, awaiters * 21);
  EXPECT_TRUE(shared.done());
}

TEST(SharedTask, GivesItsResultAgainAndAgain) {
  test::Gate gate;
  gate.open();
  const SharedTask<int> shared{give_at(gate, 3)};
  EXPECT_EQ(sync_wait(read(shared)), 3);
  EXPECT_EQ(sync_wait(read(shared)), 3);
}

TEST(SharedTask, StartsALazyAtOnce) {
  bool started = false;
  const auto body = [&started]() -> Lazy<void> {
    started = true;
    co_return;
  };
  const SharedTask<void> shared{body()};
  EXPECT_TRUE(started);
}

TEST(SharedTask, TakesOverARunningTask) {
  Runtime runtime{{.workers = 1}};
  const SharedTask<int> shared{spawn_on(runtime, [] { return 5; })};
  EXPECT_EQ(sync_wait(runtime, read(shared)), 5);
}

TEST(SharedTask, OfAnEmptyTaskThrowsNoResult) {
  EXPECT_THROW(SharedTask<int>{Task<int>{}}, NoResult);
  EXPECT_THROW(SharedTask<int>{Lazy<int>{}}, NoResult);
}

TEST(SharedTask, GivesAConstReferenceToOneObject) {
  test::Gate gate;
  gate.open();
  const SharedTask<test::MoveOnly> shared{give_at(gate, test::MoveOnly{6})};
  const test::MoveOnly& first = sync_wait(shared);
  const test::MoveOnly& second = sync_wait(shared);
  EXPECT_EQ(&first, &second);
  EXPECT_EQ(first.value(), 6);
}

TEST(SharedTask, GivesAReferenceItself) {
  int object = 0;
  const auto refer = [](int& target) -> Lazy<int&> { co_return target; };
  const SharedTask<int&> shared{refer(object)};
  sync_wait(shared) = 9;
  EXPECT_EQ(object, 9);
}

TEST(SharedTask, MayGiveAnOverAlignedResult) {
  const auto make = []() -> Lazy<test::AlignedTo<64>> { co_return test::AlignedTo<64>{4}; };
  const SharedTask<test::AlignedTo<64>> shared{make()};
  const test::AlignedTo<64>& result = sync_wait(shared);
  EXPECT_TRUE(result.is_aligned());
  EXPECT_EQ(result.value, 4);
}

TEST(SharedTask, KeepsTheResultAsLongAsAnyCopyLives) {
  test::Census census;
  const auto make = [](test::Census& of) -> Lazy<test::Counted> { co_return test::Counted{of, 1}; };
  std::optional<SharedTask<test::Counted>> last;
  {
    const SharedTask<test::Counted> first{make(census)};
    last = first;
  }
  EXPECT_EQ(sync_wait(*last).value(), 1);
  EXPECT_EQ(census.alive(), 1);
  last.reset();
  EXPECT_EQ(census.alive(), 0);
}

Lazy<void> fail_at(test::Gate& gate) {
  co_await gate;
  throw std::runtime_error{"shared failure"};
}

TEST(SharedTask, RethrowsTheSameErrorToEveryAwaiter) {
  test::LostErrors lost;
  test::Gate gate;
  Runtime runtime{lost.options(2)};
  {
    const SharedTask<void> shared{spawn_on(runtime, fail_at, std::ref(gate))};
    std::vector<Task<void>> waiters;
    for (int i = 0; i < 10; ++i) waiters.push_back(spawn_on(runtime, wait_for, shared));
    gate.open();
    for (Task<void>& waiter : waiters) EXPECT_THROW(sync_wait(runtime, waiter), std::runtime_error);
  }
  EXPECT_TRUE(lost.texts().empty());
}

TEST(SharedTask, WhoseErrorNobodyAwaitsHandsItToTheHandler) {
  test::LostErrors lost;
  Runtime runtime{lost.options(1)};
  const auto make_and_drop = []() -> Lazy<void> {
    const auto fail = []() -> Lazy<void> {
      throw std::runtime_error{"nobody asked"};
      co_return;
    };
    {
      const SharedTask<void> shared{fail()};
    }
    co_return;
  };
  sync_wait(runtime, make_and_drop);
  EXPECT_EQ(lost.texts(), std::vector<std::string>{"nobody asked"});
  EXPECT_EQ(runtime.stats().unhandled, 1u);
}

TEST(SharedTask, LetsOneAwaiterBeCancelledAloneWhileTheOthersGetTheResult) {
  test::Gate gate;
  Runtime runtime{{.workers = 2}};
  const SharedTask<int> shared{give_at(gate, 8)};
  Task<int> impatient = spawn_on(runtime, read, shared);
  Task<int> patient = spawn_on(runtime, read, shared);
  impatient.request_stop();
  EXPECT_THROW(static_cast<void>(sync_wait(runtime, impatient)), OperationCancelled);
  EXPECT_FALSE(shared.done());
  EXPECT_FALSE(patient.done());
  gate.open();
  EXPECT_EQ(sync_wait(runtime, patient), 8);
}

Lazy<void> sleep_and_note(test::Counted, std::atomic<bool>& stopped) {
  try {
    auto nap = sleep_for(1h);
    co_await nap;
  } catch (const OperationCancelled&) {
    stopped = true;
    throw;
  }
}

TEST(SharedTask, IsStoppedWhenItsLastCopyGoes) {
  test::Census census;
  std::atomic<bool> stopped{false};
  Runtime runtime{{.workers = 1}};
  {
    const SharedTask<void> shared{spawn_on(runtime, sleep_and_note, test::Counted{census}, std::ref(stopped))};
    {
      const SharedTask<void> copy = shared;
    }
    EXPECT_FALSE(stopped.load());
  }
  EXPECT_TRUE(test::eventually([&] { return stopped.load(); }));
  EXPECT_TRUE(test::eventually([&] { return census.alive() == 0; }));
  EXPECT_TRUE(runtime.shutdown().clean());
  EXPECT_EQ(runtime.stats().unhandled, 0u);
}

TEST(SharedTaskStress, EndsWhileAwaitersComeAndAreCancelled) {
  const std::size_t rounds = test::rounds(2'000);
  test::Random random;
  Runtime runtime{{.workers = 3}};
  std::size_t received = 0;
  std::size_t cancelled = 0;
  for (std::size_t i = 0; i < rounds; ++i) {
    test::Gate gate;
    const SharedTask<int> shared{give_at(gate, 1)};
    std::vector<Task<int>> readers;
    for (int reader = 0; reader < 4; ++reader) readers.push_back(spawn_on(runtime, read, shared));
    test::dawdle(random.below(500));
    readers[0].request_stop();
    gate.open();
    readers[1].request_stop();
    for (Task<int>& reader : readers) {
      try {
        received += static_cast<std::size_t>(sync_wait(runtime, reader));
      } catch (const OperationCancelled&) {
        ++cancelled;
      }
    }
  }
  EXPECT_EQ(received + cancelled, 4 * rounds);
  EXPECT_GE(received, 2 * rounds);
}

} // namespace
} // namespace flowcoro
