#pragma once
/// A promise whose task the registry knows.
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/coro/detail/wait_name.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/coro/task_policy.hpp"
#include "flowcoro/coro/task_registry.hpp"

#include <concepts>
#include <coroutine>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

namespace flowcoro::detail {

/// What an awaiter waits for, as far as its type tells.
template <class A>
[[nodiscard]] WaitedFor thing_of(A& awaiter) noexcept {
  WaitedFor thing{.kind = wait_name<A>.data(), .object = nullptr, .task = nullptr};
  // The cast reaches a base that is private: what waits in a queue is known by the lock of what it waits for.
  if constexpr (std::is_base_of_v<Wait, A>) thing.object = ((const Wait&)awaiter).thing(); // NOLINT
  if constexpr (requires {
                  { awaiter.awaited() } -> std::same_as<const void*>;
                })
    thing.task = awaiter.awaited();
  return thing;
}

/// Tells the record of the awaiting task when it suspends and when it goes on.
template <class A>
struct [[nodiscard]] TrackedAwaiter {
  A awaiter; // what operator co_await gave, or a reference to what was awaited
  TaskRecord* record;
  std::source_location where;
  bool waits = false;

  [[nodiscard]] bool await_ready() { return awaiter.await_ready(); }
  template <class P>
  auto await_suspend(std::coroutine_handle<P> waiter) {
    using Result = decltype(awaiter.await_suspend(waiter));
    // Before the awaiter knows the coroutine: from then on that may be running elsewhere, or be gone.
    if (record != nullptr) record->suspend(where, thing_of(awaiter));
    waits = true;
    try {
      if constexpr (std::is_same_v<Result, bool>) {
        const bool suspended = awaiter.await_suspend(waiter);
        if (!suspended) did_not_wait();
        return suspended;
      } else {
        return awaiter.await_suspend(waiter);
      }
    } catch (...) {
      did_not_wait();
      throw;
    }
  }
  decltype(auto) await_resume() {
    // A second resume of one wait is from running to running, which no task does.
    if (waits && record != nullptr) record->move_to(TaskState::running);
    return awaiter.await_resume();
  }

 private:
  void did_not_wait() noexcept {
    if (record != nullptr) record->run();
    waits = false;
  }
};

/// What a coroutine may find of itself, whatever the type of its result.
class Recorded {
 public:
  /// nullptr for one that is only counted.
  [[nodiscard]] TaskRecord* record() noexcept { return record_.has_value() ? &*record_ : nullptr; }

 protected:
  Recorded() = default;
  ~Recorded() = default;

  std::optional<TaskRecord> record_;
};

/// A promise with a record, whatever the policy: the owner of a task may have another one, see BasicTask.
template <class T>
class RecordedPromise : public Promise<T>, public Recorded {
 protected:
  RecordedPromise() = default;
  ~RecordedPromise() = default;

  void begin_record(TaskKind kind, std::source_location created) {
    record_.emplace(task_registry(), kind, created, this);
    this->recorded_ = true;
  }
};

/// A promise without one, which has no room for it either.
template <class T>
class UnrecordedPromise : public Promise<T> {
 public:
  [[nodiscard]] static constexpr TaskRecord* record() noexcept { return nullptr; }
};

/// It waits for a worker from now on.
template <class T>
void note_queued(Promise<T>& promise) noexcept {
  if (!promise.recorded()) return;
  if (TaskRecord* record = static_cast<RecordedPromise<T>&>(promise).record()) record->move_to(TaskState::queued);
}

/// Counted from its begin to its end, and recorded: always, or as the registry says when it is made.
template <class T, class Policy>
class TrackedPromise
    : public std::conditional_t<Policy::tracking == Tracking::counted, UnrecordedPromise<T>, RecordedPromise<T>> {
 public:
  template <class A>
  decltype(auto) await_transform(A&& awaitable, std::source_location where = std::source_location::current()) {
    if constexpr (Policy::tracking == Tracking::counted) {
      return Promise<T>::await_transform(std::forward<A>(awaitable), where);
    } else {
      this->template before_await<A>(where);
      return TrackedAwaiter<decltype(get_awaiter(std::forward<A>(awaitable)))>{get_awaiter(std::forward<A>(awaitable)),
                                                                               this->record(), where};
    }
  }

  [[nodiscard]] PromiseBase::FinalAwaiter final_suspend() noexcept {
    const TaskState end = this->result_kind() == ResultKind::value ? TaskState::completed
                          : this->cancelled()                      ? TaskState::cancelled
                                                                   : TaskState::failed;
    // Before the result is published: whoever sees it also sees this.
    if (TaskRecord* own = this->record()) own->move_to(end);
    task_registry().count_end(kind_, end);
    ended_ = true;
    return {};
  }

 protected:
  explicit TrackedPromise([[maybe_unused]] std::source_location created) : kind_{chosen_kind()} {
    if constexpr (Policy::tracking != Tracking::counted) {
      if (Policy::tracking == Tracking::full || kind_ == TaskKind::tracked) this->begin_record(kind_, created);
    }
    task_registry().count_created(kind_);
  }
  ~TrackedPromise() {
    if (!ended_) task_registry().count_end(kind_, TaskState::cancelled);
    if (TaskRecord* own = this->record()) own->move_to(TaskState::destroyed);
  }

 private:
  [[nodiscard]] static TaskKind chosen_kind() noexcept {
    return Policy::tracking == Tracking::automatic ? task_registry().automatic_kind() : Policy::kind;
  }

  const TaskKind kind_;
  bool ended_ = false;
};

} // namespace flowcoro::detail
