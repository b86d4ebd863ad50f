#pragma once
/// What a pool has done so far.
#include <cstddef>
#include <cstdint>

namespace flowcoro::pool {

/// Exact at quiescence, and one moment's view at any other time:
/// total_submitted = total_completed + total_failed + total_cancelled + total_timed_out + active + pending.
struct CoroutinePoolStats {
  std::uint64_t total_submitted = 0; ///< taken by the pool
  std::uint64_t total_completed = 0; ///< with a value
  std::uint64_t total_failed = 0;    ///< with an exception
  std::uint64_t total_cancelled = 0; ///< on request, before or after their start
  std::uint64_t total_timed_out = 0; ///< asked to stop when their time was over, and stopped
  std::uint64_t total_rejected = 0;  ///< not taken
  std::uint64_t total_overdue = 0;   ///< were asked to stop when their time was over, whatever they did then
  std::size_t active = 0;            ///< running
  std::size_t pending = 0;           ///< waiting for their start
  std::size_t overdue = 0;           ///< running, and asked to stop because their time was over
  std::size_t max_concurrent = 0;    ///< most that ran at once
  std::size_t prepared = 0;          ///< tasks for which the tables have room as they are
  /// From start to end, of all that have run.
  std::uint64_t avg_task_duration_ns = 0;
  std::uint64_t p50_task_duration_ns = 0; ///< or up to a quarter more, as p99
  std::uint64_t p99_task_duration_ns = 0;
  /// Coroutines that workers of the pool's runtime took from each other since the pool was made; of the runtime, not only of the
  /// pool. 0 on a scheduler that is no Runtime's.
  std::uint64_t work_steal_count = 0;
  /// active / max_coroutines; above 1 while High tasks use the reserve.
  double utilization = 0;
};

} // namespace flowcoro::pool
