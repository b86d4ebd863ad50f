#pragma once
/// What is behind a ManualScheduler.
#include "blocking_calls.hpp"
#include "counters.hpp"
#include "foreign_calls.hpp"
#include "live_tasks.hpp"

#include "flowcoro/mem/frame_pool.hpp"
#include "flowcoro/park/event_count.hpp"
#include "flowcoro/park/spin_lock.hpp"
#include "flowcoro/queue/inject_queue.hpp"
#include "flowcoro/queue/local_queue.hpp"
#include "flowcoro/sched/manual_scheduler.hpp"

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

namespace flowcoro::detail {

/// Invariant M: while something can go on and nobody drives, no thread that waits for it sleeps, or a wake is on its way.
///   Whoever brings something publishes it with a seq_cst operation, then looks for sleepers: the inbox, the earliest deadline, the
///   count of frames, the end of a turn, the end of a call. Whoever sleeps has announced itself, then looked at all of them: see EventCount.
class ManualCore final : public Scheduler {
 public:
  explicit ManualCore(ManualSchedulerOptions options);
  ~ManualCore();

  Driven turn(const DriveLimits& limits, const std::atomic<std::uint32_t>* done = nullptr);
  [[nodiscard]] const DriveLimits& limits() const noexcept { return options_.limits; }
  [[nodiscard]] SteadyTime next_deadline() const noexcept;
  /// Until somebody brings something, the clock shows `deadline`, wakes() is not `wakes_before` any more, or there is no reason at all.
  void sleep(SteadyTime deadline, std::uint32_t wakes_before);
  void wake() noexcept;
  [[nodiscard]] std::uint32_t wakes() const noexcept { return wakes_.load(std::memory_order_seq_cst); }
  [[nodiscard]] bool can_go_on() const noexcept;
  void destroy_later(std::coroutine_handle<> frame);
  [[nodiscard]] std::size_t pending_destructions() const noexcept;
  ShutdownReport shutdown(Nanoseconds limit);
  [[nodiscard]] bool was_shut_down() const noexcept { return shut_down_.load(std::memory_order_acquire); }
  /// \return false when something may still use this object.
  [[nodiscard]] bool end() noexcept;
  [[nodiscard]] RuntimeStats stats() const;
  [[nodiscard]] TimerStats timer_stats() const noexcept { return timers_.stats(); }

  // Scheduler:
  void post(ReadyNode& node) noexcept override;
  bool post_yielded(std::coroutine_handle<> handle) noexcept override;
  void post_elsewhere(ReadyNode& node) noexcept override { post(node); }
  void post_new(PromiseBase& task, std::coroutine_handle<> handle) override;
  bool enroll(PromiseBase& task, std::source_location where) override;
  void enter(PromiseBase& task, std::source_location where) override;
  void leave(PromiseBase& task, std::uint32_t live_slot) noexcept override;
  void task_finished(PromiseBase& task) noexcept override;
  SteadyTime now() const noexcept override { return options_.clock ? options_.clock() : steady_now(); }
  SteadyTime work_clock() noexcept override { return steady_now(); }
  std::coroutine_handle<> after_task(ReadyNode& awaiter) noexcept override;
  std::uint16_t timer_place() noexcept override { return 0; }
  bool arm_timer(TimerNode& node) override;
  bool cancel_timer(TimerNode& node) noexcept override { return timers_.cancel(node); }
  void run_until(std::coroutine_handle<> first, BlockingCall& call) override;
  void set_done(BlockingCall& call) noexcept override;
  unsigned concurrency() const noexcept override { return 1; }
  void unhandled(std::exception_ptr error) noexcept override;

 private:
  class Seat;
  struct Doomed {
    std::coroutine_handle<> frame;
    std::uint64_t after; // so many resumes
  };

  /// Is the calling thread the one that drives?
  [[nodiscard]] bool drives() const noexcept;
  void take_posted();
  /// \return false when there was no memory for some of them, which are posted again.
  bool accept(InjectNode* list, bool owned) noexcept;
  void make_ready(ReadyNode& node) noexcept;
  std::size_t fire_due_timers(std::size_t limit);
  std::size_t destroy_some(std::size_t limit);
  /// Something was published by a thread that does not drive.
  void tell_host() noexcept;
  /// From the time of the clock to steady time, for a sleep.
  [[nodiscard]] SteadyTime steady_time_of(SteadyTime deadline) const noexcept;
  [[nodiscard]] bool in_use() const noexcept;
  void request_stop_all() noexcept;
  void add_live(PromiseBase& task, std::source_location where);
  void remove_live(PromiseBase& task, std::uint32_t live_slot) noexcept;
  template <class Select>
  void count(Select which) noexcept;
  /// Wakes a shutdown that may wait for it on another thread.
  void task_left() noexcept;

  const ManualSchedulerOptions options_;
  // Of who has the seat:
  LocalQueue<void*> ready_;
  FrameCache frames_{frame_arena()};
  Counters<WorkerCount> own_;

  std::atomic<std::uint32_t> seat_{0}; // 1 while somebody drives
  InjectQueue posted_;
  InjectQueue posted_owned_; // of nodes that were allocated for it
  TimerQueue timers_;
  EventCount changes_;
  std::atomic<std::uint32_t> wakes_{0};
  std::atomic<bool> host_told_{false};

  mutable SpinLock doomed_lock_;
  std::deque<Doomed> doomed_; // guarded by it
  std::size_t stamped_ = 0;   // how many of them know after what they come; of who has the seat
  std::atomic<std::size_t> doomed_count_{0};

  LiveTasks live_{2}; // what the driving thread has added, and all others
  std::mutex foreign_shard_;
  Counters<SharedCount> foreign_;
  SharedCount unhandled_;
  ForeignCalls foreign_calls_;
  ForeignCalls sync_waits_; // threads in run_until()
  BlockingCalls calls_;
  std::atomic<bool> accepting_{true};
  std::atomic<bool> shut_down_{false};
};

} // namespace flowcoro::detail
