#pragma once
/// What there is to know about tasks: how many of each kind there were, and which tracked ones live.
#include "flowcoro/base/cache_line.hpp"
#include "flowcoro/base/intrusive_list.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/detail/awaited_by.hpp"
#include "flowcoro/coro/task_state.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <source_location>
#include <string>
#include <string_view>

namespace flowcoro {
class Scheduler;

/// What a task's policy makes of it.
enum class TaskKind : std::uint8_t {
  plain,   ///< frame from the shared pool, and nothing known of it
  tracked, ///< has a record
  pooled,  ///< frame from a pool with an account of its own
};
inline constexpr std::size_t task_kinds = 3;

/// Sums since the start. created = active + completed + cancelled + failed, when no task begins or ends meanwhile.
struct TaskCounts {
  std::uint64_t created = 0;
  std::uint64_t completed = 0; ///< with a value
  std::uint64_t cancelled = 0; ///< with OperationCancelled, or without having ended: it never ran
  std::uint64_t failed = 0;    ///< with another exception

  [[nodiscard]] std::uint64_t active() const noexcept { return created - completed - cancelled - failed; }
};

struct TaskSnapshot {
  std::array<TaskCounts, task_kinds> by_kind;

  [[nodiscard]] const TaskCounts& of(TaskKind kind) const noexcept { return by_kind[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] TaskCounts all() const noexcept;
};

class TaskRegistry;

/// One moment's view of a tracked task.
struct TaskView {
  std::uint64_t id;             ///< of all tracked tasks of the process; never 0
  std::string_view name;        ///< valid during the call that gives the view; may be empty
  std::string_view note;        ///< likewise
  std::source_location created; ///< the function of the coroutine
  TaskKind kind;
  TaskState state;
  SteadyTime created_at;
  SteadyTime since;              ///< in this state
  std::source_location waits_at; ///< the last co_await that suspended it; line 0 before the first
  std::string_view waits_for;    ///< the type of what was awaited there, such as `AsyncMutex::Lock`
  const void* object;    ///< the same for all that wait for one mutex, latch and so on; nullptr where that is not known
  const void* coroutine; ///< the task itself, as others name it; never to be followed. nullptr for a TaskScope
  const void* awaits;    ///< the same of the task that it awaits, if it is one
  detail::AwaitedBy awaited_by;
  const void* thread; ///< where it ran last; see this_thread_key()
};

/// A name for the calling thread, as long as it lives. Threads: any.
[[nodiscard]] const void* this_thread_key() noexcept;

namespace detail {
class PromiseBase;
struct RegistryLayout;

/// What is known of a wait when it begins.
struct WaitedFor {
  const char* kind;   // of static storage
  const void* object; // nullptr: unknown
  const void* task;   // nullptr: none
};
} // namespace detail

/// A task, or another piece of work, that the registry lists while it lives. Threads: any for what is const; else one at a time.
class TaskRecord : ListNode {
 public:
  /// \param coroutine of the task, which must tell of its end by move_to() before it goes on with who awaits it.
  TaskRecord(TaskRegistry& registry, TaskKind kind, std::source_location created,
             const detail::PromiseBase* coroutine = nullptr);
  TaskRecord(const TaskRecord&) = delete;
  TaskRecord& operator=(const TaskRecord&) = delete;
  ~TaskRecord();

  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  [[nodiscard]] TaskState state() const noexcept { return track_.get(); }
  [[nodiscard]] std::string name() const;
  /// Throws std::bad_alloc.
  void set_name(std::string_view name);
  void set_note(std::string_view note);

  /// Legal changes only; see StateTrack.
  bool move_to(TaskState to) noexcept;
  /// Before a wait, at `where`. From then on it may run elsewhere.
  void suspend(std::source_location where, detail::WaitedFor what = {"", nullptr, nullptr}) noexcept;
  /// Wherever it was: it runs now. No effect when it did.
  void run() noexcept;

 private:
  friend class TaskRegistry;
  friend class IntrusiveList<TaskRecord>;
  friend struct detail::RegistryLayout;

  TaskRegistry& registry_;
  const std::uint64_t id_;
  const std::source_location created_;
  const SteadyTime created_at_;
  const TaskKind kind_;
  const detail::PromiseBase* const coroutine_;
  StateTrack track_;
  mutable SpinLock lock_; // guards all below
  SteadyTime since_;
  std::source_location waits_at_;
  detail::WaitedFor waits_for_{"", nullptr, nullptr};
  const void* thread_ = nullptr;
  std::string name_;
  std::string note_;
};

/// Threads: any, for every function.
class TaskRegistry {
 public:
  TaskRegistry() = default;
  TaskRegistry(const TaskRegistry&) = delete;
  TaskRegistry& operator=(const TaskRegistry&) = delete;

  [[nodiscard]] TaskSnapshot snapshot() const noexcept;
  /// Calls `look` for each tracked task that lives, as it was a moment before. `look` may do anything, no lock is held; a task that begins
  /// or ends meanwhile may be missing, or still be there. Throws std::bad_alloc, and what `look` throws.
  void for_each_live(const std::function<void(const TaskView&)>& look) const;
  [[nodiscard]] std::size_t live() const noexcept;

  /// What tasks of the automatic policy are made as from now on; those that exist stay what they are.
  void set_automatic_kind(TaskKind kind) noexcept { automatic_.store(kind, std::memory_order_relaxed); }
  [[nodiscard]] TaskKind automatic_kind() const noexcept { return automatic_.load(std::memory_order_relaxed); }

  // For tasks:
  void count_created(TaskKind kind) noexcept;
  /// \param end completed, cancelled or failed.
  void count_end(TaskKind kind, TaskState end) noexcept;

 private:
  friend class TaskRecord;
  friend struct detail::RegistryLayout;

  struct Counts {
    std::atomic<std::uint64_t> created{0};
    std::atomic<std::uint64_t> completed{0};
    std::atomic<std::uint64_t> cancelled{0};
    std::atomic<std::uint64_t> failed{0};
  };
  /// Threads spread over them, so that they seldom meet.
  struct alignas(cache_line_bytes) Shard {
    std::array<Counts, task_kinds> counts;
    mutable SpinLock lock; // guards what is live
    mutable IntrusiveList<TaskRecord> live;
    std::size_t count = 0;
  };
  static constexpr std::size_t shards = 16;

  [[nodiscard]] Shard& own_shard() noexcept;
  void enter(TaskRecord& record) noexcept;
  void leave(TaskRecord& record) noexcept;

  std::array<Shard, shards> shards_;
  std::atomic<std::uint64_t> last_id_{0};
  std::atomic<TaskKind> automatic_{TaskKind::plain};
};

/// That of the process, where all tasks with a policy are counted. The first call makes it; it is never destroyed.
[[nodiscard]] TaskRegistry& task_registry() noexcept;

/// Lists a piece of work in the registry while it lives, and calls something at its end.
class TaskScope {
 public:
  /// \param at_end must not throw.
  explicit TaskScope(std::string_view name, std::string_view note = {}, std::function<void()> at_end = {},
                     std::source_location where = std::source_location::current());
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;
  ~TaskScope();

  [[nodiscard]] std::uint64_t id() const noexcept { return record_.id(); }
  [[nodiscard]] TaskState state() const noexcept { return record_.state(); }
  void set_note(std::string_view note) { record_.set_note(note); }
  /// How it ended: completed, cancelled or failed. When nobody says so it is completed, or failed when an exception leaves the scope,
  /// on whichever thread that is.
  void end_as(TaskState end) noexcept { end_ = end; }

 private:
  TaskRecord record_;
  std::function<void()> at_end_;
  const void* thread_;   // where it began
  Scheduler* scheduler_; // whose thread that was
  int exceptions_;       // in flight there
  TaskState end_ = TaskState::completed;
};

} // namespace flowcoro
