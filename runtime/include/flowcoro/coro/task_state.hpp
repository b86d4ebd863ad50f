#pragma once
/// The states of a tracked task, and a record that takes legal changes only.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace flowcoro {

enum class TaskState : std::uint8_t {
  created,   ///< has not run
  queued,    ///< waits for a worker
  running,   ///< is on a thread
  suspended, ///< waits for something
  completed, ///< has ended with a value
  cancelled, ///< has ended with OperationCancelled
  failed,    ///< has ended with another exception
  destroyed, ///< its frame has gone
};
inline constexpr std::size_t task_states = 8;

/// `running`, for example.
[[nodiscard]] std::string_view to_string(TaskState state) noexcept;

/// Whether a task may go from one state to the other.
[[nodiscard]] constexpr bool may_follow(TaskState from, TaskState to) noexcept {
  using enum TaskState;
  const bool ends = to == completed || to == cancelled || to == failed;
  switch (from) {
    case created: return to == queued || to == running || to == destroyed;
    case queued: return to == running || to == destroyed;
    case running: return to == suspended || to == queued || ends;
    case suspended: return to == queued || to == running || to == destroyed;
    case completed:
    case cancelled:
    case failed: return to == destroyed;
    case destroyed: return false;
  }
  return false;
}

/// Nothing comes after it but the end of the frame.
[[nodiscard]] constexpr bool is_end(TaskState state) noexcept {
  return state == TaskState::completed || state == TaskState::cancelled || state == TaskState::failed;
}

/// A change that is none of those above: two parties believe that the task is theirs.
struct IllegalTransition {
  std::string_view task; ///< its name
  TaskState from;
  TaskState to;
};
using IllegalTransitionHandler = void (*)(const IllegalTransition&) noexcept;

/// Called with each illegal transition, on the thread that tried it. nullptr for none. \return the one before. Threads: any.
/// Where the library is built with FLOWCORO_CHECKED, as debug and sanitizer builds are, the program is then aborted, with the task's name.
IllegalTransitionHandler on_illegal_transition(IllegalTransitionHandler handler) noexcept;
/// How many there were. Threads: any.
[[nodiscard]] std::uint64_t illegal_transitions() noexcept;
/// Whether an illegal transition aborts.
[[nodiscard]] bool checked_build() noexcept;

namespace detail {
void report_illegal_transition(const IllegalTransition& what) noexcept;
} // namespace detail

/// Threads: any; of two that try to go on from one state, one succeeds.
class StateTrack {
 public:
  [[nodiscard]] TaskState get() const noexcept { return state_.load(std::memory_order_acquire); }
  /// \return false for an illegal change, which is reported, and not made.
  bool move_to(TaskState to, std::string_view task) noexcept {
    // acq_rel: who sees the new state sees what led to it.
    for (TaskState from = state_.load(std::memory_order_relaxed);;) {
      if (!may_follow(from, to)) {
        detail::report_illegal_transition({task, from, to});
        return false;
      }
      if (state_.compare_exchange_weak(from, to, std::memory_order_acq_rel, std::memory_order_relaxed)) return true;
    }
  }
  /// The same where the current state is known, and an illegal change no mistake. \return whether it was made.
  bool move(TaskState from, TaskState to) noexcept {
    return may_follow(from, to) &&
           state_.compare_exchange_strong(from, to, std::memory_order_acq_rel, std::memory_order_relaxed);
  }

 private:
  std::atomic<TaskState> state_{TaskState::created};
};

} // namespace flowcoro
