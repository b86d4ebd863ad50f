#pragma once
/// TaskV2: Task with a policy that is named by a mode.
#include "flowcoro/coro/task.hpp"
#include "flowcoro/coro/task_policy.hpp"
#include "flowcoro/sched/spawn.hpp"

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace flowcoro {

enum class TaskMode : std::uint8_t {
  compatible, ///< a Task that is counted
  enhanced,   ///< a Task with a record: name, state, where it waits
  pooled,     ///< a Task whose frame is one of default_frame_pool()
  automatic,  ///< any of these, as migration_helper says when it is made
};

namespace detail {

template <TaskMode mode>
struct PolicyOfMode;
template <>
struct PolicyOfMode<TaskMode::compatible> {
  using type = CountedPolicy;
};
template <>
struct PolicyOfMode<TaskMode::enhanced> {
  using type = TrackedPolicy;
};
template <>
struct PolicyOfMode<TaskMode::pooled> {
  using type = PooledPolicy;
};
template <>
struct PolicyOfMode<TaskMode::automatic> {
  using type = AutomaticPolicy;
};

} // namespace detail

/// All that a Task can do, it can; it may be moved to a Task and from one, and stays what it was made as.
template <class T = void, TaskMode mode = TaskMode::compatible>
using TaskV2 = BasicTask<T, Start::eager, typename detail::PolicyOfMode<mode>::type>;

/// Its frame comes from a pool that counts hits and misses; see default_frame_pool().
template <class T = void>
using pooled_task = TaskV2<T, TaskMode::pooled>;

// What the type says. A task that was moved there from another type is what it was before.

template <class Task>
inline constexpr bool is_pooled = Task::policy_type::frames == Frames::bounded;
template <class Task>
inline constexpr bool is_enhanced = Task::policy_type::tracking == Tracking::full;
template <class Task>
inline constexpr bool is_compatible =
    !is_pooled<Task> && !is_enhanced<Task> && Task::policy_type::frames == Frames::shared;
/// The mode that makes the same choices.
template <class Task>
inline constexpr TaskMode task_mode = Task::policy_type::frames == Frames::automatic ? TaskMode::automatic
                                      : is_pooled<Task>                              ? TaskMode::pooled
                                      : is_enhanced<Task>                            ? TaskMode::enhanced
                                                                                     : TaskMode::compatible;

namespace detail {

template <TaskMode mode, class R, class F, class... Args>
TaskV2<R, mode> call_as(F function, Args... args) {
  if constexpr (is_task<std::invoke_result_t<F, Args...>>) {
    auto made = std::invoke(std::forward<F>(function), std::forward<Args>(args)...);
    co_return co_await made;
  } else {
    co_return std::invoke(std::forward<F>(function), std::forward<Args>(args)...);
  }
}

} // namespace detail

/// Calls `function(args...)` now, in a task of this mode; a coroutine that it makes is awaited. Keeps copies of both.
template <TaskMode mode, class F, class... Args>
  requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
[[nodiscard]] auto make_task(F&& function, Args&&... args) {
  using R = detail::spawn_result_t<std::decay_t<F>, std::decay_t<Args>...>;
  return detail::call_as<mode, R, std::decay_t<F>, std::decay_t<Args>...>(std::forward<F>(function),
                                                                          std::forward<Args>(args)...);
}
template <class F, class... Args>
[[nodiscard]] auto make_compatible_task(F&& function, Args&&... args) {
  return make_task<TaskMode::compatible>(std::forward<F>(function), std::forward<Args>(args)...);
}
template <class F, class... Args>
[[nodiscard]] auto make_enhanced_task(F&& function, Args&&... args) {
  return make_task<TaskMode::enhanced>(std::forward<F>(function), std::forward<Args>(args)...);
}
template <class F, class... Args>
[[nodiscard]] auto make_pooled_task(F&& function, Args&&... args) {
  return make_task<TaskMode::pooled>(std::forward<F>(function), std::forward<Args>(args)...);
}
/// As migration_helper says.
template <class F, class... Args>
[[nodiscard]] auto make_smart_task(F&& function, Args&&... args) {
  return make_task<TaskMode::automatic>(std::forward<F>(function), std::forward<Args>(args)...);
}

} // namespace flowcoro
