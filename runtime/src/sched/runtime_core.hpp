#pragma once
/// What the workers of one runtime share, and the way in for everybody else.
#include "blocking_calls.hpp"
#include "counters.hpp"
#include "foreign_calls.hpp"
#include "live_tasks.hpp"
#include "worker.hpp"

#include "flowcoro/park/idle_workers.hpp"
#include "flowcoro/queue/inject_queue.hpp"
#include "flowcoro/sched/runtime.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace flowcoro::detail {

class RuntimeCore final : public Scheduler {
 public:
  explicit RuntimeCore(RuntimeOptions options);
  ~RuntimeCore();

  void start();
  ShutdownReport shutdown(Nanoseconds limit);
  /// After shutdown(): joins the threads that it left behind. \return false when something may still use this object.
  [[nodiscard]] bool end() noexcept;
  [[nodiscard]] RuntimeStats stats() const;
  [[nodiscard]] TimerStats timer_stats() const noexcept;
  [[nodiscard]] StatsByWorker stats_by_worker() const;
  TrimReport trim_memory();
  [[nodiscard]] const std::vector<std::unique_ptr<Worker>>& workers() const noexcept { return workers_; }

  // Scheduler:
  void post(ReadyNode& node) noexcept override;
  bool post_yielded(std::coroutine_handle<> handle) noexcept override;
  void post_elsewhere(ReadyNode& node) noexcept override;
  void post_new(PromiseBase& task, std::coroutine_handle<> handle) override;
  bool enroll(PromiseBase& task, std::source_location where) override;
  void enter(PromiseBase& task, std::source_location where) override;
  void leave(PromiseBase& task, std::uint32_t live_slot) noexcept override;
  void task_finished(PromiseBase& task) noexcept override;
  SteadyTime now() const noexcept override { return steady_now(); }
  SteadyTime work_clock() noexcept override { return steady_now(); }
  std::uint16_t timer_place() noexcept override;
  bool arm_timer(TimerNode& node) override;
  bool cancel_timer(TimerNode& node) noexcept override;
  std::coroutine_handle<> after_task(ReadyNode& awaiter) noexcept override;
  void run_until(std::coroutine_handle<> first, BlockingCall& call) override;
  void set_done(BlockingCall& call) noexcept override;
  unsigned concurrency() const noexcept override { return static_cast<unsigned>(workers_.size()); }
  void list_live(LiveWork& to) override;
  void unhandled(std::exception_ptr error) noexcept override;

  // For the workers:

  /// Whether they take what another one has queued.
  [[nodiscard]] bool stealing() const noexcept { return stealing_; }

  // The second half of invariant W: called after work was published, in the queue of the worker that calls, or for anybody.
  void wake_for_local(const Worker& worker, std::size_t queued) noexcept {
    if (idle_.wake_needed()) share_local(worker, queued);
  }
  void wake_for_injected() noexcept;
  void wake_one() noexcept;
  /// Wakes the worker at `index` if it is parked.
  void wake(std::size_t index) noexcept;
  /// Is there anything that a worker about to park would have to do instead?
  [[nodiscard]] bool work_in_sight() const noexcept;
  [[nodiscard]] bool somebody_runs() const noexcept { return idle_.parked_now() < workers_.size(); }
  /// Do workers run with nobody to look after them? Whoever searches will, when it parks, or wake somebody who does.
  [[nodiscard]] bool unwatched() const noexcept {
    return idle_.wake_needed() && timekeeper.load(std::memory_order_seq_cst) == no_worker && somebody_runs();
  }
  /// Is there anything that one more worker, awake, would do or watch?
  [[nodiscard]] bool somebody_needed() const noexcept;
  [[nodiscard]] SteadyTime earliest_timer() const noexcept;
  /// Non-zero when the workers' threads must end.
  [[nodiscard]] const std::atomic<std::uint32_t>& stop_flag() const noexcept { return stop_; }
  [[nodiscard]] IdleWorkers& idle() noexcept { return idle_; }
  [[nodiscard]] InjectQueue& injected() noexcept { return injected_; }
  [[nodiscard]] InjectQueue& injected_owned() noexcept { return injected_owned_; }

  static constexpr std::size_t no_worker = IdleWorkers::none;
  /// The parked worker that sleeps no longer than until the earliest timer of all, whether it also looks after running workers,
  /// and until when it sleeps; see invariant T in worker.cpp.
  std::atomic<std::size_t> timekeeper{no_worker};
  std::atomic<bool> watching{false};
  std::atomic<std::int64_t> timekeeper_until{SteadyTime::min().time_since_epoch().count()};

 private:
  friend struct RuntimeLayout;

  /// The worker of this runtime that the calling thread sits at, or nullptr.
  [[nodiscard]] Worker* own_worker() noexcept;
  [[nodiscard]] TimerQueue& timers_at(const TimerNode& node) noexcept;
  [[nodiscard]] std::uint64_t live_count() const noexcept;
  void post_new_here(Worker& worker, PromiseBase& task, std::coroutine_handle<> handle);
  /// Where post_new() has more to do than to queue it here.
  [[gnu::noinline]] void post_new_otherwise(Worker* worker, PromiseBase& task, std::coroutine_handle<> handle);
  void post_new_from_outside(PromiseBase& task, std::coroutine_handle<> handle);
  /// Wakes whoever should take part of what is queued, or see to it later.
  void share_local(const Worker& worker, std::size_t queued) noexcept;
  /// Is there anything that a shutdown has to wait for?
  [[nodiscard]] bool in_use() const noexcept;
  void request_stop_all() noexcept;
  void stop_workers() noexcept;
  /// What trim_memory() does about the workers. \return whether all were idle, or the caller.
  [[nodiscard]] bool trim_workers();
  /// The second half of a wake: \param index was claimed.
  void unpark_claimed(std::size_t index) noexcept;
  /// Joins the workers' threads that have ended, or end before the deadline. \return true when all have.
  bool join_threads(SteadyTime deadline) noexcept;
  [[nodiscard]] ShutdownReport left_over();
  template <class Select>
  void count(Select which) noexcept;
  void add_live(PromiseBase& task, std::source_location where);
  void remove_live(PromiseBase& task, std::uint32_t live_slot) noexcept;
  void signal_if_joining() noexcept;
  void signal_end() noexcept;

  const std::function<void(std::exception_ptr)> on_unhandled_;
  const bool stealing_;
  const bool plain_spawn_;            // a worker queues what it spawns, and does nothing else
  TraceLog* outside_trace_ = nullptr; // of threads that are no workers
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  IdleWorkers idle_;
  InjectQueue injected_;
  InjectQueue injected_owned_; // of nodes that were allocated for it
  LiveTasks live_;
  std::mutex trimming_;      // guards live_ against being read as a whole while chunks are freed
  std::mutex foreign_shard_; // guards the shard of live_ that threads which are no workers share
  Counters<SharedCount> foreign_;
  SharedCount unhandled_;
  ForeignCalls foreign_calls_;
  ForeignCalls sync_waits_; // threads in run_until()
  BlockingCalls calls_;     // of those threads
  std::atomic<bool> accepting_{true};
  std::atomic<bool> joining_{false};
  std::atomic<std::uint32_t> finished_signal_{0};
  std::atomic<std::uint32_t> stop_{0};
};

} // namespace flowcoro::detail
