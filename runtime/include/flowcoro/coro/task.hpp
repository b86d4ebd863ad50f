#pragma once
/// Task<T>, which starts when it is created, and Lazy<T>, which starts when it is awaited: one template and its policies.
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/frame_memory.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/coro/detail/tracked_promise.hpp"
#include "flowcoro/coro/task_policy.hpp"

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <new>
#include <source_location>
#include <type_traits>
#include <utility>

namespace flowcoro {

enum class Start { eager, lazy };

template <class T, Start start, class Policy = DefaultPolicy>
class [[nodiscard]] BasicTask;

/// Runs on the creating thread up to its first suspension, from there on the workers. Dropping an unfinished one requests stop
/// and leaves it to its runtime, which joins it.
template <class T = void>
using Task = BasicTask<T, Start::eager>;

/// Runs when it is awaited, on the awaiter's scheduler, as a part of the awaiter: stop requests reach it directly.
template <class T = void>
using Lazy = BasicTask<T, Start::lazy>;

namespace detail {

/// The promises of all policies extend Promise<T> behind its end, so that whoever has a Promise<T> need not know which it is.
template <class T, class Policy>
using PromiseFor = std::conditional_t<Policy::tracking == Tracking::none, Promise<T>, TrackedPromise<T, Policy>>;

/// The first step of one that was not started at once.
template <class Promise>
struct FirstStep {
  Promise& promise;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  void await_resume() const noexcept {
    if (TaskRecord* record = promise.record()) record->run();
  }
};

template <class T, Start start, class Policy>
class TaskPromise : public PromiseFor<T, Policy>, public FrameOperators<FrameMemory<Policy::frames>> {
  static constexpr bool tracked = Policy::tracking != Tracking::none;

 public:
  TaskPromise() noexcept
    requires(!tracked)
  {
    if constexpr (start == Start::eager) this->become_started_root(current_scheduler());
  }
  explicit TaskPromise(std::source_location created = std::source_location::current())
    requires tracked
      : PromiseFor<T, Policy>{created} {
    if constexpr (start == Start::eager) {
      if (TaskRecord* record = this->record()) record->run();
      this->become_started_root(current_scheduler());
    }
  }
  BasicTask<T, start, Policy> get_return_object() noexcept { return BasicTask<T, start, Policy>{*this}; }
  [[nodiscard]] auto initial_suspend() noexcept {
    if constexpr (start == Start::eager)
      return std::suspend_never{};
    else if constexpr (Policy::tracking == Tracking::full || Policy::tracking == Tracking::automatic)
      return FirstStep<TaskPromise>{*this};
    else
      return std::suspend_always{};
  }
};

/// Of a coroutine whose parameters begin with std::allocator_arg and an allocator, behind `this` if it has one.
template <class T, Start start, class Policy, class A>
class AllocatorTaskPromise final : public TaskPromise<T, start, Policy> {
  using Memory = FrameByAllocator<A>;

 public:
  using TaskPromise<T, start, Policy>::TaskPromise;

  template <class... Rest>
  static void* operator new(std::size_t bytes, std::allocator_arg_t, const A& allocator, const Rest&...) {
    return Memory::allocate(bytes, allocator);
  }
  template <class Self, class... Rest>
  static void* operator new(std::size_t bytes, const Self&, std::allocator_arg_t, const A& allocator, const Rest&...) {
    return Memory::allocate(bytes, allocator);
  }
  template <class... Rest>
  static void* operator new(std::size_t bytes, std::align_val_t alignment, std::allocator_arg_t, const A& allocator,
                            const Rest&...) {
    return Memory::allocate(bytes, allocator, static_cast<std::size_t>(alignment));
  }
  template <class Self, class... Rest>
  static void* operator new(std::size_t bytes, std::align_val_t alignment, const Self&, std::allocator_arg_t,
                            const A& allocator, const Rest&...) {
    return Memory::allocate(bytes, allocator, static_cast<std::size_t>(alignment));
  }
  static void operator delete(void* frame, std::size_t bytes) noexcept { Memory::deallocate(frame, bytes); }
  static void operator delete(void* frame, std::size_t bytes, std::align_val_t) noexcept {
    Memory::deallocate(frame, bytes);
  }
};

/// Handles are made from Promise<T>&, which the promises of all policies extend: the frame's address is found from the alignment, and
/// that must not differ in effect.
template <class T>
[[nodiscard]] std::coroutine_handle<Promise<T>> handle_of(Promise<T>& promise) noexcept {
  static_assert(sizeof(TaskPromise<T, Start::eager, DefaultPolicy>) == sizeof(Promise<T>) &&
                    sizeof(TaskPromise<T, Start::lazy, DefaultPolicy>) == sizeof(Promise<T>),
                "a Task pays for no policy");
  // promise_of() finds it without knowing T: two words into the frame, for any alignment up to theirs.
  static_assert(alignof(Promise<T>) <= 2 * sizeof(void*) &&
                alignof(TrackedPromise<T, TrackedPolicy>) <= 2 * sizeof(void*));
  return std::coroutine_handle<Promise<T>>::from_promise(promise);
}

/// The library's own access to the coroutine behind a task object.
struct TaskAccess {
  template <class T, Start start, class Policy>
  [[nodiscard]] static Promise<T>* promise(BasicTask<T, start, Policy>& task) noexcept {
    return task.promise_;
  }
  template <class T, Start start, class Policy>
  [[nodiscard]] static Promise<T>* release(BasicTask<T, start, Policy>& task) noexcept {
    return std::exchange(task.promise_, nullptr);
  }
  template <class T, Start start, class Policy = DefaultPolicy>
  [[nodiscard]] static BasicTask<T, start, Policy> adopt(Promise<T>& promise) noexcept {
    return BasicTask<T, start, Policy>{promise};
  }
};

/// Takes the result and frees the frame at once, even when the task object lives on.
template <class T, Start start, class Policy>
T take_result(BasicTask<T, start, Policy>& task) {
  Promise<T>* promise = TaskAccess::release(task);
  struct Destroy {
    Promise<T>& promise;
    ~Destroy() { handle_of(promise).destroy(); }
  } destroy_after{*promise};
  return promise->take_result();
}

template <class T, Start start, class Policy>
class TaskAwaiter;

} // namespace detail

/// Move-only owner of one coroutine. T may be void, a reference, move-only, over-aligned, not default-constructible.
/// `co_await task` takes the result, once, from an lvalue or an rvalue, and rethrows what the coroutine threw; awaiting an
/// empty task throws NoResult. Threads: one at a time.
/// A task of one policy may be moved to one of another: the coroutine stays what it was made as.
template <class T, Start start, class Policy>
class [[nodiscard]] BasicTask {
  static_assert(!std::is_rvalue_reference_v<T>, "return the object, not an rvalue reference to it");

 public:
  using promise_type = detail::TaskPromise<T, start, Policy>;
  using value_type = T;
  using policy_type = Policy;

  BasicTask() = default;
  BasicTask(BasicTask&& other) noexcept : promise_{std::exchange(other.promise_, nullptr)} {}
  template <class Other>
    requires(!std::is_same_v<Other, Policy>)
  BasicTask(BasicTask<T, start, Other>&& other) noexcept : promise_{detail::TaskAccess::release(other)} {}
  BasicTask& operator=(BasicTask&& other) noexcept {
    if (this != &other) {
      drop();
      promise_ = std::exchange(other.promise_, nullptr);
    }
    return *this;
  }
  ~BasicTask() { drop(); }

  /// True while there is a result to await, finished or not.
  [[nodiscard]] bool valid() const noexcept { return promise_ != nullptr; }
  /// True when awaiting would not suspend. Always false for a Lazy.
  [[nodiscard]] bool done() const noexcept { return promise_ != nullptr && promise_->done(); }
  /// Asks the coroutine to end; it does so at its next wait. No effect when it is done or the task is empty.
  void request_stop() noexcept {
    if (promise_ != nullptr) promise_->stop_state().request_stop();
  }

  [[nodiscard]] auto operator co_await() & noexcept { return detail::TaskAwaiter<T, start, Policy>{*this}; }
  [[nodiscard]] auto operator co_await() && noexcept { return detail::TaskAwaiter<T, start, Policy>{*this}; }

 private:
  friend struct detail::TaskAccess;
  friend promise_type;
  explicit BasicTask(detail::Promise<T>& promise) noexcept : promise_{&promise} {}

  void drop() noexcept {
    // Most tasks were awaited, and are empty then: that look is inlined, the rest is not.
    if (promise_ != nullptr) let_go(std::exchange(promise_, nullptr));
  }
  static void let_go(detail::Promise<T>* promise) noexcept {
    if constexpr (start == Start::eager) {
      // Stop first: once detached, the frame may be gone.
      if (!promise->done()) promise->stop_state().request_stop();
      if (!promise->detach()) return;
      if (promise->has_lost_error()) detail::report_unhandled(promise->scheduler(), promise->error());
    }
    detail::handle_of(*promise).destroy();
  }

  detail::Promise<T>* promise_ = nullptr;
};

namespace detail {

/// Awaits a Lazy: starts it by symmetric transfer as a child of the awaiting coroutine.
template <class T, class Policy>
class TaskAwaiter<T, Start::lazy, Policy> {
  using Awaited = BasicTask<T, Start::lazy, Policy>;

 public:
  explicit TaskAwaiter(Awaited& task) noexcept : task_{task} {}

  [[nodiscard]] bool await_ready() const noexcept { return !task_.valid(); }
  template <class P>
  [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> waiter) {
    waiter_.set_waiter(waiter);
    Promise<T>& child = *TaskAccess::promise(task_);
    child.become_child(waiter_.home, stop_of(waiter), waiter_);
    return handle_of(child);
  }
  T await_resume() {
    if (!task_.valid()) throw NoResult{};
    return take_result(task_);
  }
  [[nodiscard]] const void* awaited() const noexcept { return TaskAccess::promise(task_); }

 private:
  Awaited& task_;
  ResumeWaiter waiter_;
};

/// Goes on with a coroutine that has handed its role to the one that it waits for.
struct ResumeKeeper : Continuation {
  ResumeKeeper() noexcept : Continuation{&resume} {}

  PromiseBase* keeper = nullptr;
  std::coroutine_handle<> handle;

  static std::coroutine_handle<> resume(Continuation& self, PromiseBase& finished) noexcept {
    auto& waiter = static_cast<ResumeKeeper&>(self);
    waiter.keeper->follow(finished);
    return waiter.handle;
  }
};

/// Awaits a Lazy that is all there is to the awaiting coroutine, which only keeps something alive for it. The scheduler knows the
/// Lazy in its place: it counts that one, names the place where that one waits, and when that one moves, both have.
template <class T, class Policy>
class [[nodiscard]] AwaitInPlace {
  using Awaited = BasicTask<T, Start::lazy, Policy>;

 public:
  static constexpr bool stands_in = true;

  explicit AwaitInPlace(Awaited& task) noexcept : task_{task} {}

  [[nodiscard]] bool await_ready() const noexcept { return !task_.valid(); }
  template <class P>
  [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> waiter) {
    waiter_.handle = waiter;
    waiter_.keeper = &waiter.promise();
    Promise<T>& child = *TaskAccess::promise(task_);
    child.become_child(&home_of(waiter), stop_of(waiter), waiter_);
    waiter_.keeper->hand_role_to(child);
    return handle_of(child);
  }
  T await_resume() {
    if (!task_.valid()) throw NoResult{};
    return take_result(task_);
  }

 private:
  Awaited& task_;
  ResumeKeeper waiter_;
};
template <class T, class Policy>
[[nodiscard]] AwaitInPlace<T, Policy> end_in_place(BasicTask<T, Start::lazy, Policy>& task) noexcept {
  return AwaitInPlace<T, Policy>{task};
}
/// A Task is known to its scheduler by itself.
template <class T, class Policy>
[[nodiscard]] BasicTask<T, Start::eager, Policy>& end_in_place(BasicTask<T, Start::eager, Policy>& task) noexcept {
  return task;
}

/// Awaits a Task that runs on its own. While the awaiter waits, a stop request for it is passed on to the task.
template <class T, class Policy>
class TaskAwaiter<T, Start::eager, Policy> : StopNode {
  using Awaited = BasicTask<T, Start::eager, Policy>;

 public:
  explicit TaskAwaiter(Awaited& task) noexcept
      : StopNode{[](StopNode& node) noexcept {
          return &TaskAccess::promise(static_cast<TaskAwaiter&>(node).task_)->stop_state();
        }},
        task_{task} {}

  [[nodiscard]] bool await_ready() const noexcept { return !task_.valid() || task_.done(); }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    waiter_.set_waiter(waiter);
    stop_ = stop_of(waiter);
    if (stop_ != nullptr && !stop_->add(*this)) {
      stop_ = nullptr;
      task_.request_stop();
    }
    // The last step: once the task knows the waiter, the waiter may already be running elsewhere.
    return TaskAccess::promise(task_)->try_await(waiter_);
  }
  T await_resume() {
    if (stop_ != nullptr) stop_->remove(*this);
    if (!task_.valid()) throw NoResult{};
    return take_result(task_);
  }
  [[nodiscard]] const void* awaited() const noexcept { return TaskAccess::promise(task_); }

 private:
  Awaited& task_;
  StopState* stop_ = nullptr;
  ResumeAfterTask waiter_;
};

} // namespace detail

namespace detail {
template <class T>
inline constexpr bool is_task = false;
template <class T, Start start, class Policy>
inline constexpr bool is_task<BasicTask<T, start, Policy>> = true;

template <class T>
concept TaskLike = is_task<T>;
} // namespace detail

static_assert(Awaitable<Task<int>> && Awaitable<Task<void>&> && Awaitable<Lazy<int&>>);

} // namespace flowcoro

template <class T, flowcoro::Start start, class Policy, class Tag, class A, class... Args>
  requires std::same_as<std::remove_cvref_t<Tag>, std::allocator_arg_t>
struct std::coroutine_traits<flowcoro::BasicTask<T, start, Policy>, Tag, A, Args...> {
  using promise_type = flowcoro::detail::AllocatorTaskPromise<T, start, Policy, std::remove_cvref_t<A>>;
};
template <class T, flowcoro::Start start, class Policy, class Self, class Tag, class A, class... Args>
  requires(std::same_as<std::remove_cvref_t<Tag>, std::allocator_arg_t> &&
           !std::same_as<std::remove_cvref_t<Self>, std::allocator_arg_t>)
struct std::coroutine_traits<flowcoro::BasicTask<T, start, Policy>, Self, Tag, A, Args...> {
  using promise_type = flowcoro::detail::AllocatorTaskPromise<T, start, Policy, std::remove_cvref_t<A>>;
};
