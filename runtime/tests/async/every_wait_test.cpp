// One table of all that a coroutine can wait for, and what a stop request does to each: docs/waiting.md.
#include "flowcoro/async/auto_reset_event.hpp"
#include "flowcoro/async/barrier.hpp"
#include "flowcoro/async/broadcast_channel.hpp"
#include "flowcoro/async/channel.hpp"
#include "flowcoro/async/condition_variable.hpp"
#include "flowcoro/async/deadline_stop_source.hpp"
#include "flowcoro/async/latch.hpp"
#include "flowcoro/async/manual_reset_event.hpp"
#include "flowcoro/async/mutex.hpp"
#include "flowcoro/async/select.hpp"
#include "flowcoro/async/semaphore.hpp"
#include "flowcoro/async/shared_mutex.hpp"
#include "flowcoro/async/sleep.hpp"
#include "flowcoro/async/task_group.hpp"
#include "flowcoro/async/unbounded_channel.hpp"
#include "flowcoro/async/watch.hpp"
#include "flowcoro/async/with_timeout.hpp"
#include "flowcoro/coro/async_generator.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/shared_task.hpp"
#include "flowcoro/coro/stop_requested.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/coro/when_any.hpp"
#include "flowcoro/coro/with_stop.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/spawn_many.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/seeds.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::sleep_for;
using flowcoro::spawn_on;
using flowcoro::Task;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::over_seeds;
using flowcoro::test::rounds;

Lazy<void> sleep_long() {
  auto sleeping = sleep_for(1000h);
  co_await sleeping;
}

template <class Mutex>
[[nodiscard]] bool can_be_locked(Mutex& mutex) {
  if (!mutex.try_lock()) return false;
  mutex.unlock();
  return true;
}

// The rows. wait() waits for something that never comes, any number of coroutines at once; unharmed() is asked when all of them have been
// stopped: does the thing work as if they had never waited?
struct Always {
  [[nodiscard]] static bool unharmed() { return true; }
};

struct SleepRow : Always {
  static Lazy<void> wait() { return sleep_long(); }
};
struct SleepUntilRow : Always {
  static Lazy<void> wait() {
    auto sleeping = flowcoro::sleep_until(flowcoro::no_deadline);
    co_await sleeping;
  }
};
struct MutexRow {
  MutexRow() { static_cast<void>(mutex.try_lock()); }
  Lazy<void> wait() {
    auto locking = mutex.lock();
    auto guard = co_await locking;
  }
  [[nodiscard]] bool unharmed() {
    mutex.unlock();
    return can_be_locked(mutex);
  }
  flowcoro::AsyncMutex mutex;
};
struct WriterRow {
  WriterRow() { static_cast<void>(mutex.try_lock_shared()); }
  Lazy<void> wait() {
    auto locking = mutex.lock();
    auto guard = co_await locking;
  }
  [[nodiscard]] bool unharmed() {
    const bool readers_may_enter = mutex.try_lock_shared();
    mutex.unlock_shared();
    mutex.unlock_shared();
    return readers_may_enter && can_be_locked(mutex);
  }
  flowcoro::SharedMutex mutex;
};
struct ReaderRow {
  ReaderRow() { static_cast<void>(mutex.try_lock()); }
  Lazy<void> wait() {
    auto locking = mutex.lock_shared();
    auto guard = co_await locking;
  }
  [[nodiscard]] bool unharmed() {
    mutex.unlock();
    return can_be_locked(mutex);
  }
  flowcoro::SharedMutex mutex;
};
struct SemaphoreRow {
  Lazy<void> wait() {
    auto acquiring = semaphore.acquire();
    auto permit = co_await acquiring;
  }
  [[nodiscard]] bool unharmed() {
    semaphore.release();
    return semaphore.try_acquire() && !semaphore.try_acquire();
  }
  flowcoro::Semaphore semaphore{0};
};
struct LatchRow {
  Lazy<void> wait() {
    auto waiting = latch.wait();
    co_await waiting;
  }
  [[nodiscard]] bool unharmed() {
    latch.count_down();
    return latch.try_wait();
  }
  flowcoro::Latch latch{1};
};
struct LatchArriveRow : Always { // the arrivals count
  Lazy<void> wait() {
    auto waiting = latch.arrive_and_wait();
    co_await waiting;
  }
  flowcoro::Latch latch{1'000'000};
};
struct BarrierRow : Always {
  Lazy<void> wait() {
    auto waiting = barrier.arrive_and_wait();
    co_await waiting;
  }
  flowcoro::Barrier<> barrier{1'000'000};
};
struct ManualResetEventRow {
  Lazy<void> wait() {
    auto waiting = event.wait();
    co_await waiting;
  }
  [[nodiscard]] bool unharmed() {
    event.set();
    return event.is_set();
  }
  flowcoro::ManualResetEvent event;
};
struct AutoResetEventRow : Always {
  Lazy<void> wait() {
    auto waiting = event.wait();
    co_await waiting;
  }
  flowcoro::AutoResetEvent event;
};
struct ConditionVariableRow {
  Lazy<void> wait() {
    auto locking = mutex.lock();
    auto lock = co_await locking;
    auto waiting = changed.wait(lock);
    co_await waiting;
  }
  [[nodiscard]] bool unharmed() {
    changed.notify_all();
    return can_be_locked(mutex);
  }
  flowcoro::AsyncMutex mutex;
  flowcoro::ConditionVariable changed;
};
struct ConditionPredicateRow : ConditionVariableRow {
  Lazy<void> wait() {
    auto locking = mutex.lock();
    auto lock = co_await locking;
    const auto never = [] { return false; };
    auto waiting = changed.wait(lock, never);
    co_await waiting;
  }
};
struct ReceiveRow {
  Lazy<void> wait() {
    auto receiving = channel.receive();
    static_cast<void>(co_await receiving);
  }
  [[nodiscard]] bool unharmed() {
    int value = 1;
    return channel.try_send(value) == flowcoro::TrySend::full; // nobody is there to take it
  }
  flowcoro::Channel<int> channel{0};
};
struct SendRow {
  Lazy<void> wait() {
    auto sending = channel.send(1);
    static_cast<void>(co_await sending);
  }
  [[nodiscard]] bool unharmed() { return !channel.try_receive().has_value(); }
  flowcoro::Channel<int> channel{0};
};
struct UnboundedRow {
  Lazy<void> wait() {
    auto receiving = channel.receive();
    static_cast<void>(co_await receiving);
  }
  [[nodiscard]] bool unharmed() {
    static_cast<void>(channel.send(1));
    return channel.try_receive().has_value();
  }
  flowcoro::UnboundedChannel<int> channel;
};
struct BroadcastRow : Always {
  Lazy<void> wait() {
    auto receiver = channel.subscribe();
    auto receiving = receiver.receive();
    static_cast<void>(co_await receiving);
  }
  flowcoro::BroadcastChannel<int> channel{4};
};
struct WatchRow : Always {
  Lazy<void> wait() {
    auto receiver = watch.subscribe();
    auto changing = receiver.changed();
    static_cast<void>(co_await changing);
  }
  flowcoro::Watch<int> watch{0};
};
struct SelectRow {
  Lazy<void> wait() {
    int value = 5;
    auto choice = flowcoro::select(flowcoro::receive(one), flowcoro::send(other, value), flowcoro::after(1000h));
    co_await choice;
  }
  [[nodiscard]] bool unharmed() {
    int value = 1;
    return one.try_send(value) == flowcoro::TrySend::full && !other.try_receive().has_value();
  }
  flowcoro::Channel<int> one{0};
  flowcoro::Channel<int> other{0};
};
struct LazyRow : Always {
  static Lazy<void> wait() {
    auto inner = sleep_long();
    co_await inner;
  }
};
struct TaskRow : Always {
  static Lazy<void> wait() {
    auto inner = flowcoro::spawn(sleep_long);
    co_await inner;
  }
};
struct SharedTaskRow : Always {
  static Lazy<void> wait() {
    flowcoro::SharedTask<void> shared{flowcoro::spawn(sleep_long)};
    co_await shared;
  }
};
struct WhenAllRow : Always {
  static Lazy<void> wait() {
    auto all = flowcoro::when_all(sleep_long(), flowcoro::spawn(sleep_long));
    co_await all;
  }
};
struct WhenAnyRow : Always {
  static Lazy<void> wait() {
    auto any = flowcoro::when_any(sleep_long(), flowcoro::spawn(sleep_long));
    co_await any;
  }
};
struct TaskGroupRow : Always {
  static Lazy<void> wait() {
    const auto body = [](flowcoro::TaskGroup& group) -> Lazy<void> {
      group.spawn(sleep_long);
      group.spawn(sleep_long);
      co_return;
    };
    auto joined = flowcoro::with_task_group(body);
    co_await joined; // a group whose tasks were stopped has ended, and that is no failure
    auto stopped = flowcoro::this_task::throw_if_stop_requested();
    co_await stopped;
  }
};
struct SpawnManyRow : Always {
  static Lazy<void> wait() {
    auto all = flowcoro::spawn_many(3, [](std::size_t) { return sleep_long(); });
    co_await all;
  }
};
struct AsyncGeneratorRow : Always {
  static flowcoro::AsyncGenerator<int> numbers() {
    co_await sleep_long();
    co_yield 1;
  }
  static Lazy<void> wait() {
    auto source = numbers();
    auto next = source.next();
    static_cast<void>(co_await next);
  }
};
struct WithTimeoutRow : Always {
  static Lazy<void> wait() {
    auto limited = flowcoro::with_timeout(sleep_long(), 2000h);
    co_await limited;
  }
};
struct WithDeadlineRow : Always {
  static Lazy<void> wait() {
    auto limited = flowcoro::with_deadline(flowcoro::spawn(sleep_long), flowcoro::current_time() + 2000h);
    co_await limited;
  }
};
struct WithStopRow {
  Lazy<void> wait() {
    auto stoppable = flowcoro::with_stop(sleep_long(), source.token());
    co_await stoppable;
  }
  [[nodiscard]] bool unharmed() { return source.request_stop(); }
  flowcoro::StopSource source;
};
struct StopRequestedRow {
  Lazy<void> wait() {
    auto stopped = flowcoro::stop_requested(source.token());
    co_await stopped;
  }
  [[nodiscard]] bool unharmed() { return source.request_stop(); }
  flowcoro::StopSource source;
};
struct DeadlineStopSourceRow : Always {
  static Lazy<void> wait() {
    flowcoro::DeadlineStopSource limit{1000h};
    auto stopped = flowcoro::stop_requested(limit.token());
    co_await stopped;
  }
};

using Rows =
    testing::Types<SleepRow, SleepUntilRow, MutexRow, WriterRow, ReaderRow, SemaphoreRow, LatchRow, LatchArriveRow,
                   BarrierRow, ManualResetEventRow, AutoResetEventRow, ConditionVariableRow, ConditionPredicateRow,
                   ReceiveRow, SendRow, UnboundedRow, BroadcastRow, WatchRow, SelectRow, LazyRow, TaskRow,
                   SharedTaskRow, WhenAllRow, WhenAnyRow, TaskGroupRow, SpawnManyRow, AsyncGeneratorRow, WithTimeoutRow,
                   WithDeadlineRow, WithStopRow, StopRequestedRow, DeadlineStopSourceRow>;

/// Waits below `depth` coroutines that inherit the request, each in another way.
template <class Row>
Lazy<void> wait_below(Row& row, std::size_t depth) {
  if (depth == 0) {
    auto waiting = row.wait();
    co_await waiting;
  } else if (depth % 3 == 0) {
    auto child = wait_below(row, depth - 1);
    co_await child;
  } else if (depth % 3 == 1) {
    auto child = flowcoro::spawn([&row, depth] { return wait_below(row, depth - 1); });
    co_await child;
  } else {
    auto children = flowcoro::when_all(wait_below(row, depth - 1), wait_below(row, depth - 1));
    co_await children;
  }
}

template <class Row>
class EveryWait : public testing::Test {};

struct RowName {
  template <class Row>
  static std::string GetName(int) { // NOLINT(readability-identifier-naming): GoogleTest calls it
    const std::string name = testing::internal::GetTypeName<Row>();
    const std::string end = name.substr(name.rfind(':') + 1);
    return end.substr(0, end.size() - std::string{"Row"}.size());
  }
};
TYPED_TEST_SUITE(EveryWait, Rows, RowName);

TYPED_TEST(EveryWait, EndsAtOnceWithAStopRequestThatItInherits) {
  over_seeds(300, [](Choices& choices) {
    TypeParam row;
    CheckedScheduler scheduler{choices};
    std::vector<Task<>> waiting;
    const std::size_t n = 1 + choices.below(4);
    for (std::size_t i = 0; i < n; ++i)
      waiting.push_back(
          spawn_on(scheduler, [&row](std::size_t depth) { return wait_below(row, depth); }, choices.below(4)));
    if (choices.one_in(4)) waiting.front().request_stop(); // before it has begun
    scheduler.run_until_idle();
    const bool first_is_over = waiting.front().done();
    for (Task<>& task : waiting)
      if (&task != &waiting.front()) EXPECT_FALSE(task.done());
    for (std::size_t left = n; left > 0; --left) {
      std::swap(waiting[choices.below(left)], waiting[left - 1]);
      Task<>& stopped = waiting[left - 1];
      stopped.request_stop();
      if (choices.one_in(2)) stopped.request_stop(); // twice is once
      scheduler.run_until_idle();
      EXPECT_TRUE(stopped.done());
      EXPECT_THROW(scheduler.run(stopped), OperationCancelled);
      std::size_t ended = 0;
      for (std::size_t i = 0; i + 1 < left; ++i) ended += waiting[i].done() ? 1 : 0;
      EXPECT_LE(ended, first_is_over ? 1U : 0U) << "the others wait on";
    }
    EXPECT_EQ(scheduler.now(), flowcoro::SteadyTime{}) << "no time has passed";
    EXPECT_EQ(scheduler.timer_stats().active, 0u) << "no timer is left";
    EXPECT_TRUE(row.unharmed());
  });
}

TYPED_TEST(EveryWait, EndsInAStormOfStopRequestsFromOtherThreads) {
  TypeParam row;
  {
    CheckedRuntime runtime{2};
    for (std::size_t round = 0; round < rounds(20); ++round) {
      constexpr std::size_t n = 100;
      std::vector<Task<>> waiting;
      for (std::size_t i = 0; i < n; ++i)
        waiting.push_back(spawn_on(runtime, [&row, i] { return wait_below(row, i % 3); }));
      flowcoro::test::start_together(2, [&](std::size_t thread) {
        for (std::size_t i = thread; i < n; i += 2) waiting[i].request_stop();
      });
      for (Task<>& task : waiting) EXPECT_THROW(sync_wait(runtime, task), OperationCancelled);
    }
    EXPECT_EQ(runtime.timer_stats().active, 0u);
  }
  EXPECT_TRUE(row.unharmed());
}

} // namespace
