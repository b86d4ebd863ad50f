#pragma once
/// Runs coroutines on one thread, in an order that follows from a seed, by a clock that stands while anything can run.
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/coro/sync_wait.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/queue/inject_queue.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/timer_queue.hpp"
#include "flowcoro/test/no_progress.hpp"

#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <source_location>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace flowcoro::test {

struct DeterministicOptions {
  /// Among how many workers spawn_many believes to share out its work. There is only one thread all the same.
  unsigned concurrency = 4;
  /// What needs more resumes than this in one call is taken for an endless loop.
  std::uint64_t resumes_in_one_call = 10'000'000;
};

/// A scheduler for tests. Whenever a coroutine suspends or ends, the next one is chosen among all that are ready by a
/// pseudo-random number: a seed is an interleaving, and the same seed gives the same run, on every machine. Choices are made
/// where coroutines suspend; what two threads can do to each other between two instructions is not covered.
///
/// The clock is virtual. It begins at SteadyTime{}, and moves only when nothing is ready: then to the earliest deadline. So a
/// sleep of a day takes as long as a short one, none ends early, and computing takes no time. Code that makes deadlines itself
/// asks current_time() instead of steady_now().
///
/// While it lives it is its thread's default scheduler: tasks, spawn() and sync_wait() that name no runtime come here too.
/// Its end runs what is left, so whatever coroutines use is declared before it.
/// Threads: the one that made it, and it is checked; a coroutine that another thread makes ready has no place in the order of a
/// seed. So no Runtime may take part, and there is one such scheduler on a thread at a time.
class DeterministicScheduler : public Scheduler {
 public:
  explicit DeterministicScheduler(std::uint64_t seed, DeterministicOptions options = {});
  /// shutdown(). Aborts, and names the places, when tasks are left; and, unless an exception is on its way already, when
  /// exceptions are left that take_unhandled() would have given.
  virtual ~DeterministicScheduler();

  /// Runs `awaitable`, or what the callable makes, as a task, until it is done, and gives its result, or rethrows. A callable is
  /// called inside, in its turn, and may give a plain value too. What else was started goes on in the next call.
  /// When the task can never be done, NoProgress is thrown. Before that the task, and if need be all others, are asked to stop
  /// and run to their end, because no frame may go that something could still resume; where one heeds no stop request, the
  /// program is aborted with the same text.
  /// The same holds for sync_wait(scheduler, …), which however calls a callable at once.
  template <Awaitable A>
    requires(!std::invocable<A>)
  auto run(A&& awaitable, std::source_location where = std::source_location::current()) -> await_result_t<A> {
    if constexpr (std::is_same_v<A, Lazy<await_result_t<A>>>) {
      if (!awaitable.valid()) throw NoResult{};
      auto task = flowcoro::detail::post_as_task(*this, std::forward<A>(awaitable));
      return sync_wait(*this, task, where);
    } else {
      return sync_wait(*this, std::forward<A>(awaitable), where);
    }
  }
  template <std::invocable F>
  decltype(auto) run(F&& function, std::source_location where = std::source_location::current()) {
    using Made = std::invoke_result_t<F>;
    if constexpr (Awaitable<Made> && !flowcoro::detail::is_task<Made>) {
      return sync_wait(*this, std::forward<F>(function), where);
    } else {
      auto task = spawn_on(*this, std::ref(function));
      return sync_wait(*this, task, where);
    }
  }

  /// Runs whatever is ready, until nothing is. The clock stands. \return how many times a coroutine was resumed.
  /// Throws NoProgress for an endless loop.
  std::uint64_t run_until_idle();
  /// Runs whatever is ready, or becomes due while `duration` passes, each thing at its time; then nothing is ready.
  /// Throws NoProgress for an endless loop.
  template <class Rep, class Period>
  void advance(std::chrono::duration<Rep, Period> duration) {
    advance_to(deadline_after(now_, duration));
  }

  /// Takes no more tasks, asks all to stop, runs them to their end, in as much virtual time as they need, and says where those
  /// wait that did not end. Idempotent.
  ShutdownReport shutdown();

  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  /// The same sums as those of a Runtime. There is nothing to steal here, and nobody parks.
  [[nodiscard]] RuntimeStats stats() const noexcept { return stats_; }
  /// As those of a Runtime. No timer is late in virtual time.
  [[nodiscard]] TimerStats timer_stats() const noexcept { return timers_.stats(); }
  /// How many times a coroutine was resumed so far; the same for the same seed.
  [[nodiscard]] std::uint64_t resumes() const noexcept { return resumes_; }
  /// The last co_await of each task that began to wait and has not ended.
  [[nodiscard]] std::vector<std::source_location> unfinished() const;
  /// The exceptions that nobody received, since the last call.
  [[nodiscard]] std::vector<std::exception_ptr> take_unhandled() noexcept { return std::exchange(unhandled_, {}); }

  // Scheduler:
  [[nodiscard]] SteadyTime now() const noexcept override { return now_; }
  /// Moves on by a pseudo-random step with each call, so that code which measures its work decides this way and that.
  [[nodiscard]] SteadyTime work_clock() noexcept override;
  [[nodiscard]] unsigned concurrency() const noexcept override { return options_.concurrency; }
  void post(ReadyNode& node) noexcept override;
  bool post_yielded(std::coroutine_handle<> handle) noexcept override;
  void post_elsewhere(ReadyNode& node) noexcept override { post(node); }
  void post_new(flowcoro::detail::PromiseBase& task, std::coroutine_handle<> handle) override;
  [[nodiscard]] bool enroll(flowcoro::detail::PromiseBase& task, std::source_location where) override;
  void enter(flowcoro::detail::PromiseBase& task, std::source_location where) override;
  void leave(flowcoro::detail::PromiseBase& task, std::uint32_t live_slot) noexcept override;
  void task_finished(flowcoro::detail::PromiseBase& task) noexcept override;
  [[nodiscard]] std::coroutine_handle<> after_task(ReadyNode& awaiter) noexcept override;
  [[nodiscard]] std::uint16_t timer_place() noexcept override { return 0; }
  [[nodiscard]] bool arm_timer(TimerNode& node) override;
  [[nodiscard]] bool cancel_timer(TimerNode& node) noexcept override { return timers_.cancel(node); }
  void run_until(std::coroutine_handle<> first, BlockingCall& call) override;
  void set_done(BlockingCall& call) noexcept override;
  /// On its own thread; elsewhere it adds nothing.
  void list_live(LiveWork& to) override;
  void unhandled(std::exception_ptr error) noexcept override;

 private:
  class Turn;
  /// A task that began to wait.
  struct Live {
    flowcoro::detail::PromiseBase* task = nullptr;
    std::source_location where;
  };

  void check_thread() const noexcept;
  [[nodiscard]] bool resume_one() noexcept;
  [[nodiscard]] bool jump_to_next_timer(SteadyTime latest) noexcept;
  [[nodiscard]] bool may_resume() const noexcept { return resumes_ - resumes_before_ < options_.resumes_in_one_call; }
  void run_ready();
  void advance_to(SteadyTime target);
  void request_stop_all() noexcept;
  void add_live(flowcoro::detail::PromiseBase& task, std::source_location where);
  void remove_live(std::uint32_t slot) noexcept;
  [[nodiscard]] NoProgress no_progress(std::vector<std::source_location> waiting) const;
  [[nodiscard]] std::exception_ptr why_stuck(const std::source_location& call) const noexcept;

  const std::uint64_t seed_;
  const DeterministicOptions options_;
  const std::thread::id thread_;
  std::uint64_t order_;     // of the generator that chooses who is next
  std::uint64_t work_cost_; // of the generator behind work_clock()
  std::vector<std::coroutine_handle<>> ready_;
  InjectQueue ready_without_memory_; // what ready_ had no memory for; served when that is empty
  TimerQueue timers_;
  SteadyTime now_{};
  SteadyTime work_time_{};
  std::uint64_t resumes_ = 0;
  std::uint64_t resumes_before_ = 0; // this call
  std::vector<Live> live_;           // task->live_slot() is the place + 1, 0 for a task that is not here
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::exception_ptr> unhandled_;
  RuntimeStats stats_;
  bool accepting_ = true;
};

} // namespace flowcoro::test
