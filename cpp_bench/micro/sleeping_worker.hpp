#pragma once
// A runtime whose only worker sleeps whenever something new comes to it.

#include <flowcoro/sched/runtime.hpp>
#include <thread>

namespace flowcoro_micro {

/// Calls `give_work`, which wakes the one worker of `runtime`, and waits until that sleeps again.
template <class F>
void until_asleep_again(const flowcoro::Runtime& runtime, F give_work) {
  const std::uint64_t parks = runtime.stats().parks;
  give_work();
  while (runtime.stats().parks == parks) std::this_thread::yield();
}

/// A task that was spawned must be waited for without sync_wait(), which would take the worker's place.
template <class Task>
void until_done(const Task& task) {
  while (!task.done()) std::this_thread::yield();
}

} // namespace flowcoro_micro
