#pragma once
/// What is said about a task of a pool: its priority, its name, how it ended, and why it was not taken.
#include <cstddef>
#include <cstdint>

namespace flowcoro::pool {

/// Which of those that wait starts first.
// NOLINTBEGIN(readability-identifier-naming): the names that users of such pools know
enum class TaskPriority : std::uint8_t { Low, Normal, High };
// NOLINTEND(readability-identifier-naming)
inline constexpr std::size_t task_priorities = 3;

/// Tells the tasks of one pool apart, for as long as the pool lives. Never 0.
enum class TaskId : std::uint64_t {};

enum class TaskEnd : std::uint8_t {
  completed, ///< with a value
  failed,    ///< with an exception
  cancelled, ///< stopped on request, or before it began
  timed_out, ///< stopped because its time was over
  forgotten, ///< it has ended, too long ago for the pool to know how
};

/// No task of this pool has or had that id.
struct UnknownTask {
  TaskId id;
};

/// Why a pool has not taken a task.
enum class SpawnError : std::uint8_t {
  full,    ///< as many run as may run, and as many wait as may wait
  stopped, ///< the pool is being cleaned up, or its scheduler shuts down
};

} // namespace flowcoro::pool
