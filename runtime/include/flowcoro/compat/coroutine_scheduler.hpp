#pragma once
/// CoroutineScheduler and CoroutinePool: queues with a thread each, among which work goes to the least loaded.
/// Left out of <flowcoro.hpp>, because programs have classes of these names. Tasks run on a Runtime, whose workers share their
/// queues; this is the tier for coroutines of other kinds.
#include "flowcoro/compat/smart_load_balancer.hpp"
#include "flowcoro/coro/detail/resumable_function.hpp"
#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/mem/frame_pool.hpp"
#include "flowcoro/sched/blocking_pool.hpp"
#include "flowcoro/sched/manual_scheduler.hpp"

#include <atomic>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <ostream>
#include <utility>
#include <vector>

namespace flowcoro {

/// One queue, which any thread adds to without a lock, and one thread, which runs what is there, in the order in which it came.
class CoroutineScheduler {
 public:
  struct Stats {
    std::uint64_t scheduled = 0;
    std::uint64_t completed = 0; ///< ran to their next suspension, or to their end
    std::uint64_t unhandled = 0; ///< exceptions that left them, and that nobody can receive
    std::size_t load = 0;        ///< queued or running now
  };

  /// Throws std::system_error when there is no thread.
  CoroutineScheduler();
  CoroutineScheduler(const CoroutineScheduler&) = delete;
  CoroutineScheduler& operator=(const CoroutineScheduler&) = delete;
  /// stop().
  ~CoroutineScheduler();

  /// Resumes a suspended coroutine once, on the scheduler's thread. An empty handle is ignored; of any other nothing is read here.
  /// Threads: any. Throws RuntimeStopped, std::bad_alloc; then it will not be resumed.
  void schedule_coroutine(std::coroutine_handle<> handle);
  /// Calls `function()` there.
  template <class F>
    requires std::invocable<F&>
  void schedule_task(F function) {
    post(std::make_unique<Job<F>>(*this, std::move(function)));
  }

  /// The calling thread takes a turn, unless the scheduler's own is at it.
  Driven drive() { return queue_.drive(); }
  /// Queued or running now.
  [[nodiscard]] std::size_t load() const noexcept { return load_.load(std::memory_order_acquire); }
  [[nodiscard]] Stats stats() const;
  /// Takes no more, runs what was taken, and ends the thread. Idempotent. Blocks. Not from what runs here.
  void stop() noexcept;

 private:
  friend class CoroutinePool;

  /// Work that is queued as a handle; it ends when it has run.
  struct AnyJob : detail::ResumableFunction, ReadyNode {
    AnyJob(Function run, CoroutineScheduler& of) noexcept : ResumableFunction{run}, scheduler{of} {
      handle = as_handle();
    }
    static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
    static void operator delete(void* memory, std::size_t bytes) noexcept { deallocate_frame(memory, bytes); }

    CoroutineScheduler& scheduler;
  };
  template <class F>
  struct Job final : AnyJob {
    Job(CoroutineScheduler& of, F&& call) : AnyJob{&run, of}, function{std::move(call)} {}

    F function;

    static void run(void* frame) noexcept {
      auto* job = static_cast<Job*>(static_cast<AnyJob*>(&detail::ResumableFunction::of(frame)));
      CoroutineScheduler& scheduler = job->scheduler;
      try {
        std::invoke(job->function);
      } catch (...) {
        scheduler.queue_.scheduler().unhandled(std::current_exception());
      }
      delete job; // its captures end before it counts as completed
      scheduler.finished();
    }
  };
  struct InPool {
    SmartLoadBalancer& balancer;
    std::size_t index;
  };
  explicit CoroutineScheduler(InPool place);

  template <class F>
  void post(std::unique_ptr<Job<F>> job) {
    begin();
    queue_.scheduler().post(*job.release());
  }
  /// Counts one in. Throws RuntimeStopped.
  void begin();
  void finished() noexcept;
  void run() noexcept;

  SmartLoadBalancer* balancer_ = nullptr; // of a pool, where it has the place `index_`
  std::size_t index_ = 0;
  ManualScheduler queue_;
  std::atomic<std::size_t> load_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> scheduled_{0};
  std::atomic<std::uint64_t> completed_{0};
  BlockingPool thread_{{.max_threads = 1}};
};

/// Several such schedulers.
class CoroutinePool {
 public:
  struct Stats {
    std::vector<CoroutineScheduler::Stats> schedulers;
    CoroutineScheduler::Stats total;
  };

  /// As many as the documents had: one for each CPU that the process may use, at least 4 and at most 16.
  [[nodiscard]] static std::size_t preset_schedulers() noexcept;

  CoroutinePool() : CoroutinePool{preset_schedulers()} {}
  /// Throws std::invalid_argument for none, std::system_error.
  explicit CoroutinePool(std::size_t schedulers);
  CoroutinePool(const CoroutinePool&) = delete;
  CoroutinePool& operator=(const CoroutinePool&) = delete;
  /// stop().
  ~CoroutinePool();

  /// Resumes a suspended coroutine once, on the thread of the scheduler that has the least to do. As CoroutineScheduler's.
  void schedule_coroutine(std::coroutine_handle<> handle);
  template <class F>
    requires std::invocable<F&>
  void schedule_task(F function) {
    schedulers_[balancer_.select_scheduler()]->schedule_task(std::move(function));
  }

  /// The calling thread takes a turn for each scheduler whose own thread is not at it. \return what it did.
  Driven drive();
  [[nodiscard]] std::size_t scheduler_count() const noexcept { return schedulers_.size(); }
  [[nodiscard]] SmartLoadBalancer& load_balancer() noexcept { return balancer_; }
  [[nodiscard]] Stats stats() const;
  void print_stats(std::ostream& out) const;
  /// Takes no more, runs what was taken, and ends the threads. Idempotent. Blocks. Not from what runs here.
  void stop() noexcept;

  /// The one of the process. The first call makes it; it is never destroyed.
  [[nodiscard]] static CoroutinePool& get_instance();
  /// nullptr before the first call of get_instance().
  [[nodiscard]] static CoroutinePool* instance_if_made() noexcept;

 private:
  SmartLoadBalancer balancer_;
  std::vector<std::unique_ptr<CoroutineScheduler>> schedulers_;
};

} // namespace flowcoro
