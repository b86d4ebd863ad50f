#pragma once
/// What a coroutine needs from whatever runs it.
#include "flowcoro/base/intrusive_list.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/detail/awaited_by.hpp"
#include "flowcoro/coro/stop.hpp"
#include "flowcoro/queue/inject_queue.hpp"

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <source_location>
#include <vector>

namespace flowcoro {
namespace detail {
class PromiseBase;
} // namespace detail
class TimerNode;

/// A suspended coroutine that can be queued. Lives in the awaiter, so that making a coroutine ready never allocates.
struct ReadyNode : InjectNode {
  std::coroutine_handle<> handle;
};

/// A thread in Scheduler::run_until, and the coroutine that it waits for.
struct BlockingCall : ListNode {
  /// Stops the coroutine.
  StopState& stop;
  /// The call in the source.
  std::source_location where;
  std::atomic<std::uint32_t> done{0};
  /// Which worker's seat the thread took; written by run_until before anything can set `done`.
  std::size_t seat = ~std::size_t{0};

  BlockingCall(StopState& stop_of_coroutine, const std::source_location& at) noexcept
      : stop{stop_of_coroutine}, where{at} {}
};

/// What a scheduler knows of its work at some moment, each task at its own.
struct LiveWork {
  struct Task {
    const void* coroutine;          ///< names it; never to be followed
    std::source_location waited_at; ///< its first co_await, or the last where Scheduler::enroll() says so
    detail::AwaitedBy awaited_by;
  };
  std::vector<Task> tasks;                 ///< those that have begun to wait
  std::vector<std::source_location> calls; ///< of sync_wait, on threads that wait in them
};

/// Runs coroutines on its own threads. Runtime has the one that programs use, test::DeterministicScheduler is one for tests.
class Scheduler {
 public:
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Resumes node.handle on one of this scheduler's threads. Threads: any. Never blocks or allocates.
  /// The coroutine may run, end and be destroyed before the call returns: touch neither it nor the node afterwards.
  virtual void post(ReadyNode& node) noexcept = 0;

  /// Puts a coroutine that gives up its turn behind all that is queued on this thread, and wakes nobody. It has no node: one
  /// is only needed, and allocated, on a thread that is not this scheduler's.
  /// \return false when there was no memory to queue it: then it keeps its turn.
  [[nodiscard]] virtual bool post_yielded(std::coroutine_handle<> handle) noexcept = 0;

  /// As post(), for work that the next idle worker should take at once, rather than the calling one after what it has queued.
  virtual void post_elsewhere(ReadyNode& node) noexcept = 0;

  /// As post(), for the first step of a task that has no awaiter yet. Throws RuntimeStopped or std::bad_alloc; then the
  /// coroutine has not been queued. Counts the task as submitted.
  virtual void post_new(detail::PromiseBase& task, std::coroutine_handle<> handle) = 0;

  /// Makes a started task known until it finishes, so that shutdown can stop, join and name it. Throws std::bad_alloc.
  /// \return false to be called again at each further co_await of the task, with its place: for a scheduler that would rather
  /// know where a task waits now than where it waited first.
  [[nodiscard]] virtual bool enroll(detail::PromiseBase& task, std::source_location where) = 0;
  /// A coroutine comes from another scheduler, to be stopped, joined and named by this one. Throws std::bad_alloc or RuntimeStopped.
  virtual void enter(detail::PromiseBase& task, std::source_location where) = 0;
  /// A coroutine that was known at `live_slot` has entered another scheduler.
  virtual void leave(detail::PromiseBase& task, std::uint32_t live_slot) noexcept = 0;
  /// Forgets a task that was submitted or enrolled. Called once, before its result is published.
  virtual void task_finished(detail::PromiseBase& task) noexcept = 0;

  /// The time by which its timers run.
  [[nodiscard]] virtual SteadyTime now() const noexcept = 0;
  /// A clock to measure work with, which need not be that of the timers: computing takes no virtual time.
  [[nodiscard]] virtual SteadyTime work_clock() noexcept = 0;
  /// A task has ended on a thread of the calling coroutine's, and `awaiter` has been waiting for it. On a thread of this scheduler:
  /// \return what to resume there now: the awaiter, or a coroutine that does nothing, when the awaiter comes a few turns later
  /// and finds more of its tasks ended then. On any other thread the awaiter is posted.
  [[nodiscard]] virtual std::coroutine_handle<> after_task(ReadyNode& awaiter) noexcept = 0;

  /// Which of its timer queues a wait that begins on this thread uses. It is written into the node before anybody can cancel it.
  [[nodiscard]] virtual std::uint16_t timer_place() noexcept = 0;
  /// Queues the node at its place, for its deadline. Throws std::bad_alloc. \return false when it was cancelled before.
  [[nodiscard]] virtual bool arm_timer(TimerNode& node) = 0;
  /// Threads: any. \return true when the timer was armed and now will not fire: the caller posts the waiter. See TimerQueue::cancel.
  [[nodiscard]] virtual bool cancel_timer(TimerNode& node) noexcept = 0;

  /// Runs `first`, then other ready coroutines, on the calling thread until set_done(call) was called. Blocks: yes. A shutdown
  /// meanwhile asks the call to stop, and waits for it. Throws RuntimeStopped; then nothing was run.
  virtual void run_until(std::coroutine_handle<> first, BlockingCall& call) = 0;
  /// Wakes the thread of `call`, which may be gone when this returns.
  virtual void set_done(BlockingCall& call) noexcept = 0;

  /// How many threads run coroutines at once.
  [[nodiscard]] virtual unsigned concurrency() const noexcept = 0;

  /// Adds what is known of its work, while that goes on. For reports. Threads: any, but no stop callback. Throws std::bad_alloc.
  virtual void list_live([[maybe_unused]] LiveWork& to) {}

  /// Takes an exception that no awaiter can receive any more.
  virtual void unhandled(std::exception_ptr error) noexcept = 0;

 protected:
  Scheduler() = default;
  ~Scheduler() = default;
};

/// The scheduler whose thread this is, or nullptr. Threads: any.
[[nodiscard]] Scheduler* current_scheduler() noexcept;

/// The time by which waits that begin on this thread are measured: that of the scheduler whose thread it is, of the
/// DeterministicScheduler that lives on it, or steady_now(). Deadlines made from it can be tested in virtual time. Threads: any.
[[nodiscard]] SteadyTime current_time() noexcept;

/// The scheduler of the process-wide default runtime, which the first call makes; on a thread with a DeterministicScheduler
/// that one. Defined on floor sched: the only place where this floor reaches up, so that `co_await sleep_for(1s)` works with
/// nothing set up.
[[nodiscard]] Scheduler& default_scheduler();

namespace detail {

/// Schedulers that exist, so that a task which outlives its runtime can tell. Called by a scheduler's owner.
void announce_scheduler(Scheduler& scheduler);
/// Waits for for_each_scheduler().
void retire_scheduler(Scheduler& scheduler) noexcept;

/// Calls `look` for each that exists, without a lock; none ends meanwhile. Threads: any. Throws what `look` throws.
void for_each_scheduler(const std::function<void(Scheduler&)>& look);

/// Hands `error` to `scheduler` if that still exists, else to the default runtime. Threads: any.
void report_unhandled(Scheduler* scheduler, std::exception_ptr error) noexcept;

} // namespace detail
} // namespace flowcoro
