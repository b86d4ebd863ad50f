#include "flowcoro/coro/task_policy.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/async/task_group.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/shared_task.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/coro/this_task.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/coro/when_any.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "helpers.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::AutomaticPolicy;
using flowcoro::BasicTask;
using flowcoro::CountedPolicy;
using flowcoro::DefaultPolicy;
using flowcoro::Frames;
using flowcoro::Lazy;
using flowcoro::OperationCancelled;
using flowcoro::PooledPolicy;
using flowcoro::sleep_for;
using flowcoro::spawn_on;
using flowcoro::Start;
using flowcoro::sync_wait;
using flowcoro::Task;
using flowcoro::task_registry;
using flowcoro::TaskCounts;
using flowcoro::TaskKind;
using flowcoro::TaskPolicy;
using flowcoro::TaskState;
using flowcoro::TaskView;
using flowcoro::TrackedPolicy;
using flowcoro::Tracking;
using flowcoro::when_all;
using flowcoro::yield;
using flowcoro::test::CheckedRuntime;

static_assert(std::is_same_v<Task<int>, BasicTask<int, Start::eager, DefaultPolicy>>);
static_assert(sizeof(BasicTask<int, Start::eager, TrackedPolicy>) == sizeof(Task<int>));
static_assert(std::is_nothrow_constructible_v<Task<int>, BasicTask<int, Start::eager, TrackedPolicy>> &&
              std::is_nothrow_constructible_v<BasicTask<int, Start::eager, PooledPolicy>, Task<int>>);
static_assert(!std::is_constructible_v<Task<int>, BasicTask<int, Start::lazy, TrackedPolicy>>);

static_assert(sizeof(flowcoro::detail::TaskPromise<int, Start::eager, CountedPolicy>) <=
                  sizeof(flowcoro::detail::TaskPromise<int, Start::eager, DefaultPolicy>) + sizeof(void*),
              "one that is only counted has no room for a record");

/// What a Task can do, each policy can.
template <class Policy>
class EveryPolicy : public testing::Test {
 protected:
  template <class T = void>
  using Eager = BasicTask<T, Start::eager, Policy>;
  template <class T = void>
  using OnDemand = BasicTask<T, Start::lazy, Policy>;

  static Eager<int> square(int x) {
    co_await yield();
    co_return x* x;
  }
  static OnDemand<int> square_on_demand(int x) {
    co_await yield();
    co_return x* x;
  }
  static Eager<std::unique_ptr<int>> boxed(int x) { co_return std::make_unique<int>(x); }
  static Eager<int&> refers_to(int& x) {
    co_await yield();
    co_return x;
  }
  static Eager<> fails() {
    co_await yield();
    throw std::runtime_error{"no"};
  }
  static Eager<> sleeps() { co_await sleep_for(1h); }

  CheckedRuntime runtime_{2};
};

using Policies = testing::Types<DefaultPolicy, CountedPolicy, TrackedPolicy, PooledPolicy, AutomaticPolicy,
                                TaskPolicy<Frames::heap, Tracking::none>, TaskPolicy<Frames::bounded, Tracking::full>>;
TYPED_TEST_SUITE(EveryPolicy, Policies);

TYPED_TEST(EveryPolicy, GivesValuesReferencesAndNothing) {
  int referred = 5;
  const auto body = [&]() -> typename TestFixture::template OnDemand<int> {
    auto value = TestFixture::square(3);
    auto unique = TestFixture::boxed(4);
    auto reference = TestFixture::refers_to(referred);
    auto lazy = TestFixture::square_on_demand(2);
    const int first = co_await value;
    auto box = co_await std::move(unique);
    int& same = co_await reference;
    EXPECT_EQ(&same, &referred);
    co_return first + *box + same + co_await lazy;
  };
  EXPECT_EQ(sync_wait(this->runtime_, body()), 9 + 4 + 5 + 4);
}

TYPED_TEST(EveryPolicy, ThrowsWhatItsBodyThrew) {
  const auto body = [&]() -> typename TestFixture::template OnDemand<> {
    auto failing = TestFixture::fails();
    co_await failing;
  };
  EXPECT_THROW(sync_wait(this->runtime_, body()), std::runtime_error);
}

TYPED_TEST(EveryPolicy, IsJoinedByCombinators) {
  const auto body = [&]() -> Lazy<int> {
    auto three = when_all(TestFixture::square(1), TestFixture::square_on_demand(2), TestFixture::square(3));
    auto [a, b, c] = co_await three;
    std::vector<typename TestFixture::template Eager<int>> many;
    for (int i = 0; i < 10; ++i) many.push_back(TestFixture::square(i));
    auto joined = when_all(std::move(many));
    int sum = a + b + c;
    for (int x : co_await joined) sum += x;
    auto race = flowcoro::when_any(TestFixture::square(7), TestFixture::sleeps());
    auto first = co_await race;
    EXPECT_EQ(first.index, 0u);
    flowcoro::SharedTask<int> shared{TestFixture::square(2)};
    co_return sum + co_await shared;
  };
  EXPECT_EQ(sync_wait(this->runtime_, body()), 14 + 285 + 4);
}

TYPED_TEST(EveryPolicy, IsSpawnedAndCancelled) {
  auto spawned = spawn_on(this->runtime_, [] { return TestFixture::square_on_demand(6); });
  EXPECT_EQ(sync_wait(this->runtime_, spawned), 36);
  const auto body = [&]() -> Lazy<> {
    auto handed_over = flowcoro::spawn(TestFixture::square_on_demand(5));
    EXPECT_EQ(co_await handed_over, 25);
    auto sleeper = TestFixture::sleeps();
    sleeper.request_stop();
    try {
      co_await sleeper;
      ADD_FAILURE() << "it was not stopped";
    } catch (const OperationCancelled&) {
    }
    {
      auto dropped = TestFixture::sleeps();
    }
    auto group = flowcoro::with_task_group([](flowcoro::TaskGroup& tasks) -> Lazy<> {
      for (int i = 0; i < 5; ++i) tasks.spawn([i] { return TestFixture::square(i); });
      co_return;
    });
    co_await group;
  };
  sync_wait(this->runtime_, body());
}

TYPED_TEST(EveryPolicy, BecomesATaskAndBack) {
  const auto body = [&]() -> Lazy<int> {
    Task<int> plain = TestFixture::square(3);
    typename TestFixture::template Eager<int> again = std::move(plain);
    Lazy<int> lazy = TestFixture::square_on_demand(4);
    auto running = flowcoro::spawn(std::move(lazy));
    co_return co_await again + co_await running;
  };
  EXPECT_EQ(sync_wait(this->runtime_, body()), 25);
}

TYPED_TEST(EveryPolicy, OneThatNeverRunsLeavesNothing) {
  flowcoro::test::Census census;
  const auto body = [](flowcoro::test::Counted) -> typename TestFixture::template OnDemand<> { co_return; };
  {
    auto never = body(flowcoro::test::Counted{census});
  }
  EXPECT_EQ(census.alive(), 0);
}

TYPED_TEST(EveryPolicy, AlignsWhatIsOverAligned) {
#if defined(__clang__)
  struct alignas(128) Wide {
    std::array<char, 128> bytes{};
  };
  const auto body = []() -> typename TestFixture::template OnDemand<bool> {
    Wide wide;
    co_await yield();
    wide.bytes[0] = 1;
    co_return reinterpret_cast<std::uintptr_t>(&wide) % alignof(Wide) == 0;
  };
  EXPECT_TRUE(sync_wait(this->runtime_, body()));
#endif
}

// What is known of tracked ones.

std::optional<TaskState> state_of(const std::string& name) {
  std::optional<TaskState> state;
  task_registry().for_each_live([&](const TaskView& view) {
    if (view.name == name) state = view.state;
  });
  return state;
}

TEST(TrackedTask, ItsStatesAreSeenFromOutside) {
  CheckedRuntime runtime{1};
  flowcoro::test::Gate gate;
  const auto before = task_registry().snapshot().of(TaskKind::tracked);
  const auto body = [&gate]() -> BasicTask<void, Start::lazy, TrackedPolicy> {
    co_await flowcoro::this_task::set_name("seen");
    EXPECT_EQ(state_of("seen"), TaskState::running);
    co_await gate;
    EXPECT_EQ(state_of("seen"), TaskState::running);
  };
  std::optional lazy{body()};
  EXPECT_EQ(task_registry().snapshot().of(TaskKind::tracked).created, before.created + 1);
  auto task = spawn_on(runtime, [&lazy] { return std::move(*lazy); });
  while (!gate.occupied()) std::this_thread::yield();
  EXPECT_EQ(state_of("seen"), TaskState::suspended);
  bool found = false;
  task_registry().for_each_live([&](const TaskView& view) {
    if (view.name != "seen") return;
    found = true;
    EXPECT_NE(std::string{view.waits_at.file_name()}.find("task_policy_test"), std::string::npos);
    EXPECT_NE(view.created.line(), 0u);
  });
  EXPECT_TRUE(found);
  gate.open();
  sync_wait(runtime, task);
  const auto after = task_registry().snapshot().of(TaskKind::tracked);
  EXPECT_EQ(after.completed, before.completed + 1);
  EXPECT_EQ(after.active(), before.active());
  EXPECT_EQ(state_of("seen"), std::nullopt);
}

TEST(TrackedTask, IsQueuedUntilAWorkerTakesIt) {
  CheckedRuntime runtime{1};
  const auto body = []() -> BasicTask<void, Start::lazy, TrackedPolicy> { co_return; };
  const auto client = [&]() -> Lazy<> {
    auto task = flowcoro::spawn(body()); // the only worker is here
    std::size_t queued = 0;
    task_registry().for_each_live([&](const TaskView& view) { queued += view.state == TaskState::queued; });
    EXPECT_EQ(queued, 1u);
    co_await task;
  };
  auto done = spawn_on(runtime, client);
  sync_wait(runtime, done);
}

/// Keeps the handle of whoever awaits it.
struct Handed {
  std::coroutine_handle<> handle;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { handle = waiter; }
  void await_resume() const noexcept {}
};
/// It runs while it resumes itself: that would let it run a second time at once.
BasicTask<void, Start::eager, TrackedPolicy> resumes_itself(Handed& handed) {
  auto naming = flowcoro::this_task::set_name("impatient");
  co_await naming;
  co_await handed;
  handed.handle.resume();
}
void resume_twice() {
  Handed handed;
  auto task = resumes_itself(handed);
  handed.handle.resume();
}

TEST(TrackedTaskDeathTest, ASecondResumeOfOneWaitAbortsACheckedBuildWithTheNameOfTheTask) {
  if (!flowcoro::checked_build()) GTEST_SKIP() << "this build reports it and goes on";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(resume_twice(), "task 'impatient' went from running to running, which no task does");
}

TEST(TrackedTask, EndsAreCountedByWhatTheyWere) {
  CheckedRuntime runtime{1};
  const auto before = task_registry().snapshot().of(TaskKind::pooled);
  const auto body = [](int kind) -> BasicTask<void, Start::lazy, PooledPolicy> {
    co_await yield();
    if (kind == 1) throw std::runtime_error{"no"};
    if (kind == 2) throw OperationCancelled{};
  };
  for (int kind = 0; kind < 3; ++kind) {
    try {
      sync_wait(runtime, body(kind));
    } catch (const std::exception&) {
    }
  }
  {
    auto never = body(0);
  }
  const auto after = task_registry().snapshot().of(TaskKind::pooled);
  EXPECT_EQ(after.created, before.created + 4);
  EXPECT_EQ(after.completed, before.completed + 1);
  EXPECT_EQ(after.failed, before.failed + 1);
  EXPECT_EQ(after.cancelled, before.cancelled + 2); // one was, and one never ran
}

TEST(AutomaticTask, IsMadeAsTheRegistrySaysAndStaysSo) {
  CheckedRuntime runtime{1};
  const auto body = []() -> BasicTask<void, Start::lazy, AutomaticPolicy> { co_await yield(); };
  const auto counts = [](TaskKind kind) { return task_registry().snapshot().of(kind).created; };
  for (const TaskKind kind : {TaskKind::plain, TaskKind::tracked, TaskKind::pooled}) {
    task_registry().set_automatic_kind(kind);
    const auto before = counts(kind);
    const auto live = task_registry().live();
    const auto allocations = flowcoro::default_frame_pool().stats().allocations();
    auto task = body();
    EXPECT_EQ(counts(kind), before + 1);
    EXPECT_EQ(task_registry().live(), live + (kind == TaskKind::tracked ? 1 : 0));
    EXPECT_EQ(flowcoro::default_frame_pool().stats().allocations(), allocations + (kind == TaskKind::pooled ? 1 : 0));
    task_registry().set_automatic_kind(TaskKind::plain);
    sync_wait(runtime, std::move(task)); // its frame goes back to where it came from
  }
  EXPECT_EQ(flowcoro::default_frame_pool().stats().live(), 0u);
}

// Allocators of the user's.

class CountingResource final : public std::pmr::memory_resource {
 public:
  [[nodiscard]] std::size_t allocations() const noexcept { return allocations_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  void fail_next() noexcept { fails_ = true; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (fails_) throw std::bad_alloc{};
    ++allocations_;
    bytes_ += bytes;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
    bytes_ -= bytes;
    std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
  }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::size_t allocations_ = 0;
  std::size_t bytes_ = 0;
  bool fails_ = false;
};

template <class Policy>
class UserAllocator : public testing::Test {
 protected:
  template <class T = void>
  using OnDemand = BasicTask<T, Start::lazy, Policy>;

  /// Where the compiler sees the end of a frame, it may lay it on the stack, and ask nobody for memory. Here it does not.
  [[gnu::noinline]] static OnDemand<int> with_resource(std::allocator_arg_t, std::pmr::memory_resource*, int x) {
    co_await yield();
    co_return x;
  }
  static OnDemand<int> with_allocator(std::allocator_arg_t, const std::pmr::polymorphic_allocator<>&, int x) {
    co_await yield();
    co_return x;
  }
  OnDemand<int> member(std::allocator_arg_t, std::pmr::memory_resource*, int x) {
    co_await yield();
    co_return x + offset_;
  }

  CheckedRuntime runtime_{1};
  CountingResource resource_;
  int offset_ = 100;
};
TYPED_TEST_SUITE(UserAllocator, Policies);

TYPED_TEST(UserAllocator, GivesTheFrameAndGetsItBack) {
  int sum = 0;
  sum += sync_wait(this->runtime_, TestFixture::with_resource(std::allocator_arg, &this->resource_, 1));
  sum += sync_wait(this->runtime_, TestFixture::with_allocator(std::allocator_arg, &this->resource_, 2));
  sum += sync_wait(this->runtime_, this->member(std::allocator_arg, &this->resource_, 4));
  const auto lambda = [](std::allocator_arg_t, std::pmr::memory_resource*, int x) ->
      typename TestFixture::template OnDemand<int> { co_return x; };
  sum += sync_wait(this->runtime_, lambda(std::allocator_arg, &this->resource_, 8));
  EXPECT_EQ(sum, 115);
  EXPECT_EQ(this->resource_.allocations(), 4u);
  EXPECT_EQ(this->resource_.bytes(), 0u);
}

TYPED_TEST(UserAllocator, GetsTheFrameOfADroppedOneBack) {
  {
    auto dropped = TestFixture::with_resource(std::allocator_arg, &this->resource_, 1);
  }
  EXPECT_EQ(this->resource_.allocations(), 1u);
  EXPECT_EQ(this->resource_.bytes(), 0u);
}

TYPED_TEST(UserAllocator, GetsTheFrameBackWhenAnArgumentCannotBeCopied) {
  struct Throws {
    Throws() = default;
    Throws(const Throws&) { throw std::runtime_error{"no copy"}; }
  };
  const auto body = [](std::allocator_arg_t, std::pmr::memory_resource*, Throws) ->
      typename TestFixture::template OnDemand<> { co_return; };
  const Throws argument;
  EXPECT_THROW(static_cast<void>(body(std::allocator_arg, &this->resource_, argument)), std::runtime_error);
  EXPECT_EQ(this->resource_.bytes(), 0u);
}

TYPED_TEST(UserAllocator, ThatFailsIsAnErrorAtTheCall) {
  this->resource_.fail_next();
  EXPECT_THROW(static_cast<void>(TestFixture::with_resource(std::allocator_arg, &this->resource_, 1)), std::bad_alloc);
}

TYPED_TEST(UserAllocator, AlignsWhatIsOverAligned) {
#if defined(__clang__)
  struct alignas(256) Wide {
    std::array<char, 256> bytes{};
  };
  const auto body = [](std::allocator_arg_t, std::pmr::memory_resource*) ->
      typename TestFixture::template OnDemand<bool> {
        Wide wide;
        co_await yield();
        wide.bytes[0] = 1;
        co_return reinterpret_cast<std::uintptr_t>(&wide) % alignof(Wide) == 0;
      };
  EXPECT_TRUE(sync_wait(this->runtime_, body(std::allocator_arg, &this->resource_)));
  EXPECT_EQ(this->resource_.bytes(), 0u);
#endif
}

TYPED_TEST(UserAllocator, MayComeWithATagByReference) {
  const auto body = [](const std::allocator_arg_t&, std::pmr::memory_resource*, int x) ->
      typename TestFixture::template OnDemand<int> {
        co_await yield();
        co_return x;
      };
  EXPECT_EQ(sync_wait(this->runtime_, body(std::allocator_arg, &this->resource_, 1)), 1);
  EXPECT_EQ(this->resource_.allocations(), 1u);
  EXPECT_EQ(this->resource_.bytes(), 0u);
}

TEST(UserAllocatorOfTheStandard, MayBeAnyAndHaveState) {
  CheckedRuntime runtime{2};
  std::array<std::byte, 16'384> storage;
  std::pmr::monotonic_buffer_resource arena{storage.data(), storage.size(), std::pmr::null_memory_resource()};
  const auto eager = [](std::allocator_arg_t, std::pmr::polymorphic_allocator<int>, int x) -> Task<int> {
    co_await yield(); // ends on a worker
    co_return x;
  };
  const auto stateless = [](std::allocator_arg_t, std::allocator<char>, int x) -> Task<int> { co_return x; };
  const auto body = [&]() -> Lazy<int> {
    int sum = 0;
    for (int i = 0; i < 10; ++i) {
      auto one = eager(std::allocator_arg, &arena, i);
      auto other = stateless(std::allocator_arg, {}, i);
      sum += co_await one;
      sum += co_await other;
    }
    co_return sum;
  };
  EXPECT_EQ(sync_wait(runtime, body()), 90);
}

} // namespace
