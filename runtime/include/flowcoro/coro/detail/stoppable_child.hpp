#pragma once
/// The only child of an awaiter that may stop it for reasons of its own.
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/join.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/coro/stop.hpp"
#include "flowcoro/coro/task.hpp"

#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

namespace flowcoro::detail {

template <class F>
concept MakesAwaitable = !Awaitable<std::remove_cvref_t<F>> && std::invocable<std::decay_t<F>&> &&
                         Awaitable<std::invoke_result_t<std::decay_t<F>&>>;

/// An awaitable; one that can be neither copied nor moved, as most waits cannot, as an lvalue that outlives the wait; or a callable
/// that makes any of them.
template <class A>
concept ChildSource = Awaitable<std::remove_cvref_t<A>> || MakesAwaitable<A>;

template <class F>
Lazy<await_result_t<std::invoke_result_t<F&>>> await_made_by(F make) {
  auto&& awaitable = make();
  co_return co_await std::forward<decltype(awaitable)>(awaitable);
}
template <class A>
Lazy<await_result_t<A&>> await_in_its_place(A& awaitable) {
  co_return co_await awaitable;
}

template <ChildSource A>
[[nodiscard]] auto only_child(A&& source) {
  using Source = std::remove_cvref_t<A>;
  if constexpr (!Awaitable<Source>)
    return await_made_by<std::decay_t<A>>(std::forward<A>(source));
  else if constexpr (std::is_lvalue_reference_v<A> && !TaskLike<Source> && !std::copy_constructible<Source>)
    return await_in_its_place(source);
  else
    return child_of(std::forward<A>(source));
}
template <class A>
using OnlyChild = decltype(only_child(std::declval<A>()));

/// A child that does not run yet. It is the awaiter's continuation that learns of its end.
template <class Child>
class StoppableChild;

template <class T>
class StoppableChild<Lazy<T>> {
 public:
  using Waiter = ResumeWaiter;

  explicit StoppableChild(Lazy<T>& task) noexcept : task_{task} {}

  /// Whether there is nothing to wait for.
  [[nodiscard]] bool over() const noexcept { return !task_.valid(); }
  [[nodiscard]] StopState& stop() noexcept { return stop_; }
  /// The last step of await_suspend. \return what to resume.
  [[nodiscard]] std::coroutine_handle<> start(Scheduler& home, Continuation& at_end) noexcept {
    Promise<T>& promise = *TaskAccess::promise(task_);
    promise.become_child(&home, &stop_, at_end);
    return handle_of(promise);
  }
  [[nodiscard]] Lazy<T>& task() noexcept { return task_; }

 private:
  Lazy<T>& task_;
  StopState stop_;
};

/// One that runs, on its own.
template <class T>
class StoppableChild<Task<T>> {
 public:
  using Waiter = ResumeAfterTask;

  explicit StoppableChild(Task<T>& task) noexcept : task_{task} {}

  [[nodiscard]] bool over() const noexcept { return !task_.valid() || task_.done(); }
  [[nodiscard]] StopState& stop() noexcept { return TaskAccess::promise(task_)->stop_state(); }
  [[nodiscard]] std::coroutine_handle<> start(Scheduler&, Continuation& at_end) noexcept {
    Promise<T>& promise = *TaskAccess::promise(task_);
    if (promise.try_await(at_end)) return std::noop_coroutine(); // the awaiter may be running elsewhere by now
    return at_end.complete(at_end, promise);
  }
  [[nodiscard]] Task<T>& task() noexcept { return task_; }

 private:
  Task<T>& task_;
};

} // namespace flowcoro::detail
