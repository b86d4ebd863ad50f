#pragma once
/// One seat of the scheduler: a run queue, timers, frames, and the loop of whoever sits there.
#include "counters.hpp"
#include "placement.hpp"

#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/mem/frame_pool.hpp"
#include "flowcoro/park/parker.hpp"
#include "flowcoro/queue/local_queue.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/timer_queue.hpp"
#include "flowcoro/sched/trace_buffer.hpp"
#include "flowcoro/sched/worker_stats.hpp"

#include <time.h>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace flowcoro::detail {

class RuntimeCore;
struct RuntimeLayout;

/// A seat is used by its own thread, or by a guest: a thread in sync_wait, which sits down while the own thread is parked.
class Worker {
 public:
  /// \param trace where it writes what it does; nullptr: nowhere.
  Worker(RuntimeCore& core, std::size_t index, std::size_t workers, TraceLog* trace);

  [[nodiscard]] RuntimeCore& core() noexcept { return core_; }
  [[nodiscard]] std::size_t index() const noexcept { return index_; }

  /// The life of the seat's own thread.
  void run_thread() noexcept;
  [[nodiscard]] bool thread_ended() const noexcept { return thread_ended_.load(std::memory_order_acquire); }
  /// Lets a guest, who has claimed this parked seat, sit down. \return false when another guest sleeps here: that one has been
  /// claimed, and must be woken.
  [[nodiscard]] bool try_seat_guest() noexcept;
  /// The visit of a guest, who was seated: runs `first`, then whatever is ready, until `done` is set.
  void run_guest(std::coroutine_handle<> first, const std::atomic<std::uint32_t>& done) noexcept;

  /// Queues a coroutine here. Threads: the one that sits here. \return how many are queued now; 0 without memory for it.
  [[nodiscard]] std::size_t push(std::coroutine_handle<> handle) noexcept { return queue_.push(handle.address()); }

  /// The same for one that gives up its turn.
  [[nodiscard]] std::size_t push_yielded(std::coroutine_handle<> handle) noexcept {
    ++yields_;
    return push(handle);
  }

  /// Notes an event for who looks at a trace. Threads: the one that sits here. Cost when nobody does: a branch.
  void trace(TraceKind kind, const void* coroutine = nullptr, std::uint64_t amount = 0,
             std::size_t other = 0) noexcept {
    if (trace_ != nullptr) [[unlikely]]
      trace_->record(kind, coroutine, amount, other);
  }

  /// A task has ended here that `awaiter` waited for. \return what to resume now. Threads: the one that sits here.
  [[nodiscard]] std::coroutine_handle<> after_task(std::coroutine_handle<> awaiter) noexcept;

  /// Is what is queued here likely to take longer than waking somebody for it? Threads: the one that sits here.
  [[nodiscard]] bool worth_a_wake(std::size_t queued) const noexcept;

  /// Frees the memory that is kept here for tasks to come. Threads: the one that sits here, or who claimed the seat from IdleWorkers.
  void flush_frames() noexcept { frames_.flush(); }
  /// As above, and only while no other worker of the runtime can steal: the own one runs, all others are claimed.
  void shrink_queue() noexcept { queue_.shrink(LocalQueue<void*>::initial_capacity); }

  /// Wakes who sits here. Only by the one that claimed the seat from IdleWorkers: each claim gives exactly one permit.
  void unpark() noexcept;

  /// Is there something here that another worker would take at once?
  [[nodiscard]] bool has_loot() const noexcept { return worth_a_steal(queue_.size()); }
  [[nodiscard]] TimerQueue& timers() noexcept { return timers_; }
  [[nodiscard]] const TimerQueue& timers() const noexcept { return timers_; }
  /// All but the counts. Threads: any.
  [[nodiscard]] WorkerStats look() const noexcept;
  /// Threads: any.
  [[nodiscard]] WorkerTurn turn() const noexcept;
  [[nodiscard]] Counters<WorkerCount>& counters() noexcept { return counters_; }
  [[nodiscard]] const Counters<WorkerCount>& counters() const noexcept { return counters_; }

 private:
  friend struct RuntimeLayout;

  void begin_cpu_time() noexcept;
  void end_cpu_time() noexcept;
  /// One turn.
  void resume(void* frame) noexcept;
  void work(const std::atomic<std::uint32_t>& stop, Parker& parker, bool& searching) noexcept;
  /// Two loops, so that the one without a trace does not ask for it at each turn.
  template <bool traced>
  void run(const std::atomic<std::uint32_t>& stop, Parker& parker, bool& searching) noexcept;
  void park(const std::atomic<std::uint32_t>& stop, Parker& parker, bool& searching) noexcept;
  [[nodiscard]] SteadyTime become_timekeeper() noexcept;
  void return_to_seat(Parker& parker) noexcept;
  void awake(const Parker& parker) noexcept;
  void resign_as_timekeeper() noexcept;
  void leave_seat_to_thread() noexcept;

  void run_traced(void* frame) noexcept;

  [[nodiscard]] void* next() noexcept;
  /// What is queued here, and after that the awaiter that was put off.
  [[nodiscard]] void* pop() noexcept;
  /// Threads: any.
  [[nodiscard]] void* take_awaiter() noexcept;
  [[nodiscard]] bool nothing_waits() const noexcept {
    return queue_.empty() && awaiter_.load(std::memory_order_relaxed) == nullptr;
  }
  /// As next(), after a look at the clock and at what comes from outside. Not inlined, so that next() saves no registers for it.
  [[nodiscard, gnu::noinline]] void* look_around() noexcept;
  [[nodiscard]] void* search() noexcept;
  [[nodiscard]] void* take_injected() noexcept;
  [[nodiscard]] void* steal(SteadyTime now) noexcept;
  [[nodiscard]] void* take_over(SteadyTime now) noexcept;
  /// Half of what is queued at another worker. \return one of it, or nullptr.
  [[nodiscard]] void* take_half(Worker& victim) noexcept;
  /// How long the oldest item there has been waiting, as far as this worker has seen; nothing when it is new.
  [[nodiscard]] std::optional<Nanoseconds> oldest_waits_at(const Worker& victim, SteadyTime now) noexcept;
  [[nodiscard]] bool may_steal_from(const Worker& victim, SteadyTime now) noexcept;
  [[nodiscard]] bool worth_sharing(std::size_t queued, std::int64_t cost_ns) const noexcept;
  [[nodiscard]] bool worth_a_steal(std::size_t queued) const noexcept;
  void learn_from(std::int64_t busy_ns) noexcept;
  void fire_due_timers(SteadyTime now) noexcept;
  std::size_t fire_due_timers(TimerQueue& timers, SteadyTime now) noexcept;
  void make_ready(ReadyNode& node) noexcept;
  void trace_timer(const TimerNode& fired) noexcept;

  RuntimeCore& core_;
  const std::size_t index_;
  TraceLog* const trace_;
  LocalQueue<void*> queue_;
  // An awaiter whose turn comes when `awaiter_turns_` more are over, or nothing else is queued. As with the queue, others may take
  // what waits here behind a coroutine that keeps its worker.
  std::atomic<void*> awaiter_{nullptr};
  std::uint32_t awaiter_turns_ = 0;
  // Its turn, for who watches: only stores, which wait for nothing.
  std::atomic<std::uint64_t> turns_{0};
  std::atomic<void*> running_{nullptr};
  std::atomic<void*> code_{nullptr};
  std::atomic<const void*> thread_{nullptr};
  TimerQueue timers_;
  FrameCache frames_{frame_arena()};
  Counters<WorkerCount> counters_;
  Parker thread_parker_;
  Parker guest_parker_;
  std::atomic<bool> guest_seated_{false};
  std::atomic<bool> thread_asleep_{true}; // or has not begun
  std::atomic<bool> thread_ended_{false};
  // CPU time of the own thread: by its clock while it lives, else what the clock said last.
  static constexpr clockid_t no_clock = std::numeric_limits<clockid_t>::max();
  std::atomic<clockid_t> cpu_clock_{no_clock};
  std::atomic<std::int64_t> cpu_at_end_ns_{0};
  Placement placement_; // of the own thread; belongs to who has claimed the seat, until the thread is awake

  // As timekeeper, while others run. Atomic: the own thread may still be on its way to sleep when a guest has taken the seat.
  std::atomic<Nanoseconds> watch_interval_;
  // How often it has looked since anybody ran. Atomic for the same reason.
  std::atomic<std::uint32_t> quiet_watches_{0};
  // Since when the oldest item of another worker's queue has been waiting, as far as this one has seen.
  struct Sighting {
    std::uint64_t taken = 0;
    SteadyTime since{};
  };
  std::vector<Sighting> sightings_;

  SteadyTime next_take_over_{};
  std::uint32_t turns_to_look_;
  // Mean time of a turn, from one resume to the next while busy, and of a run, up to where a coroutine waits or ends: to yield is
  // neither. Measured once in a while, so that a turn does not pay for a clock. Written by who sits here; thieves read them.
  std::atomic<std::int64_t> mean_turn_ns_;
  std::atomic<std::int64_t> mean_run_ns_;
  std::int64_t last_turn_ns_;
  std::int64_t last_run_ns_;
  std::uint32_t yields_ = 0; // since the last look
  SteadyTime busy_since_{};
  std::uint64_t random_;
};

} // namespace flowcoro::detail
