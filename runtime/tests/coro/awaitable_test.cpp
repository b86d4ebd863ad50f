#include "flowcoro/coro/awaitable.hpp"

#include "helpers.hpp"

#include "../support/values.hpp"

#include "flowcoro/coro/task.hpp"

#include <gtest/gtest.h>

#include <coroutine>
#include <stdexcept>
#include <thread>
#include <utility>

namespace flowcoro {
namespace {

/// Ready at once; gives a value that must be moved.
struct ReadyMoveOnly {
  [[nodiscard]] bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  [[nodiscard]] test::MoveOnly await_resume() const noexcept { return test::MoveOnly{11}; }
};

/// Decides in await_suspend not to suspend.
struct RefusesToSuspend {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  [[nodiscard]] bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  [[nodiscard]] int await_resume() const noexcept { return 12; }
};

/// Resumes the coroutine that it was given, by symmetric transfer.
struct TransfersBack {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<> self) const noexcept { return self; }
  [[nodiscard]] int await_resume() const noexcept { return 13; }
};

/// A reference to an object of the awaiter's maker.
struct GivesReference {
  int& object;
  [[nodiscard]] bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  [[nodiscard]] int& await_resume() const noexcept { return object; }
};

struct WithMember {
  [[nodiscard]] RefusesToSuspend operator co_await() const noexcept { return {}; }
};
struct RvalueOnly {
  [[nodiscard]] RefusesToSuspend operator co_await() && noexcept { return {}; }
};
struct WithFree {};
[[nodiscard]] TransfersBack operator co_await(WithFree) noexcept { return {}; }

enum class Where { ready, suspend, resume };
struct Throws {
  Where where;
  [[nodiscard]] bool await_ready() const {
    if (where == Where::ready) throw std::runtime_error{"in await_ready"};
    return where == Where::resume;
  }
  void await_suspend(std::coroutine_handle<>) const {
    if (where == Where::suspend) throw std::runtime_error{"in await_suspend"};
  }
  void await_resume() const {
    if (where == Where::resume) throw std::runtime_error{"in await_resume"};
  }
};

struct SuspendGivesInt {
  [[nodiscard]] bool await_ready() const noexcept { return true; }
  [[nodiscard]] int await_suspend(std::coroutine_handle<>) const noexcept { return 0; }
  void await_resume() const noexcept {}
};
struct NoResume {
  [[nodiscard]] bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
};

static_assert(Awaiter<std::suspend_always> && Awaiter<RefusesToSuspend> && Awaiter<TransfersBack>);
static_assert(Awaitable<ReadyMoveOnly> && Awaitable<GivesReference&>);
static_assert(!Awaiter<WithMember> && Awaitable<WithMember> && Awaitable<const WithMember&>);
static_assert(!Awaiter<WithFree> && Awaitable<WithFree>);
static_assert(Awaitable<RvalueOnly> && !Awaitable<RvalueOnly&>, "the value category decides");
static_assert(!Awaitable<int> && !Awaitable<NoResume> && !Awaitable<SuspendGivesInt>);
static_assert(std::is_same_v<await_result_t<ReadyMoveOnly>, test::MoveOnly>);
static_assert(std::is_same_v<await_result_t<GivesReference>, int&>);
static_assert(std::is_same_v<await_result_t<WithFree>, int>);
static_assert(std::is_void_v<await_result_t<Throws>>);

template <class A>
Lazy<await_result_t<A>> await_it(A awaitable) {
  co_return co_await std::move(awaitable);
}

TEST(Awaitable, ThatIsReadyGivesItsMoveOnlyValue) { EXPECT_EQ(sync_wait(await_it(ReadyMoveOnly{})).value(), 11); }

TEST(Awaitable, MayDecideInAwaitSuspendNotToSuspend) { EXPECT_EQ(sync_wait(await_it(RefusesToSuspend{})), 12); }

TEST(Awaitable, MayTransferToAnyCoroutine) { EXPECT_EQ(sync_wait(await_it(TransfersBack{})), 13); }

TEST(Awaitable, MayGiveAReference) {
  int object = 1;
  sync_wait(await_it(GivesReference{object})) = 5;
  EXPECT_EQ(object, 5);
}

TEST(Awaitable, IsFoundThroughAMemberOperator) {
  EXPECT_EQ(sync_wait(await_it(WithMember{})), 12);
  EXPECT_EQ(sync_wait(await_it(RvalueOnly{})), 12);
}

TEST(Awaitable, IsFoundThroughAFreeOperator) { EXPECT_EQ(sync_wait(await_it(WithFree{})), 13); }

TEST(Awaitable, ThatThrowsThrowsIntoTheCoroutineThatAwaits) {
  for (const auto& [where, text] :
       {std::pair{Where::ready, "in await_ready"}, std::pair{Where::suspend, "in await_suspend"},
        std::pair{Where::resume, "in await_resume"}}) {
    try {
      sync_wait(await_it(Throws{where}));
      ADD_FAILURE() << "nothing was thrown: " << text;
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), text);
    }
  }
}

Lazy<bool> catches_and_goes_on() {
  Throws suspend{Where::suspend};
  bool caught = false;
  try {
    co_await suspend;
  } catch (const std::runtime_error&) {
    caught = true;
  }
  RefusesToSuspend next;
  co_return caught&& co_await next == 12;
}

TEST(Awaitable, MayFailInAwaitSuspendAndTheCoroutineGoesOn) { EXPECT_TRUE(sync_wait(catches_and_goes_on())); }

Lazy<std::thread::id> continue_elsewhere(test::ForeignThreads& threads) {
  auto hop = threads.hop();
  co_await hop;
  co_return std::this_thread::get_id();
}

TEST(Awaitable, MayResumeTheCoroutineOnAThreadThatNoRuntimeKnows) {
  test::ForeignThreads threads;
  EXPECT_NE(sync_wait(continue_elsewhere(threads)), std::this_thread::get_id());
}

Lazy<Scheduler*> await_something_elsewhere(test::ForeignThreads& threads) {
  auto child = continue_elsewhere(threads);
  static_cast<void>(co_await child);
  co_return current_scheduler();
}

TEST(Awaitable, ThatEndsOnAForeignThreadLeavesTheAwaiterOnItsOwnScheduler) {
  test::ForeignThreads threads;
  Runtime runtime{{.workers = 2}};
  EXPECT_EQ(sync_wait(runtime, await_something_elsewhere(threads)), &runtime.scheduler());
}

/// A coroutine type of another library: knows nothing of schedulers and stop requests.
struct Foreign {
  struct promise_type {
    Foreign get_return_object() noexcept { return {}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

Lazy<int> lazy_seven() { co_return 7; }
Task<int> task_eight(test::Gate& gate) {
  co_await gate;
  co_return 8;
}
Foreign await_from_elsewhere(test::Gate& gate, std::atomic<int>& sum) {
  auto lazy = lazy_seven();
  const int seven = co_await lazy;
  auto task = task_eight(gate);
  const int eight = co_await task;
  sum.store(seven + eight, std::memory_order_release);
}

TEST(Awaitable, TasksCanBeAwaitedByCoroutinesOfOtherLibraries) {
  test::Gate gate;
  std::atomic<int> sum{0};
  await_from_elsewhere(gate, sum);
  gate.open();
  EXPECT_TRUE(test::eventually([&] { return sum.load(std::memory_order_acquire) == 15; }));
}

} // namespace
} // namespace flowcoro
