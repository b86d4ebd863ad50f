#pragma once
/// A set of workers that you own: threads that run coroutines, steal from each other, and sleep when there is nothing to do.
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/coro/sync_wait.hpp"
#include "flowcoro/sched/timer_queue.hpp"
#include "flowcoro/sched/worker_stats.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <source_location>
#include <utility>
#include <vector>

namespace flowcoro {
namespace detail {
class RuntimeCore;
} // namespace detail
class TraceBuffer;

struct RuntimeOptions {
  /// Worker threads. 0 = the CPUs that this process may use (affinity and cgroup quota).
  unsigned workers = 0;
  /// Called with each exception that nobody can receive any more, on the thread where it was lost. It must not throw, and
  /// must not start or end a runtime. Default: count them, see RuntimeStats::unhandled.
  std::function<void(std::exception_ptr)> on_unhandled = {};
  /// Whether an idle worker takes what another one has queued. Without it what is spawned goes to whoever is free, and a worker keeps
  /// what it has begun: a coroutine that does not wait then keeps all that queues behind it.
  bool work_stealing = true;
  /// Where workers write what they do while it records; must outlive the runtime. nullptr: nowhere, which costs a branch.
  TraceBuffer* trace = nullptr;
};

/// Sums since the start.
/// Counted are tasks that a scheduler has seen: spawned ones, and Tasks from their first co_await on. Of what sync_wait runs
/// only that.
struct RuntimeStats {
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0; ///< with a value or an exception
  std::uint64_t failed = 0;    ///< of those, with an exception
  std::uint64_t cancelled = 0; ///< with OperationCancelled
  std::uint64_t moved_in =
      0; ///< came from another runtime by resume_on: tasks, and coroutines that somebody there awaits
  std::uint64_t moved_out = 0; ///< went to another runtime, and counted here before
  std::uint64_t abandoned = 0; ///< left by a shutdown that ran into its time limit, and still not ended
  std::uint64_t unhandled = 0; ///< exceptions that nobody received
  std::uint64_t steals = 0;    ///< successful ones
  std::uint64_t stolen = 0;    ///< coroutines moved by them
  std::uint64_t parks = 0;
  std::uint64_t wakes = 0;
  std::uint64_t injected = 0; ///< coroutines that came from threads that are no workers, and were taken by one
  std::uint64_t timers_fired = 0;

  /// Tasks that have not ended.
  [[nodiscard]] std::uint64_t alive() const noexcept {
    return submitted + moved_in - completed - cancelled - moved_out;
  }
};

/// What a worker is doing, at one moment. It may have gone on since.
struct WorkerTurn {
  std::uint64_t turn = 0;          ///< how many coroutines it has resumed so far, this one included
  const void* coroutine = nullptr; ///< as LiveWork::Task names it; never to be followed. nullptr: none runs
  const void* code =
      nullptr; ///< the function of the program that was called to resume it: what a debugger knows by name
  const void* thread = nullptr; ///< the thread that sits there, as this_thread_key() names it
};

struct ShutdownReport {
  /// One place in the source for each task that had not ended: its first co_await, or an empty one (line 0) for a task that had
  /// not come to any; and one for each call of sync_wait.
  std::vector<std::source_location> left;
  [[nodiscard]] bool clean() const noexcept { return left.empty(); }
};

struct TrimReport {
  /// Resident memory of frames that was given to the system.
  std::size_t frame_bytes = 0;
  /// Every worker was idle, or the caller's own. What others kept for tasks to come has stayed.
  bool complete = false;
};

/// Owns worker threads. Tasks that run on it may outlive the Task objects, but not the runtime: its end joins them.
class Runtime {
 public:
  /// Throws std::system_error, which names the worker, when a thread cannot be started; those that were are joined first.
  explicit Runtime(RuntimeOptions options = {});
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  /// shutdown() without a time limit, unless it was called before. Blocks. Not from a task of this runtime.
  ~Runtime();

  [[nodiscard]] Scheduler& scheduler() noexcept;
  [[nodiscard]] unsigned workers() const noexcept;
  /// RuntimeOptions::work_stealing.
  [[nodiscard]] bool steals_work() const noexcept;
  [[nodiscard]] RuntimeStats stats() const;
  /// Precondition: worker < workers(). Threads: any. A turn is one resume: what a coroutine hands over to directly is a part of it.
  [[nodiscard]] WorkerTurn turn_of(unsigned worker) const noexcept;
  /// Of all workers' timers, each worker's at one moment: so the sum is exact, and what is said of it holds. Threads: any. Blocks: a
  /// short lock of each worker's, while 2 KB are copied.
  [[nodiscard]] TimerStats timer_stats() const noexcept;
  /// The same numbers, and how much is queued, for each worker. Threads: any. Allocates: 2 KB for each worker. Blocks: as timer_stats().
  [[nodiscard]] StatsByWorker stats_by_worker() const;

  /// Gives back what this runtime keeps for tasks to come, after a burst of them: the memory of frames (of all runtimes, but for
  /// what their workers have at hand), queues, tables, timers, and with glibc what its allocator keeps. The next tasks pay for
  /// fresh memory. Wakes the idle workers. Threads: any, tasks too. Throws std::bad_alloc; then little was given back.
  /// Cost: some 50 ns for each frame that could have been reused.
  TrimReport trim_memory();

  /// Stops taking tasks, asks all live ones and those of sync_wait calls to stop, joins them until `limit` has passed, and ends
  /// the workers. Tasks that are left are named and counted as abandoned: a coroutine that is running then runs on to its next
  /// wait, and nothing is sure to be resumed after that, so a call of sync_wait that is left may never return. Frames that are
  /// left, and what the workers need, are kept until the process ends, because something may still resume them.
  /// Idempotent. Blocks: until `limit`, and 50 ms more when something is left. Threads: one at a time, no worker.
  ShutdownReport shutdown(Nanoseconds limit = Nanoseconds::max());

 private:
  std::unique_ptr<detail::RuntimeCore> core_;
};

/// The process-wide runtime that is used where none is named. The first call makes it with the default options; it is never
/// destroyed, so that nothing depends on the order of static destructors.
[[nodiscard]] Runtime& default_runtime();

namespace detail {
/// nullptr before the first call of default_runtime(). Threads: any.
[[nodiscard]] Runtime* default_runtime_if_made() noexcept;
} // namespace detail

/// sync_wait on a runtime, and on the default one.
template <class A>
decltype(auto) sync_wait(Runtime& runtime, A&& awaitable_or_callable,
                         std::source_location where = std::source_location::current()) {
  return sync_wait(runtime.scheduler(), std::forward<A>(awaitable_or_callable), where);
}
template <class A>
  requires(Awaitable<A> || std::invocable<A>)
decltype(auto) sync_wait(A&& awaitable_or_callable, std::source_location where = std::source_location::current()) {
  return sync_wait(default_scheduler(), std::forward<A>(awaitable_or_callable), where);
}

} // namespace flowcoro
