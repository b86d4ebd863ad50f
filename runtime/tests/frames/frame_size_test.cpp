// How many bytes the frame of each kind of coroutine takes. A program has one per task, so a budget that grows is a decision, and
// the test fails until it is made here.
#include "flowcoro/flowcoro.hpp"
#include "flowcoro/test/deterministic_scheduler.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

/// What the frames made since the last reset() asked for.
std::vector<std::size_t> asked_for;

} // namespace

// The linker leads the calls of flowcoro::allocate_frame(std::size_t) here (--wrap, in CMakeLists.txt), and those of the second
// name to the function itself: neither library nor coroutines are built otherwise than in every program.
extern "C" {
void* __real__ZN8flowcoro14allocate_frameEm(std::size_t bytes); // NOLINT(bugprone-reserved-identifier)
void* __wrap__ZN8flowcoro14allocate_frameEm(std::size_t bytes); // NOLINT(bugprone-reserved-identifier)

void* __wrap__ZN8flowcoro14allocate_frameEm(std::size_t bytes) {
  asked_for.push_back(bytes);
  return __real__ZN8flowcoro14allocate_frameEm(bytes);
}
}

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::Task;
using flowcoro::test::DeterministicScheduler;
using Channel = flowcoro::Channel<std::uint64_t>;

/// Bytes of the frame, or frames, of one kind of coroutine.
struct Budget {
  std::string_view kind;
  std::vector<std::size_t> clang_19;
  std::vector<std::size_t> gcc_12;
};

#if defined(__clang__) && __clang_major__ == 19
const std::vector<std::size_t>& budget_here(const Budget& budget) { return budget.clang_19; }
constexpr bool budget_known = true;
#elif !defined(__clang__) && defined(__GNUC__) && __GNUC__ == 12
const std::vector<std::size_t>& budget_here(const Budget& budget) { return budget.gcc_12; }
constexpr bool budget_known = true;
#else
const std::vector<std::size_t>& budget_here(const Budget& budget) { return budget.clang_19; }
constexpr bool budget_known = false;
#endif
#ifdef __OPTIMIZE__
constexpr bool optimized = true;
#else
constexpr bool optimized = false;
#endif

std::string text_of(const std::vector<std::size_t>& frames) {
  std::string text;
  for (const std::size_t bytes : frames) text += (text.empty() ? "" : " + ") + std::to_string(bytes);
  return text;
}

/// Prints and checks the frames that `make` made.
template <class F>
void expect_frames(const Budget& budget, F make) {
  asked_for.clear();
  make();
  const std::vector<std::size_t> frames = std::exchange(asked_for, {});
  std::printf("[  frames  ] %-52.*s %s\n", static_cast<int>(budget.kind.size()), budget.kind.data(),
              text_of(frames).c_str());
  const std::vector<std::size_t>& allowed = budget_here(budget);
  ASSERT_EQ(frames.size(), allowed.size()) << budget.kind << ": another number of frames";
  if (!budget_known || !optimized) return;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_LE(frames[i], allowed[i]) << budget.kind << ": frame " << i << " outgrew its budget";
  }
}

#define FLOWCORO_SKIP_WITHOUT_BUDGET()                                                                             \
  if (!budget_known) GTEST_SKIP() << "the budgets are those of clang 19 and g++ 12; above is what this one takes"; \
  if (!optimized) GTEST_SKIP() << "the budgets are those of optimized builds; above is what this one takes"

/// The frame of the coroutine that `function(args...)` makes. The compiler must not see which function that is: clang leaves the frame
/// of a coroutine out where it sees all its life.
template <class Coroutine, class... Params, class... Args>
void expect_frame(std::string_view kind, std::size_t clang_19, std::size_t gcc_12, Coroutine (*function)(Params...),
                  Args... args) {
  asm("" : "+r"(function));
  expect_frames({kind, {clang_19}, {gcc_12}},
                [&] { const Coroutine coroutine = function(std::forward<Args>(args)...); });
}

// A Lazy that is dropped never runs, so that what it awaits makes no frame.

Task<void> task_of_void() { co_return; }
Task<int> task_of_int(int x) { co_return x; }
Task<std::string> task_of_string() { co_return "text"; }
Lazy<void> lazy_of_void() { co_return; }
Lazy<int> lazy_of_int(int x) { co_return x; }
Lazy<int> awaits_lazy(Lazy<int> child) { co_return co_await child; }
Lazy<int> awaits_task(Task<int> child) { co_return co_await child; }
Lazy<void> yields() { co_await flowcoro::yield(); }
Lazy<void> sleeps() { co_await flowcoro::sleep_for(1ms); }
Lazy<void> locks(flowcoro::AsyncMutex* mutex) { auto guard = co_await mutex->lock(); }
Lazy<bool> sends(Channel* channel) { co_return co_await channel->send(1); }
Lazy<std::uint64_t> receives(Channel* channel) {
  const auto message = co_await channel->receive();
  co_return message.value_or(0);
}
Lazy<void> moves(flowcoro::Runtime* runtime) { co_await flowcoro::resume_on(*runtime); }
Lazy<void> joins_two(Lazy<void> a, Lazy<void> b) {
  auto both = flowcoro::when_all(std::move(a), std::move(b));
  co_await both;
}
Lazy<void> joins_many(std::vector<Lazy<void>> tasks) {
  auto all = flowcoro::when_all(std::move(tasks));
  co_await all;
}
Lazy<void> races_two(Lazy<void> a, Lazy<void> b) {
  auto race = flowcoro::when_any(std::move(a), std::move(b));
  co_await race;
}

Lazy<int> limits_lazy(Lazy<int> child) {
  auto limited = flowcoro::with_timeout(std::move(child), 1ms);
  const auto result = co_await limited;
  co_return result.value_or(0);
}
Lazy<int> stops_lazy(Lazy<int> child) {
  auto stoppable = flowcoro::with_stop(std::move(child), flowcoro::StopToken{});
  co_return co_await stoppable;
}

TEST(FrameSize, OfTasksStaysInItsBudget) {
  expect_frame("Task<void>", 64, 72, task_of_void);
  expect_frame("Task<int>(int)", 64, 80, task_of_int, 1);
  expect_frame("Task<std::string>", 88, 96, task_of_string);
  expect_frame("Lazy<void>", 64, 72, lazy_of_void);
  expect_frame("Lazy<int>(int)", 64, 80, lazy_of_int, 1);
  FLOWCORO_SKIP_WITHOUT_BUDGET();
}

TEST(FrameSize, OfCoroutinesThatWaitStaysInItsBudget) {
  expect_frame("awaits a Lazy", 112, 136, awaits_lazy, Lazy<int>{});
  expect_frame("awaits a Task", 152, 168, awaits_task, Task<int>{});
  expect_frame("yields", 64, 96, yields);
  expect_frame("sleeps", 112, 152, sleeps);
  expect_frame("locks an AsyncMutex", 184, 224, locks, nullptr);
  expect_frame("sends to a Channel", 216, 248, sends, nullptr);
  expect_frame("receives from a Channel", 208, 264, receives, nullptr);
  expect_frame("moves to another runtime", 104, 144, moves, nullptr);
  expect_frame("joins two by when_all", 272, 312, joins_two, Lazy<void>{}, Lazy<void>{});
  expect_frame("joins a vector by when_all", 312, 320, joins_many, std::vector<Lazy<void>>{});
  expect_frame("races two by when_any", 288, 320, races_two, Lazy<void>{}, Lazy<void>{});
  expect_frame("awaits a Lazy with a limit on time", 264, 304, limits_lazy, Lazy<int>{});
  expect_frame("awaits a Lazy with a token to stop it", 264, 288, stops_lazy, Lazy<int>{});
  FLOWCORO_SKIP_WITHOUT_BUDGET();
}

TEST(FrameSize, OfALazyWithALimitIsNotJoinedByAnotherFrame) {
  DeterministicScheduler scheduler{1};
  const auto frames_of = [&scheduler](Lazy<int> (*function)(Lazy<int>)) {
    asm("" : "+r"(function));
    auto* child = &lazy_of_int;
    asm("" : "+r"(child));
    asked_for.clear();
    EXPECT_EQ(scheduler.run(function(child(1))), 1);
    return std::exchange(asked_for, {}).size();
  };
  const std::size_t plain = frames_of(awaits_lazy);
  EXPECT_EQ(frames_of(limits_lazy), plain);
  EXPECT_EQ(frames_of(stops_lazy), plain);
}

TEST(FrameSize, OfSpawnedWorkStaysInItsBudget) {
  DeterministicScheduler scheduler{1};
  const auto spawn = [&scheduler](auto... work) {
    const auto task = flowcoro::spawn(std::move(work)...);
    scheduler.run_until_idle();
    ASSERT_TRUE(task.done());
  };
  std::uint64_t x = 1;
  expect_frames({"spawns a coroutine function", {64}, {80}}, [&] { spawn(&lazy_of_int, 1); });
  expect_frames({"spawns a lambda coroutine without captures", {64}, {80}},
                [&] { spawn([]() -> Lazy<int> { co_return 1; }); });
  expect_frames({"spawns a lambda coroutine with a capture, and it", {112, 72}, {152, 80}}, [&] {
    spawn([&x]() -> Lazy<void> {
      ++x;
      co_return;
    });
  });
  expect_frames({"spawns a plain function", {72}, {80}}, [&] { spawn([&x] { return ++x; }); });
  EXPECT_EQ(x, 3u);
  FLOWCORO_SKIP_WITHOUT_BUDGET();
}

} // namespace
