#pragma once
/// A limit on how many tasks run at once, with a queue by priority for those that wait for their start.
#include "flowcoro/async/with_timeout.hpp"
#include "flowcoro/base/result.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/pool/coroutine_pool_config.hpp"
#include "flowcoro/pool/coroutine_pool_stats.hpp"
#include "flowcoro/pool/detail/job.hpp"
#include "flowcoro/pool/detail/pool_core.hpp"
#include "flowcoro/pool/pool_task.hpp"
#include "flowcoro/pool/task_handle.hpp"
#include "flowcoro/sched/runtime.hpp"

#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace flowcoro::pool {
namespace detail {

template <class F, class... Args>
using job_result_t = flowcoro::detail::spawn_result_t<std::decay_t<F>, std::decay_t<Args>...>;

template <class T>
class Spawning;

} // namespace detail

/// Of a batch, one that was not taken.
struct BatchError {
  std::size_t index; ///< in the batch
  SpawnError error;
};
template <class T>
struct BatchResult {
  std::vector<TaskHandle<T>> handles; ///< of those that were taken, in their order
  std::vector<BatchError> errors;     ///< for the others, in their order
};

/// Runs tasks on the workers of a runtime, at most so many at once, and remembers each by its id.
/// Its end asks all tasks to stop and leaves them to the runtime; it waits for none, so what tasks refer to must live until
/// join_all() or cleanup() has said that they have ended.
/// Threads: any, for every function; the pool must outlive what they return, except for handles.
class CoroutinePool {
 public:
  /// On the default runtime, with the default configuration.
  CoroutinePool() : CoroutinePool{CoroutinePoolConfig{}} {}
  /// On the default runtime, or without work stealing on workers of its own, as many as there are CPUs.
  /// Throws InvalidPoolConfig, which names the field; RuntimeStopped; std::bad_alloc; with workers of its own, std::system_error.
  explicit CoroutinePool(const CoroutinePoolConfig& config);
  /// On this one, whose workers must do what enable_work_stealing says.
  CoroutinePool(const CoroutinePoolConfig& config, Runtime& runtime);
  CoroutinePool(const CoroutinePoolConfig& config, Scheduler& scheduler);
  CoroutinePool(const CoroutinePool&) = delete;
  CoroutinePool& operator=(const CoroutinePool&) = delete;
  ~CoroutinePool();

  [[nodiscard]] static CoroutinePool with_config(const CoroutinePoolConfig& config) { return CoroutinePool{config}; }

  [[nodiscard]] const CoroutinePoolConfig& config() const noexcept { return core_->config(); }
  [[nodiscard]] CoroutinePoolStats stats() const;
  /// Tasks that run.
  [[nodiscard]] std::size_t active_count() const noexcept { return core_->active(); }
  [[nodiscard]] std::size_t max_coroutines() const noexcept { return config().max_coroutines; }

  /// `auto taken = co_await pool.spawn(f, args…);` gives a Result<TaskHandle<T>, SpawnError>. `f(args…)` is called on a worker when its
  /// turn has come; a coroutine that it makes is awaited. Keeps copies of `f` and the arguments, as flowcoro::spawn() does.
  /// Where the pool is full it waits for room, or gives SpawnError::full: see CoroutinePoolConfig::when_full.
  /// Cancellation: while it waits for room, throws OperationCancelled, and the task was not taken. Throws std::bad_alloc.
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  [[nodiscard]] auto spawn(F&& function, Args&&... args) {
    return spawn_with_priority(std::forward<F>(function), TaskPriority::Normal, std::forward<Args>(args)...);
  }
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  [[nodiscard]] auto spawn_with_priority(F&& function, TaskPriority priority, Args&&... args) {
    return detail::Spawning<detail::job_result_t<F, Args...>>{
        *core_, detail::make_job(priority, std::forward<F>(function), std::forward<Args>(args)...)};
  }

  /// The same without waiting, from any thread.
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  [[nodiscard]] auto try_spawn(F&& function, Args&&... args) {
    return try_spawn_with_priority(std::forward<F>(function), TaskPriority::Normal, std::forward<Args>(args)...);
  }
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  [[nodiscard]] auto try_spawn_with_priority(F&& function, TaskPriority priority, Args&&... args) {
    detail::Spawning<detail::job_result_t<F, Args...>> spawning{
        *core_, detail::make_job(priority, std::forward<F>(function), std::forward<Args>(args)...)};
    spawning.submit();
    return spawning.take();
  }

  /// Submits all functions at one time: one lock, and one look at the clock. What was not taken is in `errors`; the rest runs all the
  /// same. Where the pool is full and config().when_full is wait, it waits for room for each that is left.
  /// Throws std::bad_alloc before any was taken. Cancellation: while it waits for room, those that are left are not taken, with
  /// SpawnError::stopped.
  template <class F>
    requires std::invocable<F>
  [[nodiscard]] auto spawn_batch(std::vector<F> functions) {
    return spawn_batch_with_priority(std::move(functions), TaskPriority::Normal);
  }
  template <class F>
    requires std::invocable<F>
  [[nodiscard]] auto spawn_batch_with_priority(std::vector<F> functions, TaskPriority priority)
      -> Lazy<BatchResult<detail::job_result_t<F>>>;

  /// Waits for the end of a task and says how it ended; any number of times, before and after. UnknownTask when there never was one of
  /// that id. How a task ended is known until 1,024 others have ended after it, then TaskEnd::forgotten.
  /// Cancellation: ends the wait, not the task.
  [[nodiscard]] Lazy<Result<TaskEnd, UnknownTask>> wait_task(TaskId id);

  /// Waits until no task runs or waits for its start, those included that are submitted meanwhile, or until the deadline.
  /// \return those that are left then. Not from a task of the pool, which would wait for itself.
  [[nodiscard]] Lazy<std::vector<TaskId>> join_all(SteadyTime deadline = no_deadline);
  template <class Rep, class Period>
  [[nodiscard]] Lazy<std::vector<TaskId>> join_all(std::chrono::duration<Rep, Period> limit) {
    return join_all(deadline_after(current_time(), limit));
  }

  /// Starts tasks that wait and may run. They start by themselves when there is room, so there are none but for a moment.
  /// \return how many that were.
  std::size_t process_pending_tasks() noexcept { return core_->start_pending(); }

  /// Takes no more tasks, cancels all, waits for their end, and begins anew, with counters at 0. Ids are not used again.
  /// Cancellation: the wait ends early, and the pool takes no tasks until the next cleanup().
  [[nodiscard]] Lazy<void> cleanup();

  /// Asks all tasks to stop; the pool goes on.
  void request_stop() noexcept { core_->request_stop_all(false); }

 private:
  struct Home;
  [[nodiscard]] static Home home_for(const CoroutinePoolConfig& config);
  [[nodiscard]] static Home home_on(const CoroutinePoolConfig& config, Runtime& runtime);
  [[nodiscard]] static Home home_on(const CoroutinePoolConfig& config, Scheduler& scheduler);
  CoroutinePool(const CoroutinePoolConfig& config, Home home);

  std::unique_ptr<Runtime> own_runtime_;
  Runtime* runtime_; // for its counters
  std::uint64_t stolen_before_;
  detail::PoolCore* core_;
  Task<void> watch_;
};

namespace detail {

/// A job that the pool takes, or not.
template <class T>
class [[nodiscard]] Spawning {
 public:
  Spawning(PoolCore& core, TypedJob<T>& job) noexcept : core_{core}, job_{&job} {}
  Spawning(const Spawning&) = delete;
  Spawning& operator=(const Spawning&) = delete;
  ~Spawning() {
    if (job_ != nullptr) discard();
  }

  void submit() { admission_ = core_.submit(*job_); }
  /// After submit().
  [[nodiscard]] Result<TaskHandle<T>, SpawnError> take() {
    if (admission_ == Admission::full || admission_ == Admission::stopped) {
      core_.count_rejected();
      discard();
      return Err(admission_ == Admission::full ? SpawnError::full : SpawnError::stopped);
    }
    TypedJob<T>& job = *std::exchange(job_, nullptr);
    TaskHandle<T> handle{job};
    if (admission_ == Admission::running) core_.start(job);
    return Ok(std::move(handle));
  }

  [[nodiscard]] bool await_ready() {
    submit();
    return admission_ != Admission::full || core_.config().when_full == WhenFull::refuse;
  }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    return room_.emplace(core_, *job_).await_suspend(waiter);
  }
  [[nodiscard]] Result<TaskHandle<T>, SpawnError> await_resume() {
    if (room_.has_value()) admission_ = room_->await_resume();
    return take();
  }

 private:
  void discard() noexcept {
    Job& job = *std::exchange(job_, nullptr);
    job.let_go();
    job.let_go(); // the pool's share
  }

  PoolCore& core_;
  TypedJob<T>* job_;
  Admission admission_ = Admission::full;
  std::optional<PoolCore::Room> room_;
};

/// The handles of jobs that are submitted together. Those that the pool has not taken are at the end, until all have been dealt with.
template <class T>
class JobBatch {
 public:
  /// Throws std::bad_alloc.
  explicit JobBatch(std::size_t count) { handles_.reserve(count); }
  JobBatch(const JobBatch&) = delete;
  JobBatch& operator=(const JobBatch&) = delete;
  ~JobBatch() {
    for (std::size_t i = taken_; i < handles_.size(); ++i) {
      if (handles_[i].valid()) handles_[i].job().let_go(); // the pool's share
    }
  }

  void add(TypedJob<T>& job) noexcept { handles_.emplace_back(job); } // at most `count`
  [[nodiscard]] std::size_t size() const noexcept { return handles_.size(); }
  [[nodiscard]] TypedJob<T>& operator[](std::size_t i) const noexcept { return handles_[i].job(); }

  /// The pool has those before the `count`-th.
  void hand_over(std::size_t count) noexcept { taken_ = kept_ = count; }
  /// One of the others: both shares are the caller's.
  [[nodiscard]] TypedJob<T>& release(std::size_t i) noexcept { return handles_[i].release(); }
  /// It was taken after all.
  void keep(TaskHandle<T> handle) noexcept { handles_[kept_++] = std::move(handle); }
  /// Those that were taken. Precondition: the others were released.
  [[nodiscard]] std::vector<TaskHandle<T>> finish() noexcept {
    handles_.erase(handles_.begin() + static_cast<std::ptrdiff_t>(kept_), handles_.end());
    taken_ = kept_;
    return std::exchange(handles_, {});
  }

 private:
  std::vector<TaskHandle<T>> handles_;
  std::size_t taken_ = 0;
  std::size_t kept_ = 0;
};

} // namespace detail

template <class F>
  requires std::invocable<F>
auto CoroutinePool::spawn_batch_with_priority(std::vector<F> functions, TaskPriority priority)
    -> Lazy<BatchResult<detail::job_result_t<F>>> {
  using T = detail::job_result_t<F>;
  detail::PoolCore& core = *core_;
  BatchResult<T> result;
  detail::JobBatch<T> batch{functions.size()};
  for (F& function : functions) batch.add(detail::make_job(priority, std::move(function)));
  const detail::PoolCore::Taken taken =
      core.submit_all(batch.size(), [&batch](std::size_t i) -> detail::Job& { return batch[i]; });
  batch.hand_over(taken.all);
  for (std::size_t i = 0; i < taken.running; ++i) core.start(batch[i]);

  bool stopped = taken.rest == detail::Admission::stopped;
  for (std::size_t i = taken.all; i < batch.size(); ++i) {
    detail::Spawning<T> spawning{core, batch.release(i)};
    if (!stopped && core.config().when_full == WhenFull::wait) {
      try {
        auto one = co_await spawning;
        if (one.is_ok())
          batch.keep(std::move(one).unwrap());
        else
          result.errors.push_back({i, one.unwrap_err()});
        continue;
      } catch (const OperationCancelled&) {
        stopped = true;
      }
    }
    core.count_rejected();
    result.errors.push_back({i, stopped ? SpawnError::stopped : SpawnError::full});
  }
  result.handles = batch.finish();
  co_return result;
}

} // namespace flowcoro::pool
