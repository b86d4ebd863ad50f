#pragma once
/// A nursery: starts any number of tasks and joins them all before it ends.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/detail/stop_link.hpp"
#include "flowcoro/coro/outcome.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/spawn.hpp"

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace flowcoro {
namespace detail {

/// Awaits what the callable makes and drops its result; keeps the callable and the arguments meanwhile.
template <class F, class... Args>
Lazy<void> run_and_drop_result(F function, Args... args) {
  using Made = std::invoke_result_t<F, Args...>;
  if constexpr (TaskLike<Made>) {
    Made made = std::invoke(std::move(function), std::move(args)...);
    auto&& end = end_in_place(made);
    static_cast<void>(co_await end);
  } else {
    static_cast<void>(std::invoke(std::move(function), std::move(args)...));
    co_return;
  }
}

template <class F, class... Args>
Lazy<void> make_group_task(F&& function, Args&&... args) {
  if constexpr (std::is_void_v<spawn_result_t<std::decay_t<F>, std::decay_t<Args>...>>)
    return make_spawnable<void>(std::forward<F>(function), std::forward<Args>(args)...);
  else
    return run_and_drop_result<std::decay_t<F>, std::decay_t<Args>...>(std::forward<F>(function),
                                                                       std::forward<Args>(args)...);
}

/// Awaits a Lazy that is stopped with a group instead of with the awaiting coroutine alone.
template <class T>
class [[nodiscard]] AwaitInGroup {
 public:
  AwaitInGroup(Lazy<T>& task, StopState& group_stop) noexcept : task_{task}, group_stop_{group_stop} {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> waiter) {
    waiter_.set_waiter(waiter);
    Promise<T>& child = *TaskAccess::promise(task_);
    child.become_child(waiter_.home, &group_stop_, waiter_);
    return handle_of(child);
  }
  T await_resume() { return take_result(task_); }

 private:
  Lazy<T>& task_;
  StopState& group_stop_;
  ResumeWaiter waiter_;
};

} // namespace detail

/// Tasks of a group run on the workers and belong to the group: it stops the others when one fails, and join() rethrows the first
/// failure; later ones go to the runtime's handler. A group must be joined before it is destroyed, and that is checked, because
/// a destructor cannot wait without blocking a worker. with_task_group() does it right by construction.
/// Threads: spawn() and request_stop() any, also from tasks of the group; join() one.
class TaskGroup : detail::Continuation {
  class JoinAwaiter;
  template <class F>
    requires std::invocable<F&, TaskGroup&>
  friend auto with_task_group(F body) -> Lazy<detail::spawn_result_t<F&, TaskGroup&>>;

 public:
  TaskGroup() noexcept : Continuation{&task_finished} {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() {
    FLOWCORO_ASSERT(pending_.load(std::memory_order_acquire) <= 1,
                    "a TaskGroup was destroyed with tasks in it; co_await join() first");
  }

  /// Starts `function(args...)` as spawn() does; its result is dropped, its failure is the group's.
  /// A task that starts after stop was requested sees the request at its first wait.
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  void spawn(F&& function, Args&&... args) {
    Lazy<void> body = detail::make_group_task(std::forward<F>(function), std::forward<Args>(args)...);
    Scheduler& scheduler = detail::here_or_default();
    detail::Promise<void>& task = *detail::TaskAccess::promise(body);
    task.become_group_task(scheduler, stop_, *this);
    pending_.fetch_add(1, std::memory_order_relaxed);
    try {
      scheduler.post_new(task, detail::handle_of(task));
    } catch (...) {
      pending_.fetch_sub(1, std::memory_order_relaxed); // cannot be the last: the joiner's one is still there
      throw;
    }
    static_cast<void>(detail::TaskAccess::release(body)); // belongs to the group now
  }

  void request_stop() noexcept { stop_.request_stop(); }
  /// As if a task of the group had thrown `error`.
  void fail_with(std::exception_ptr error) noexcept { failed(std::move(error), current_scheduler()); }

  /// Waits until every task has ended, those included that tasks of the group spawn meanwhile.
  /// Cancellation: passes the request on to the tasks, and still joins them. May be called again after more spawns; a group
  /// that was stopped, by a failure for example, stays so.
  [[nodiscard]] JoinAwaiter join() noexcept;

 private:
  void failed(std::exception_ptr error, Scheduler* where) noexcept {
    if (!has_error_.exchange(true, std::memory_order_relaxed))
      error_ = std::move(error);
    else
      detail::report_unhandled(where, std::move(error));
    stop_.request_stop();
  }

  static std::coroutine_handle<> task_finished(Continuation& self, detail::PromiseBase& ended) noexcept {
    auto& group = static_cast<TaskGroup&>(self);
    auto& task = static_cast<detail::Promise<void>&>(ended);
    if (task.has_lost_error()) group.failed(task.error(), task.scheduler());
    detail::handle_of(task).destroy();
    // acq_rel: the joiner sees what all tasks wrote. After the last one the group may be gone.
    if (group.pending_.fetch_sub(1, std::memory_order_acq_rel) != 1) return std::noop_coroutine();
    return group.joiner_.go_on();
  }

  StopState stop_;
  std::atomic<std::size_t> pending_{1}; // one for the joiner
  detail::ResumeWaiter joiner_;
  std::atomic<bool> has_error_{false};
  std::exception_ptr error_;
};

class [[nodiscard]] TaskGroup::JoinAwaiter {
 public:
  explicit JoinAwaiter(TaskGroup& group) noexcept : group_{group} {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    group_.joiner_.handle = waiter;
    group_.joiner_.home = &detail::home_of(waiter);
    from_waiter_.emplace(detail::stop_of(waiter), group_.stop_);
    // acq_rel: with no task left, this side sees what they wrote.
    return group_.pending_.fetch_sub(1, std::memory_order_acq_rel) != 1;
  }
  void await_resume() {
    from_waiter_.reset();
    group_.pending_.store(1, std::memory_order_relaxed);
    if (group_.has_error_.exchange(false, std::memory_order_relaxed))
      std::rethrow_exception(std::exchange(group_.error_, nullptr));
  }

 private:
  TaskGroup& group_;
  std::optional<detail::StopLink> from_waiter_;
};

inline TaskGroup::JoinAwaiter TaskGroup::join() noexcept { return JoinAwaiter{*this}; }

/// Gives `body` a group and joins it when the body ends, in whatever way: `co_await with_task_group([](TaskGroup& g) -> Lazy<int>
/// { … })`. The body counts as a task of the group: when it throws, the others are stopped; when another fails, the body is;
/// the first error is rethrown. A stop request for the caller reaches all of them at once.
template <class F>
  requires std::invocable<F&, TaskGroup&>
auto with_task_group(F body) -> Lazy<detail::spawn_result_t<F&, TaskGroup&>> {
  using R = detail::spawn_result_t<F&, TaskGroup&>;
  StopState* caller_stop = co_await detail::OwnStop{};
  TaskGroup group;
  std::optional<detail::Regular<R>> result;
  std::exception_ptr cancelled;
  {
    const detail::StopLink from_caller{caller_stop, group.stop_};
    try {
      auto main_task = detail::call_in_frame<R, F&, TaskGroup&>(body, group);
      detail::AwaitInGroup<R> main_end{main_task, group.stop_};
      if constexpr (std::is_void_v<R>) {
        co_await main_end;
        result.emplace();
      } else {
        result.emplace(co_await main_end);
      }
    } catch (const OperationCancelled&) {
      cancelled = std::current_exception(); // most likely because of a failure that join() rethrows
      group.request_stop();
    } catch (...) {
      group.fail_with(std::current_exception());
    }
  }
  auto joined = group.join();
  co_await joined;
  if (cancelled != nullptr) std::rethrow_exception(cancelled);
  if constexpr (!std::is_void_v<R>) co_return *std::move(result);
}

} // namespace flowcoro
