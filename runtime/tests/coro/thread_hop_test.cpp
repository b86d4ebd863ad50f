// What belongs to a thread is that of the thread where a coroutine runs now: id, errno, locale, exceptions in flight. Neither the library
// nor the compiler may keep it from before a wait. Also built by itself with other optimizations, and with those of the linker.
#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/resume_on.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/build.hpp"
#include "support/unwinding.hpp"

#include <gtest/gtest.h>

#include <locale.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>

namespace {

using namespace std::chrono_literals;
using flowcoro::BasicTask;
using flowcoro::current_scheduler;
using flowcoro::Lazy;
using flowcoro::resume_on;
using flowcoro::Runtime;
using flowcoro::Scheduler;
using flowcoro::Start;
using flowcoro::test::rounds;

thread_local int of_this_thread = 0;

/// What is a thread's own.
struct Own {
  std::thread::id id;
  pthread_t self{};
  const int* error = nullptr;
  const int* variable = nullptr;
  locale_t locale{};
  Scheduler* scheduler = nullptr;
  int uncaught = 0;
  bool handles = false; // an exception

  auto operator<=>(const Own&) const = default;
};

/// For a coroutine: what it sees at this place, read where it is inlined.
[[nodiscard, gnu::always_inline]] inline Own seen_here() {
  return {.id = std::this_thread::get_id(),
          .self = pthread_self(),
          .error = &errno,
          .variable = &of_this_thread,
          .locale = uselocale(locale_t{}),
          .scheduler = current_scheduler(),
          .uncaught = std::uncaught_exceptions(),
          .handles = std::current_exception() != nullptr};
}

/// The threads of the test, by the kernel's number of each, which no compiler keeps. Filled in by plain functions on those threads.
class Threads {
 public:
  /// Gives this thread a locale of its own.
  void note_this_one(Scheduler* scheduler) {
    const locale_t mine = newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
    ASSERT_NE(mine, locale_t{}) << "this system has no C.UTF-8";
    uselocale(mine);
    Own own = seen_here();
    own.scheduler = scheduler;
    known_[gettid()] = own;
  }
  /// On a thread that was noted, and in the middle of what the test did to it.
  void note_exceptions() {
    known_.at(gettid()).uncaught = std::uncaught_exceptions();
    known_.at(gettid()).handles = std::current_exception() != nullptr;
  }
  static void forget_this_one() {
    const locale_t own = uselocale(LC_GLOBAL_LOCALE);
    if (own != LC_GLOBAL_LOCALE) freelocale(own);
  }

  [[nodiscard, gnu::noinline]] const Own& of_this_one() const { return known_.at(gettid()); }
  [[nodiscard]] std::size_t size() const { return known_.size(); }
  template <class T>
  [[nodiscard]] std::size_t different(T Own::* part) const {
    std::set<T> values;
    for (const auto& [number, own] : known_) values.insert(own.*part);
    return values.size();
  }

 private:
  std::map<pid_t, Own> known_;
};

template <class Policy>
class ThreadHop : public testing::Test {
 public:
  static constexpr Start start = Policy::value;

 protected:
  ThreadHop() {
    threads_.note_this_one(&home_.scheduler());
    for (Runtime* runtime : {&home_, &first_, &second_})
      on_worker(*runtime, [this, runtime] { threads_.note_this_one(&runtime->scheduler()); });
  }
  ~ThreadHop() override {
    Threads::forget_this_one();
    for (Runtime* runtime : {&home_, &first_, &second_}) on_worker(*runtime, Threads::forget_this_one);
  }

  /// On the own thread of the only worker: this one does not take its seat.
  template <class F>
  static void on_worker(Runtime& runtime, F function) {
    auto task = flowcoro::spawn_on(runtime, function);
    while (!task.done()) std::this_thread::yield();
  }

  void check(std::set<std::thread::id>& visited, const Own& seen) {
    visited.insert(seen.id);
    EXPECT_EQ(seen, threads_.of_this_one());
  }
  /// Goes round, and looks after every kind of wait, at home on the thread of the test.
  BasicTask<std::size_t, start> goes_round(std::size_t times) {
    std::set<std::thread::id> visited;
    check(visited, seen_here());
    for (std::size_t i = 0; i < times; ++i) {
      co_await resume_on(first_);
      check(visited, seen_here());
      auto turn = flowcoro::yield();
      co_await turn;
      check(visited, seen_here());
      errno = EDOM; // of this thread
      co_await resume_on(second_);
      EXPECT_NE(errno, EDOM);
      check(visited, seen_here());
      errno = 0;
      auto nap = flowcoro::sleep_for(1us);
      co_await nap;
      check(visited, seen_here());
      auto child = hops_and_returns();
      co_await child;
      check(visited, seen_here());
      co_await resume_on(home_);
      check(visited, seen_here());
      co_await resume_on(first_);
      check(visited, seen_here());
      errno = 0;
    }
    co_return visited.size();
  }
  Lazy<void> hops_and_returns() {
    const std::thread::id before = std::this_thread::get_id();
    co_await resume_on(first_);
    EXPECT_NE(std::this_thread::get_id(), before);
    EXPECT_EQ(seen_here(), threads_.of_this_one());
  }

  Runtime home_{{.workers = 1}};
  Runtime first_{{.workers = 1}};
  Runtime second_{{.workers = 1}};
  Threads threads_;
};
struct StartNames {
  template <class Policy>
  static std::string GetName(int) {
    return Policy::value == Start::eager ? "Task" : "Lazy";
  }
};
using BothStarts =
    testing::Types<std::integral_constant<Start, Start::eager>, std::integral_constant<Start, Start::lazy>>;
TYPED_TEST_SUITE(ThreadHop, BothStarts, StartNames);

TYPED_TEST(ThreadHop, ThreadsOfTheTestDifferInEverything) {
  EXPECT_EQ(this->threads_.size(), 4u);
  EXPECT_EQ(this->threads_.different(&Own::id), 4u);
  EXPECT_EQ(this->threads_.different(&Own::self), 4u);
  EXPECT_EQ(this->threads_.different(&Own::error), 4u);
  EXPECT_EQ(this->threads_.different(&Own::variable), 4u);
  EXPECT_EQ(this->threads_.different(&Own::locale), 4u);
}

TYPED_TEST(ThreadHop, SeesTheThreadThatItIsOn) {
  const auto visited = sync_wait(this->home_, [&]() -> Lazy<std::size_t> {
    auto task = this->goes_round(rounds(200));
    co_return co_await task;
  });
  EXPECT_EQ(visited, 3u);
}

TYPED_TEST(ThreadHop, SeesTheExceptionsInFlightOfTheThreadThatItIsOn) {
  flowcoro::test::while_unwinding([this]() noexcept {
    EXPECT_EQ(std::uncaught_exceptions(), 1);
    this->threads_.note_exceptions();
    sync_wait(this->home_, [&]() -> Lazy<void> {
      auto task = this->goes_round(rounds(50));
      co_await task;
    });
  });
}

TYPED_TEST(ThreadHop, SeesTheExceptionThatTheThreadThatItIsOnHandles) {
  try {
    throw 5;
  } catch (int) {
    this->threads_.note_exceptions();
    EXPECT_TRUE(this->threads_.of_this_one().handles);
    sync_wait(this->home_, [&]() -> Lazy<void> {
      auto task = this->goes_round(rounds(50));
      co_await task;
    });
    EXPECT_NE(std::current_exception(), nullptr);
  }
}

} // namespace
