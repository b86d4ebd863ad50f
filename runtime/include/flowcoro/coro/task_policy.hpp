#pragma once
/// What a type of task is made of beyond its result: where its frame lies, and what is known about it.
#include "flowcoro/coro/task_registry.hpp"

#include <cstdint>

namespace flowcoro {

enum class Frames : std::uint8_t {
  shared,    ///< allocate_frame(): recycled by each worker
  heap,      ///< operator new
  bounded,   ///< default_frame_pool()
  automatic, ///< shared or bounded, as TaskRegistry::automatic_kind() says when the task is made
};

enum class Tracking : std::uint8_t {
  none,      ///< only what its scheduler counts; see RuntimeStats
  counted,   ///< beginning and end, in task_registry()
  full,      ///< counted, with a TaskRecord: name, state, where it waits
  automatic, ///< counted, with or without a record, as above
};

template <Frames frame_memory, Tracking what_is_tracked>
struct TaskPolicy {
  static constexpr Frames frames = frame_memory;
  static constexpr Tracking tracking = what_is_tracked;
  /// As which the registry counts it, where that is known beforehand.
  static constexpr TaskKind kind = tracking == Tracking::full  ? TaskKind::tracked
                                   : frames == Frames::bounded ? TaskKind::pooled
                                                               : TaskKind::plain;
};

/// That of Task and Lazy: nothing is added to what a task costs.
using DefaultPolicy = TaskPolicy<Frames::shared, Tracking::none>;
using CountedPolicy = TaskPolicy<Frames::shared, Tracking::counted>;
using TrackedPolicy = TaskPolicy<Frames::shared, Tracking::full>;
using PooledPolicy = TaskPolicy<Frames::bounded, Tracking::counted>;
using AutomaticPolicy = TaskPolicy<Frames::automatic, Tracking::automatic>;

} // namespace flowcoro
