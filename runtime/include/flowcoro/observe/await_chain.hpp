#pragma once
/// What every task waits for, and who waits for it: asynchronous stack traces.
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/task_registry.hpp"

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace flowcoro {

/// A task that lives. Of one whose policy does not track it only `coroutine`, `waited_at` and who awaits it are known, and it is listed
/// from its first wait on.
struct TaskTrace {
  const void* coroutine = nullptr; ///< names the task while it lives; never to be followed. nullptr for a TaskScope
  std::source_location waited_at;  ///< its last co_await; of one that is not tracked its first. Line 0 before any

  // Of a tracked one:
  std::uint64_t id = 0; ///< 0 for one that is not tracked
  std::string name;
  std::string note;
  std::optional<TaskState> state;
  std::source_location created; ///< the coroutine's function
  Nanoseconds age{0};
  Nanoseconds in_state{0};
  std::string_view waits_for; ///< while suspended: the type of what it awaits, such as `AsyncMutex::Lock`; else empty
  const void* object =
      nullptr; ///< the same for all that wait for one mutex, latch and so on; nullptr where it is not known
  const void* thread = nullptr; ///< while running: where; see this_thread_key()

  // Who waits for it:
  enum class Awaiter : std::uint8_t {
    nobody,
    task,      ///< tasks[awaited_by]
    call,      ///< the sync_wait at `call`
    group,     ///< a TaskGroup, a pool, or another thing that joins tasks
    coroutine, ///< that is not listed
  };
  Awaiter awaiter = Awaiter::nobody;
  std::size_t awaited_by = 0;
  std::uint32_t between = 0; ///< coroutines between the two that are not listed: Lazy ones without tracking
  std::source_location call;
};

struct AwaitChains {
  SteadyTime at{};
  /// Tracked ones by id, then the others.
  std::vector<TaskTrace> tasks;
  /// Calls of sync_wait, on threads that wait in them.
  std::vector<std::source_location> calls;

  /// Tasks that await each other in a ring, which none of them leaves by itself: indices, each awaited by the next one and the last by the
  /// first. Allocates; O(tasks).
  [[nodiscard]] std::vector<std::vector<std::size_t>> rings() const;
};

/// All tasks of the process: those of its runtimes, and those that task_registry() lists.
/// Each task is seen as it was at one moment, but not all at the same one: a task that begins, ends or goes on meanwhile may be missing,
/// or be shown in its old place; what has been waiting for longer than the call takes is right. Two tasks that wait for each other are.
/// Threads: any, but no stop callback. Stops nobody: a task that ends while it is looked at waits for that, some 100 ns.
/// Throws std::bad_alloc.
[[nodiscard]] AwaitChains await_chains();

/// A stack for each task that awaits no other listed one: that first, then who awaits it, up to the outermost. A task stands in full once; rings
/// come first. Several lines for each task. Throws std::bad_alloc; a failing stream keeps its state.
void write_text(std::ostream& out, const AwaitChains& chains);
/// One object on one line: {"v":1, "tasks":[…], "calls":[…], "rings":[[…]]}. `awaited_by` and rings are indices into `tasks`.
void write_json(std::ostream& out, const AwaitChains& chains);

} // namespace flowcoro
