#pragma once
/// CoroutineManager: the coroutines that a process drives by hand, over a ManualScheduler.
/// Left out of <flowcoro.hpp>, because programs have a class of this name.
#include "flowcoro/async/auto_reset_event.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/compat/smart_load_balancer.hpp"
#include "flowcoro/coro/detail/thread_default.hpp"
#include "flowcoro/coro/sync_wait.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/manual_scheduler.hpp"
#include "flowcoro/sched/runtime.hpp"

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace flowcoro {

/// A ready queue, timers and frames to destroy, which move on in drive(). Threads: any.
///
/// Some programs call schedule_resume() in an awaiter and never drive. So until some thread has driven, or said that it will with
/// as_default(), a coroutine that is scheduled on a worker goes on there; and what is left for drive() on any other thread is run by the
/// workers of the default runtime, when that exists, `patience` later, and at once from then on. After the first drive() nothing runs but in it.
class CoroutineManager {
 public:
  static constexpr auto patience = std::chrono::milliseconds{20};

  /// The first call makes it; it is never destroyed.
  [[nodiscard]] static CoroutineManager& get_instance();
  /// How loads are shared out in the process-wide pool, which the first call makes: see CoroutinePool.
  [[nodiscard]] static SmartLoadBalancer& get_load_balancer();

  CoroutineManager(const CoroutineManager&) = delete;
  CoroutineManager& operator=(const CoroutineManager&) = delete;

  /// Resumes a suspended coroutine once, in one of the next turns. Ignored when it is empty or has ended. Throws std::bad_alloc.
  void schedule_resume(std::coroutine_handle<> handle);
  /// Resumes it at or after a point in time, never before. Throws std::bad_alloc; then it will not be resumed.
  template <class Duration>
  void add_timer(std::chrono::time_point<std::chrono::steady_clock, Duration> when, std::coroutine_handle<> handle) {
    add_timer_at(deadline_after(SteadyTime{}, when.time_since_epoch()), handle);
  }
  /// Destroys it in one of the next turns: ManualScheduler::destroy_later().
  void schedule_destroy(std::coroutine_handle<> handle);

  /// One turn, on this thread: at most 32 timers, 64 coroutines, 32 destructions. \return what it did.
  Driven drive();
  Driven drive(const DriveLimits& limits);
  // The parts of a turn. \return how many.
  std::size_t process_timer_queue();
  std::size_t process_ready_queue();
  std::size_t process_delayed_destruction();
  std::size_t process_pending_tasks() { return process_delayed_destruction(); }

  /// While the result lives, what this thread begins goes to the manager: tasks, spawn(), sync_wait().
  [[nodiscard]] detail::ThreadDefault as_default() noexcept {
    drive_by_hand();
    return scheduler_.as_default();
  }
  /// The rest of what it can: sleeping until there is something to do, spawn_on(), statistics.
  [[nodiscard]] ManualScheduler& scheduler() noexcept {
    drive_by_hand();
    return scheduler_;
  }

 private:
  enum class Driver : std::uint8_t { nobody_yet, program, default_runtime };

  CoroutineManager() = default;
  ~CoroutineManager() = default;

  void drive_by_hand() noexcept {
    if (driver_.load(std::memory_order_relaxed) != Driver::program)
      driver_.store(Driver::program, std::memory_order_seq_cst);
  }
  void add_timer_at(SteadyTime when, std::coroutine_handle<> handle);
  /// Where a coroutine goes that is scheduled on this thread now.
  [[nodiscard]] Scheduler& target();
  /// What was given to the scheduler of the manager before anybody has driven it.
  void look_after();
  Lazy<> watch();

  ManualScheduler scheduler_;
  std::atomic<Driver> driver_{Driver::nobody_yet};
  AutoResetEvent brought_; // for the default runtime, when it drives
  std::atomic<bool> watched_{false};
  Task<> watch_; // of the thread that has set it
};

/// Blocks until `awaitable`, or what the callable makes, is done, and gives its result, or rethrows; drives the manager meanwhile.
template <class A>
decltype(auto) run_until_complete(A&& awaitable_or_callable) {
  return sync_wait(CoroutineManager::get_instance().scheduler().scheduler(), std::forward<A>(awaitable_or_callable));
}

} // namespace flowcoro
