#pragma once
/// One seat of the scheduler: a run queue, timers, frames, and the loop of whoever sits there.
#include "counters.hpp"

#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/mem/frame_pool.hpp"
#include "flowcoro/park/parker.hpp"
#include "flowcoro/queue/local_queue.hpp"
#include "flowcoro/sched/timer_queue.hpp"

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>

namespace flowcoro::detail {

class RuntimeCore;

/// A seat is used by its own thread, or by a guest: a thread in sync_wait, which sits down while the own thread is parked.
class Worker {
 public:
  Worker(RuntimeCore& core, std::size_t index) noexcept : core_{core}, index_{index}, random_{index * 2 + 1} {}

  [[nodiscard]] RuntimeCore& core() noexcept { return core_; }
  [[nodiscard]] std::size_t index() const noexcept { return index_; }

  /// The life of the seat's own thread.
  void run_thread() noexcept;
  /// The visit of a guest, who has claimed this parked seat: runs `first`, then whatever is ready, until `done` is set.
  void run_guest(std::coroutine_handle<> first, const std::atomic<std::uint32_t>& done) noexcept;

  /// Queues a coroutine here. Threads: the one that sits here. \return false without memory for it.
  [[nodiscard]] bool push(std::coroutine_handle<> handle) noexcept { return queue_.push(handle.address()); }
  [[nodiscard]] bool push_quietly(std::coroutine_handle<> handle) noexcept { return queue_.push_quietly(handle.address()); }

  /// Wakes who sits here. Only by the one that claimed the seat from IdleWorkers: each claim gives exactly one permit.
  void unpark() noexcept;

  [[nodiscard]] bool has_work() const noexcept { return !queue_.empty(); }
  [[nodiscard]] TimerQueue& timers() noexcept { return timers_; }
  [[nodiscard]] const TimerQueue& timers() const noexcept { return timers_; }
  [[nodiscard]] Counters<WorkerCount>& counters() noexcept { return counters_; }
  [[nodiscard]] const Counters<WorkerCount>& counters() const noexcept { return counters_; }

 private:
  void run(const std::atomic<std::uint32_t>& stop, Parker& parker, bool& searching) noexcept;
  void park(const std::atomic<std::uint32_t>& stop, Parker& parker, bool& searching) noexcept;
  [[nodiscard]] SteadyTime become_timekeeper() noexcept;
  void resign_as_timekeeper() noexcept;
  void leave_seat_to_thread() noexcept;

  [[nodiscard]] void* next() noexcept;
  [[nodiscard]] void* search() noexcept;
  [[nodiscard]] void* take_injected() noexcept;
  [[nodiscard]] void* steal() noexcept;
  void fire_due_timers() noexcept;
  std::size_t fire_due_timers(TimerQueue& timers, SteadyTime now) noexcept;
  void make_ready(ReadyNode& node) noexcept;

  RuntimeCore& core_;
  const std::size_t index_;
  LocalQueue<void*> queue_;
  TimerQueue timers_;
  FrameCache frames_{frame_arena()};
  Counters<WorkerCount> counters_;
  Parker thread_parker_;
  Parker guest_parker_;
  std::atomic<bool> guest_seated_{false};
  std::uint32_t turn_ = 0;
  std::uint64_t random_;
};

} // namespace flowcoro::detail
