#pragma once
/// coroutine_state_manager: a StateTrack with a name and its times.
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/task_state.hpp"

#include <atomic>
#include <string>
#include <string_view>
#include <utility>

namespace flowcoro {

using coroutine_state = TaskState;

/// Legal transitions only; an illegal one is refused and reported, see on_illegal_transition(). Threads: any.
class coroutine_state_manager {
 public:
  explicit coroutine_state_manager(std::string name = {}) : name_{std::move(name)} {}

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] TaskState get_state() const noexcept { return track_.get(); }
  /// \return whether it was made.
  bool transition(TaskState to) noexcept {
    if (!track_.move_to(to, name_)) return false;
    changed_.store(steady_now(), std::memory_order_release);
    return true;
  }
  /// Only from `from`, and silent when it is not legal, or somebody else was first.
  bool try_transition(TaskState from, TaskState to) noexcept {
    if (!track_.move(from, to)) return false;
    changed_.store(steady_now(), std::memory_order_release);
    return true;
  }

  [[nodiscard]] bool is_active() const noexcept {
    const TaskState now = get_state();
    return now == TaskState::queued || now == TaskState::running || now == TaskState::suspended;
  }
  /// Completed, cancelled, failed or destroyed.
  [[nodiscard]] bool is_terminal() const noexcept { return is_end(get_state()) || get_state() == TaskState::destroyed; }
  /// From its creation until now, or until its last change when that was the end.
  [[nodiscard]] Nanoseconds lifetime() const noexcept {
    return (is_terminal() ? changed_.load(std::memory_order_acquire) : steady_now()) - created_;
  }

 private:
  const std::string name_;
  StateTrack track_;
  const SteadyTime created_ = steady_now();
  std::atomic<SteadyTime> changed_{created_};
};

} // namespace flowcoro
