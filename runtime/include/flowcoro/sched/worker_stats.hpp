#pragma once
/// What a runtime has done so far, worker by worker.
#include "flowcoro/base/time.hpp"
#include "flowcoro/sched/timer_queue.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace flowcoro {

/// Sums since the start, of one worker, or of all threads that are none. The tasks of a runtime may be submitted by one and end on
/// another, so only the sum over all says how many are alive.
struct WorkerCounts {
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0; ///< with a value or an exception
  std::uint64_t failed = 0;    ///< of those, with an exception
  std::uint64_t cancelled = 0; ///< with OperationCancelled
  std::uint64_t moved_in = 0;  ///< see RuntimeStats
  std::uint64_t moved_out = 0;
  std::uint64_t steals = 0;       ///< successful ones
  std::uint64_t stolen = 0;       ///< coroutines that it took by them
  std::uint64_t parks = 0;        ///< times it went to sleep
  std::uint64_t wakes = 0;        ///< times it woke another one
  std::uint64_t injected = 0;     ///< coroutines that it took of what came from other threads
  std::uint64_t timers_fired = 0; ///< by it, its own and those of others

  friend bool operator==(const WorkerCounts&, const WorkerCounts&) = default;
  WorkerCounts& operator+=(const WorkerCounts& other) noexcept {
    submitted += other.submitted;
    completed += other.completed;
    failed += other.failed;
    cancelled += other.cancelled;
    moved_in += other.moved_in;
    moved_out += other.moved_out;
    steals += other.steals;
    stolen += other.stolen;
    parks += other.parks;
    wakes += other.wakes;
    injected += other.injected;
    timers_fired += other.timers_fired;
    return *this;
  }
};

struct WorkerStats {
  WorkerCounts counts;
  bool parked = false;    ///< sleeps, or is about to
  bool guest = false;     ///< a thread in sync_wait has its seat
  std::size_t queued = 0; ///< coroutines that wait for their turn here
  /// CPU time of its own thread. What a guest does is not in it.
  Nanoseconds cpu{0};
  /// Of the timers that were armed here, whoever fired them.
  TimerStats timers;
};

/// Each number by itself is right; numbers of different workers are of different moments, some hundred nanoseconds apart. All are exact
/// when no task runs and none is on its way in.
struct StatsByWorker {
  std::vector<WorkerStats> workers;
  WorkerCounts outside;          ///< by threads that are no workers; they steal, park and fire nothing
  std::size_t inject_queued = 0; ///< coroutines from other threads that no worker has taken yet

  [[nodiscard]] WorkerCounts total() const noexcept {
    WorkerCounts sum = outside;
    for (const WorkerStats& worker : workers) sum += worker.counts;
    return sum;
  }
  [[nodiscard]] TimerStats timers() const noexcept {
    TimerStats sum;
    for (const WorkerStats& worker : workers) sum += worker.timers;
    return sum;
  }
};

} // namespace flowcoro
