#pragma once
/// A scheduler without threads: its coroutines run on whoever calls it, a bounded share at a time.
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/detail/thread_default.hpp"
#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/timer_queue.hpp"

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>

namespace flowcoro {
namespace detail {
class ManualCore;
} // namespace detail

/// How much one call of drive() does at most.
struct DriveLimits {
  std::size_t timers = 32;       ///< that are due, and make their coroutines ready
  std::size_t ready = 64;        ///< coroutines that are resumed
  std::size_t destructions = 32; ///< frames of destroy_later() that are destroyed
};

/// What was done.
struct Driven {
  std::size_t timers = 0;
  std::size_t ready = 0;
  std::size_t destructions = 0;
  /// Another thread is driving now, so nothing was done here.
  bool elsewhere = false;

  [[nodiscard]] bool anything() const noexcept { return timers + ready + destructions != 0; }
};

struct ManualSchedulerOptions {
  /// Of drive() without an argument, and of everything else that runs coroutines. Each at least 1.
  DriveLimits limits = {};
  /// The time by which timers run; it must not go back. Default: the steady clock. Who sleeps here asks it how long that should
  /// be, and asks again when as much steady time has passed.
  std::function<SteadyTime()> clock = {};
  /// Called when a thread that does not drive has brought something, at most once between two turns: for a host that sleeps
  /// in a loop of its own, and not in wait(). On that thread; it must not throw, and must not drive.
  std::function<void()> on_posted = {};
  /// As RuntimeOptions::on_unhandled.
  std::function<void(std::exception_ptr)> on_unhandled = {};
};

/// For programs that have a loop of their own and no thread to spare. Coroutines run inside of drive() and its like, and of
/// sync_wait() on this scheduler: on one thread, when only one calls them. Threads that call them at the same time take turns.
/// Any thread may start tasks here, and make coroutines ready.
///
///     ManualScheduler scheduler;
///     const auto here = scheduler.as_default();        // tasks of this thread begin here
///     Task<Page> page = load(url);
///     while (!page.done()) {
///       scheduler.drive();
///       poll_my_sockets(scheduler.next_deadline());
///     }
class ManualScheduler {
 public:
  /// Throws std::invalid_argument, which names the limit that is 0.
  explicit ManualScheduler(ManualSchedulerOptions options = {});
  ManualScheduler(const ManualScheduler&) = delete;
  ManualScheduler& operator=(const ManualScheduler&) = delete;
  /// shutdown() without a time limit, unless it was called before. Not from a task of this scheduler.
  ~ManualScheduler();

  [[nodiscard]] Scheduler& scheduler() noexcept;
  /// For spawn_on(), sync_wait() and resume_on().
  operator Scheduler&() noexcept { return scheduler(); }
  /// While the result lives, what this thread begins outside of coroutines, and without naming a scheduler, begins here.
  [[nodiscard]] detail::ThreadDefault as_default() noexcept { return detail::ThreadDefault{scheduler()}; }

  /// One turn: makes the coroutines of due timers ready, resumes what is ready, in the order in which it became so, and
  /// destroys frames; each within its limit. Never blocks by itself. Rethrows what leaves a coroutine that is no task.
  /// Cost: what the coroutines take, and a few nanoseconds for each that other threads have made ready since the last turn.
  Driven drive();
  Driven drive(const DriveLimits& limits);
  /// As drive(), for one coroutine. \return whether one was resumed.
  bool run_one();
  /// Drives until the clock shows `deadline`; sleeps while there is nothing to do.
  void run_until(SteadyTime deadline);
  /// Drives until `condition()` holds, which is asked before each resume; sleeps while there is nothing to do.
  /// \return false when the deadline came first.
  template <std::predicate F>
  bool run_until(F condition, SteadyTime deadline = no_deadline) {
    for (;;) {
      const std::uint32_t wakes = wakes_so_far();
      if (condition()) return true;
      if (!step(deadline, wakes)) return condition();
    }
  }

  /// Until when there is nothing to do, unless other threads bring something: SteadyTime::min() for at once, no_deadline
  /// without a timer. Threads: any.
  [[nodiscard]] SteadyTime next_deadline() const noexcept;
  /// Sleeps until there is something to do, the clock shows `deadline`, or somebody calls wake(). \return whether there is something
  /// to do. Threads: any.
  bool wait(SteadyTime deadline = no_deadline);
  /// Whoever sleeps in run_until() or wait() looks again: at a condition that no coroutine brings about. Threads: any.
  void wake() noexcept;

  /// Destroys a suspended coroutine in one of the next turns: not inside of another coroutine, not on its own stack, and after all that
  /// was ready before it, so a resume of it that is still on its way comes first. It is none of the library's tasks, which own
  /// themselves. Threads: any. Throws std::bad_alloc.
  void destroy_later(std::coroutine_handle<> frame);
  [[nodiscard]] std::size_t pending_destructions() const noexcept;

  /// Takes no more tasks, asks all live ones and those of sync_wait calls to stop, and drives them to their end until `limit`, of steady
  /// time, has passed; destroys what was left for later. Tasks that are left are named, and counted as abandoned: another call, or
  /// drive(), may still bring them to their end. The memory of those that the destructor finds is kept until the process ends.
  /// Blocks: until `limit`. Not from a task of this scheduler.
  ShutdownReport shutdown(Nanoseconds limit = Nanoseconds::max());

  /// The same sums as those of a Runtime; nothing is stolen, and nobody parks.
  [[nodiscard]] RuntimeStats stats() const;
  [[nodiscard]] TimerStats timer_stats() const noexcept;

 private:
  [[nodiscard]] std::uint32_t wakes_so_far() const noexcept;
  /// Resumes one coroutine, or sleeps until it makes sense to look again. \return false when the deadline has passed.
  bool step(SteadyTime deadline, std::uint32_t wakes);

  std::unique_ptr<detail::ManualCore> core_;
};

} // namespace flowcoro
