#include "flowcoro/coro/task_registry.hpp"

#include "flowcoro/base/assert.hpp"
#include "flowcoro/base/atomics.hpp"
#include "flowcoro/base/detail/debug_layout.hpp"
#include "flowcoro/base/detail/never_destroyed.hpp"
#include "flowcoro/base/detail/thread_context.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/coro/scheduler.hpp"

#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace flowcoro {

TaskCounts TaskSnapshot::all() const noexcept {
  TaskCounts sum;
  for (const TaskCounts& counts : by_kind) {
    sum.created += counts.created;
    sum.completed += counts.completed;
    sum.cancelled += counts.cancelled;
    sum.failed += counts.failed;
  }
  return sum;
}

const void* this_thread_key() noexcept { return &detail::own_thread_context; }

TaskRecord::TaskRecord(TaskRegistry& registry, TaskKind kind, std::source_location created,
                       const detail::PromiseBase* coroutine)
    : registry_{registry},
      id_{registry.last_id_.fetch_add(1, std::memory_order_relaxed) + 1},
      created_{created},
      created_at_{steady_now()},
      kind_{kind},
      coroutine_{coroutine},
      since_{created_at_} {
  registry_.enter(*this);
}

TaskRecord::~TaskRecord() { registry_.leave(*this); }

std::string TaskRecord::name() const {
  const std::lock_guard hold{lock_};
  return name_;
}
void TaskRecord::set_name(std::string_view name) {
  std::string copy{name};
  const std::lock_guard hold{lock_};
  name_.swap(copy);
}
void TaskRecord::set_note(std::string_view note) {
  std::string copy{note};
  const std::lock_guard hold{lock_};
  note_.swap(copy);
}

bool TaskRecord::move_to(TaskState to) noexcept {
  const std::lock_guard hold{lock_};
  const std::string_view known_as = name_.empty() ? std::string_view{created_.function_name()} : name_;
  if (!track_.move_to(to, known_as)) return false;
  since_ = steady_now();
  if (to == TaskState::running) thread_ = this_thread_key();
  return true;
}

void TaskRecord::suspend(std::source_location where, detail::WaitedFor what) noexcept {
  {
    const std::lock_guard hold{lock_};
    waits_at_ = where;
    waits_for_ = what;
  }
  move_to(TaskState::suspended);
}

void TaskRecord::run() noexcept {
  if (track_.get() != TaskState::running) move_to(TaskState::running);
}

/// A thread's context has an address of its own.
TaskRegistry::Shard& TaskRegistry::own_shard() noexcept {
  const auto bits = reinterpret_cast<std::uintptr_t>(&detail::own_thread_context);
  return shards_[(bits * 0x9e3779b97f4a7c15u >> 60) % shards];
}

void TaskRegistry::count_created(TaskKind kind) noexcept {
  own_shard().counts[static_cast<std::size_t>(kind)].created.fetch_add(1, std::memory_order_relaxed);
}

void TaskRegistry::count_end(TaskKind kind, TaskState end) noexcept {
  Counts& counts = own_shard().counts[static_cast<std::size_t>(kind)];
  // release: who sees the end sees that it was created.
  switch (end) {
    case TaskState::completed: counts.completed.fetch_add(1, std::memory_order_release); break;
    case TaskState::failed: counts.failed.fetch_add(1, std::memory_order_release); break;
    default: counts.cancelled.fetch_add(1, std::memory_order_release); break;
  }
}

TaskSnapshot TaskRegistry::snapshot() const noexcept {
  TaskSnapshot sum;
  // Ends first: a task that begins and ends meanwhile must not show as ended and not begun.
  for (const Shard& shard : shards_) {
    for (std::size_t kind = 0; kind < task_kinds; ++kind) {
      sum.by_kind[kind].completed += shard.counts[kind].completed.load(std::memory_order_acquire);
      sum.by_kind[kind].cancelled += shard.counts[kind].cancelled.load(std::memory_order_acquire);
      sum.by_kind[kind].failed += shard.counts[kind].failed.load(std::memory_order_acquire);
    }
  }
  for (const Shard& shard : shards_)
    for (std::size_t kind = 0; kind < task_kinds; ++kind)
      sum.by_kind[kind].created += shard.counts[kind].created.load(std::memory_order_acquire);
  return sum;
}

// A record's own number names its shard, because it may end on another thread than it began.

void TaskRegistry::enter(TaskRecord& record) noexcept {
  Shard& shard = shards_[record.id_ % shards];
  const std::lock_guard hold{shard.lock};
  shard.live.push_back(record);
  ++shard.count;
}

void TaskRegistry::leave(TaskRecord& record) noexcept {
  Shard& shard = shards_[record.id_ % shards];
  const std::lock_guard hold{shard.lock};
  shard.live.remove(record);
  --shard.count;
}

void TaskRegistry::for_each_live(const std::function<void(const TaskView&)>& look) const {
  struct Seen {
    TaskView view;
    std::string name;
    std::string note;
  };
  std::vector<Seen> seen;
  for (const Shard& shard : shards_) {
    seen.clear();
    {
      const std::lock_guard hold{shard.lock};
      shard.live.for_each([&seen](const TaskRecord& record) {
        const std::lock_guard hold_record{record.lock_};
        // Its end is told under this lock, and nobody who awaits it goes on before.
        const TaskState state = record.track_.get();
        const bool may_end = record.coroutine_ != nullptr && !is_end(state) && state != TaskState::destroyed;
        seen.push_back({{record.id_,
                         {},
                         {},
                         record.created_,
                         record.kind_,
                         state,
                         record.created_at_,
                         record.since_,
                         record.waits_at_,
                         record.waits_for_.kind,
                         record.waits_for_.object,
                         record.coroutine_,
                         record.waits_for_.task,
                         may_end ? detail::awaited_by(*record.coroutine_) : detail::AwaitedBy{},
                         record.thread_},
                        record.name_,
                        record.note_});
      });
    }
    // Without the lock, on which workers would spin meanwhile, and which `look` needs if it makes a task or names one.
    for (Seen& one : seen) {
      one.view.name = one.name;
      one.view.note = one.note;
      look(one.view);
    }
  }
}

std::size_t TaskRegistry::live() const noexcept {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard hold{shard.lock};
    sum += shard.count;
  }
  return sum;
}

TaskRegistry& task_registry() noexcept {
  static detail::NeverDestroyed<TaskRegistry> registry;
  return registry.get();
}

namespace {

/// In flight on this thread, but for those of whoever runs the coroutines.
[[nodiscard]] int own_exceptions() noexcept {
  return std::uncaught_exceptions() - detail::own_thread_context.exceptions;
}

} // namespace

TaskScope::TaskScope(std::string_view name, std::string_view note, std::function<void()> at_end,
                     std::source_location where)
    : record_{task_registry(), TaskKind::tracked, where},
      at_end_{std::move(at_end)},
      thread_{StdAtomics::this_thread()},
      scheduler_{current_scheduler()},
      exceptions_{own_exceptions()} {
  record_.set_name(name);
  record_.set_note(note);
  task_registry().count_created(TaskKind::tracked);
  record_.run();
}

TaskScope::~TaskScope() {
  FLOWCORO_ASSERT(is_end(end_), "a TaskScope ends as completed, cancelled or failed");
  // A coroutine does not wait while an exception leaves it. So what was in flight at the begin, in who called, counts only where the
  // coroutine has not gone on elsewhere since.
  const bool moved = thread_ != StdAtomics::this_thread() || scheduler_ != current_scheduler();
  if (end_ == TaskState::completed && own_exceptions() > (moved ? 0 : exceptions_)) end_ = TaskState::failed;
  record_.move_to(end_);
  task_registry().count_end(TaskKind::tracked, end_);
  if (at_end_) at_end_();
  record_.move_to(TaskState::destroyed);
}

} // namespace flowcoro

#pragma GCC diagnostic ignored "-Winvalid-offsetof"

namespace flowcoro::detail {

/// For flowcoro_gdb.py: REGISTRY there.
struct RegistryLayout {
  static constexpr DebugLayout<18> table{debug_layout_version,
                                         TaskRegistry::shards,
                                         sizeof(TaskRegistry::Shard),
                                         offsetof(TaskRegistry, shards_),
                                         offsetof(TaskRegistry::Shard, live),
                                         offsetof(TaskRecord, id_),
                                         offsetof(TaskRecord, created_),
                                         offsetof(TaskRecord, created_at_),
                                         offsetof(TaskRecord, coroutine_),
                                         offsetof(TaskRecord, track_),
                                         offsetof(TaskRecord, since_),
                                         offsetof(TaskRecord, waits_at_),
                                         offsetof(TaskRecord, waits_for_) + offsetof(WaitedFor, kind),
                                         offsetof(TaskRecord, waits_for_) + offsetof(WaitedFor, object),
                                         offsetof(TaskRecord, name_),
                                         offsetof(TaskRecord, note_),
                                         0, // in libstdc++ a string begins with its address and its size
                                         sizeof(void*)};
};

} // namespace flowcoro::detail

extern "C" {
extern const flowcoro::detail::DebugLayout<18> flowcoro_registry_layout;
FLOWCORO_FOR_DEBUGGERS const flowcoro::detail::DebugLayout<18> flowcoro_registry_layout =
    flowcoro::detail::RegistryLayout::table;
}
