#pragma once
/// Which tasks of a pool run, which wait, and what has become of the others.
#include "flowcoro/base/histogram.hpp"
#include "flowcoro/base/intrusive_list.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/park/spin_lock.hpp"
#include "flowcoro/pool/coroutine_pool_config.hpp"
#include "flowcoro/pool/coroutine_pool_stats.hpp"
#include "flowcoro/pool/detail/job.hpp"
#include "flowcoro/pool/detail/job_table.hpp"
#include "flowcoro/pool/pool_task.hpp"

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <optional>
#include <vector>

namespace flowcoro::pool::detail {

/// What submitting a job has come to.
enum class Admission : std::uint8_t {
  running, ///< the caller starts it
  pending,
  full,
  stopped,
  no_memory, ///< for its place in the table; only of one that had to wait for room
};

/// Where a spawn() waits for room.
struct SubmitPlace : ListNode {
  Job* job = nullptr;
  Admission admission = Admission::full;
};

/// Invariant P: nobody waits for room while there is any, and no job waits for its start while it may run.
/// Lives until the pool object has gone, all jobs have ended and the watch has.
class PoolCore {
 public:
  using Submitter = flowcoro::detail::BasicWaiter<SubmitPlace>;

  /// By what the waits of jobs are timed. The scheduler's clock; or the ticks of the system, which take a fraction of the time to
  /// read: where that clock is steady time. Aging is up to a tick late then, and never early.
  enum class WaitClock : std::uint8_t { scheduler, ticks };
  [[nodiscard]] static PoolCore* make(const CoroutinePoolConfig& config, Scheduler& scheduler, WaitClock clock) {
    return new PoolCore{config, scheduler, clock};
  }
  PoolCore(const PoolCore&) = delete;
  PoolCore& operator=(const PoolCore&) = delete;

  [[nodiscard]] const CoroutinePoolConfig& config() const noexcept { return config_; }
  [[nodiscard]] Scheduler& scheduler() noexcept { return scheduler_; }

  /// The life of the one coroutine that sees to it that time limits are kept, until it is stopped.
  [[nodiscard]] static Lazy<void> watch(PoolCore& core);
  /// The pool object has gone, after request_stop_all(true). The core may be gone when it returns.
  void abandon() noexcept;
  /// The watch could not start, so the core ends here.
  void end_unwatched() noexcept { delete this; }

  /// Throws std::bad_alloc; then nothing has changed.
  [[nodiscard]] Admission submit(Job& job);
  /// The same for `count` jobs, at one time: `job_at(i)` is the i-th. Ends with the first that is not taken. \return how many of them run
  /// now, and how many were taken in all. Throws only when none was taken.
  struct Taken {
    std::size_t running = 0;
    std::size_t all = 0;
    Admission rest = Admission::pending; // full or stopped when some were not taken
  };
  template <class JobAt>
  [[nodiscard]] Taken submit_all(std::size_t count, JobAt job_at);
  /// Awaits room for a job.
  class Room;
  void count_rejected() noexcept;

  /// Begins one that submit() said runs: on a worker.
  void start(Job& job) noexcept;

  /// All that run or wait. \param cleaning nothing is taken from now on, until reopen().
  void request_stop_all(bool cleaning) noexcept;
  /// After a cleanup, with nothing left: as new.
  void reopen() noexcept;

  /// Starts what waits and may run. \return how many that were. By invariant P none, when nothing else changes.
  std::size_t start_pending() noexcept;

  /// \return the job, kept for the caller, while it has not ended.
  struct Found {
    Job* job = nullptr;
    std::optional<TaskEnd> end; // of one that has ended
  };
  [[nodiscard]] Found find(TaskId id) noexcept;
  /// All that have not ended.
  [[nodiscard]] std::vector<TaskId> left();

  /// Awaits the moment when none runs or waits.
  class Idle;

  [[nodiscard]] CoroutinePoolStats stats() const noexcept;
  [[nodiscard]] std::size_t active() const noexcept;

 private:
  PoolCore(const CoroutinePoolConfig& config, Scheduler& scheduler, WaitClock clock);
  ~PoolCore() = default;

  using Queue = IntrusiveList<Job>;

  friend class Job;

  /// What to do once the lock is free. The core may be gone by then.
  class Woken {
   public:
    Woken() = default;
    Woken(const Woken&) = delete;
    Woken& operator=(const Woken&) = delete;
    ~Woken() {
      flowcoro::detail::Waiter::post_all(waiters);
      Submitter::post_all(submitters);
    }

    flowcoro::detail::Waiter::Queue waiters;
    Submitter::Queue submitters;
  };
  enum class Turn : std::uint8_t { here, queued };
  struct Next {
    Job* job;  // nullptr when none waits
    Turn turn; // how it goes on
  };

  static std::coroutine_handle<> job_ended(flowcoro::detail::Continuation& self,
                                           flowcoro::detail::PromiseBase& promise) noexcept;
  [[nodiscard]] std::coroutine_handle<> go_on_after(Job& ended, TaskEnd end, Turn turn) noexcept;
  /// Accounts for a job that has ended, and for its end as a user of the core. \return what runs in its place. If that is nothing, the
  /// core may be gone.
  [[nodiscard]] Next settle(Job& job, TaskEnd end) noexcept;
  /// \return the coroutine to go on with here, or one that does nothing; nullptr when it could not be made: then job.error_ says why.
  [[nodiscard]] std::coroutine_handle<> begin(Job& job, Turn turn) noexcept;
  /// \return false when it does not wait for its start; else the caller calls end_pending().
  [[nodiscard]] bool cancel_pending(Job& job, Woken& woken) noexcept;
  static void end_pending(Job& job) noexcept;
  /// When the wait of a job that is submitted now begins.
  [[nodiscard]] SteadyTime wait_begins() const noexcept;
  void watch_ended() noexcept;
  static void free_if(bool unused, PoolCore& core) noexcept {
    if (unused) delete &core;
  }

  // Under the lock:
  [[nodiscard]] Admission admit(Job& job, SteadyTime now, Woken& woken);
  [[nodiscard]] bool may_run(TaskPriority priority) const noexcept;
  [[nodiscard]] bool room_to_wait() const noexcept { return pending_ < config_.work_stealing_queue_size; }
  [[nodiscard]] Queue& queue_of(TaskPriority priority) noexcept;
  [[nodiscard]] Job* take_next(SteadyTime now) noexcept;
  void run(Job& job, SteadyTime now, Woken& woken) noexcept;
  void count_end(Job& job, TaskEnd end) noexcept;
  void let_submitters_in(SteadyTime now, Woken& woken) noexcept;
  void wake_if_idle(Woken& woken) noexcept;
  [[nodiscard]] bool unused() const noexcept { return !owned_ && !watched_ && active_ + pending_ == 0; }

  // Of the watch:
  class SomethingRuns;
  /// When the time of the next job is over; nothing while none runs.
  [[nodiscard]] std::optional<SteadyTime> next_deadline() noexcept;
  void stop_overdue() noexcept;

  const CoroutinePoolConfig config_;
  const std::size_t reserve_;
  const Nanoseconds limit_; // of a task's time; max() without one
  Scheduler& scheduler_;
  const Nanoseconds tick_; // of the WaitClock; 0: the scheduler's clock

  mutable SpinLock lock_; // guards all below
  JobTable table_;
  std::array<Queue, task_priorities> pending_jobs_;
  Queue running_jobs_;  // by their start, and so by their deadlines
  Queue stopping_jobs_; // those that run and were asked to stop by the pool
  Submitter::Queue submitters_;
  flowcoro::detail::Waiter::Queue idle_waiters_;
  flowcoro::detail::Waiter::Queue watch_waiters_; // the watch, while no job runs
  std::size_t active_ = 0;
  std::size_t pending_ = 0;
  std::size_t overdue_ = 0;
  std::uint32_t turns_ = 0; // jobs begun in the place of one that ended
  bool accepting_ = true;
  bool owned_ = true;
  bool watched_ = true;
  CoroutinePoolStats counts_;
  Histogram durations_; // of all that have run, in ns
  std::uint64_t ran_ = 0;
  std::uint64_t ran_ns_ = 0;
};

inline bool PoolCore::may_run(TaskPriority priority) const noexcept {
  return active_ < config_.max_coroutines + (priority == TaskPriority::High ? reserve_ : 0);
}

inline PoolCore::Queue& PoolCore::queue_of(TaskPriority priority) noexcept {
  return pending_jobs_[config_.enable_priority_scheduling ? static_cast<std::size_t>(priority) : 0];
}

inline Admission PoolCore::admit(Job& job, SteadyTime now, Woken& woken) {
  if (!accepting_) return Admission::stopped;
  const bool runs = may_run(job.priority_);
  if (!runs && !room_to_wait()) return Admission::full;
  job.id_ = table_.add(job);
  job.core_ = this;
  job.scheduler_ = &scheduler_;
  ++counts_.total_submitted;
  if (runs) {
    run(job, now, woken);
    return Admission::running;
  }
  job.place_ = Job::Place::pending;
  job.since_ = now;
  queue_of(job.priority_).push_back(job);
  ++pending_;
  return Admission::pending;
}

template <class JobAt>
PoolCore::Taken PoolCore::submit_all(std::size_t count, JobAt job_at) {
  constexpr std::size_t ahead = 8; // so many jobs that lie elsewhere in memory are on their way meanwhile
  const SteadyTime now = scheduler_.now();
  Taken taken;
  Woken woken;
  const std::lock_guard hold{lock_};
  for (std::size_t i = 0; i < count; ++i) {
    if (i + ahead < count) job_at(i + ahead).prefetch();
    try {
      taken.rest = admit(job_at(i), now, woken);
    } catch (const std::bad_alloc&) {
      if (taken.all == 0) throw;
      taken.rest = Admission::no_memory;
    }
    if (taken.rest != Admission::running && taken.rest != Admission::pending) break;
    ++taken.all;
    if (taken.rest == Admission::running) ++taken.running;
  }
  return taken;
}

class [[nodiscard]] PoolCore::Idle : flowcoro::detail::Waiter {
 public:
  explicit Idle(PoolCore& core) noexcept : Waiter{core.lock_}, core_{core} {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    return suspend_unless(waiter, core_.idle_waiters_, [this] { return core_.active_ + core_.pending_ == 0; });
  }
  void await_resume() { finish(); }

 private:
  PoolCore& core_;
};

/// `co_await` gives what became of the job: running, pending or stopped. Throws std::bad_alloc.
/// Cancellation: throws OperationCancelled, and the job was not taken.
class [[nodiscard]] PoolCore::Room : Submitter {
 public:
  Room(PoolCore& core, Job& job) noexcept : Submitter{core.lock_}, core_{core} { this->job = &job; }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    const SteadyTime now = core_.scheduler_.now();
    Woken woken;
    return suspend_unless(waiter, core_.submitters_, [&] {
      admission = core_.admit(*job, now, woken);
      return admission != Admission::full;
    });
  }
  [[nodiscard]] Admission await_resume() {
    finish();
    if (admission == Admission::no_memory) throw std::bad_alloc{};
    return admission;
  }

 private:
  PoolCore& core_;
};

} // namespace flowcoro::pool::detail
