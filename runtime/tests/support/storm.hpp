#pragma once
/// Many tasks that wait, half of which are asked to stop at some moment.
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/sync_wait.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "support/seed.hpp"

#include <cstdint>
#include <vector>

namespace flowcoro::test {

/// How the tasks of a storm ended. What they did before is counted by themselves.
struct Ended {
  std::uint64_t done = 0;
  std::uint64_t cancelled = 0;
};

/// Runs `body(i)`, which makes a Lazy<void>, as `count` tasks at once, asks about half of them to stop, and joins them.
/// `before_join` sees to it that those which were not stopped can end.
template <class Body, class BeforeJoin>
Ended storm(Runtime& runtime, Random& random, int count, Body body, BeforeJoin before_join) {
  std::vector<Task<>> tasks;
  for (int i = 0; i < count; ++i) tasks.push_back(spawn_on(runtime, [&body, i]() -> Lazy<void> { return body(i); }));
  for (Task<>& task : tasks)
    if (random.one_in(2)) task.request_stop();
  before_join();
  Ended ended;
  for (Task<>& task : tasks) {
    try {
      sync_wait(runtime, task);
      ++ended.done;
    } catch (const OperationCancelled&) {
      ++ended.cancelled;
    }
  }
  return ended;
}
template <class Body>
Ended storm(Runtime& runtime, Random& random, int count, Body body) {
  return storm(runtime, random, count, body, [] {});
}

} // namespace flowcoro::test
