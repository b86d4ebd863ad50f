#pragma once
/// The promise behind every task of the library: one state word, one stop word, a result, and no lock.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/result_slot.hpp"
#include "flowcoro/coro/detail/task_handshake.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/coro/stop.hpp"
#include "flowcoro/mem/frame_pool.hpp"

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <source_location>
#include <type_traits>
#include <utility>

namespace flowcoro::detail {

class PromiseBase;
struct PromiseLayout;

/// Who goes on when a coroutine has finished.
struct Continuation {
  /// Called once, on the thread where `finished` ended, after its result was published.
  /// \return what to resume on this thread by symmetric transfer. `finished` may be gone when it runs.
  using Complete = std::coroutine_handle<> (*)(Continuation&, PromiseBase& finished) noexcept;
  Complete complete;
};

#if defined(__GNUC__) && !defined(__clang__)
/// g++ copies the awaiter that await_transform refers to into the frame. It may copy this instead.
template <class A>
struct AwaiterReference {
  A& awaiter;

  [[nodiscard]] bool await_ready() { return awaiter.await_ready(); }
  template <class P>
  auto await_suspend(std::coroutine_handle<P> waiter) {
    return awaiter.await_suspend(waiter);
  }
  decltype(auto) await_resume() { return awaiter.await_resume(); }
};
template <class A>
decltype(auto) as_awaiter(A&& awaitable) {
  if constexpr (HasMemberCoAwait<A> || HasFreeCoAwait<A>)
    return get_awaiter(std::forward<A>(awaitable));
  else
    return AwaiterReference<std::remove_reference_t<A>>{awaitable};
}
#else
template <class A>
A&& as_awaiter(A&& awaitable) {
  return std::forward<A>(awaitable);
}
#endif

/// An awaiter of a coroutine that takes over the role of the awaiting one.
template <class A>
concept StandsIn = std::remove_cvref_t<A>::stands_in;

/// A coroutine is either a *child*, which its parent starts, awaits and outlives, or a *root*, which its scheduler has to stop,
/// join and name; a child becomes that too when it moves to another scheduler than its parent's.
/// One that is awaited before it starts has its continuation by then, so its state word is only touched by its own side.
/// Otherwise, for a task that somebody may await or drop while it runs, and for a child that starts before it is awaited, its
/// end and its owner may race: see TaskHandshake.
class PromiseBase {
 public:
  PromiseBase(const PromiseBase&) = delete;
  PromiseBase& operator=(const PromiseBase&) = delete;

  [[nodiscard]] StopState& stop_state() noexcept { return stop_; }
  /// Where the coroutine continues after each wait; nullptr while nobody has decided.
  [[nodiscard]] Scheduler* scheduler() const noexcept { return scheduler_; }
  /// Decides for `home` if nobody has yet.
  void settle_on(Scheduler& home) noexcept {
    if (scheduler_ == nullptr) scheduler_ = &home;
  }
  /// The new scheduler will join the coroutine. Throws what Scheduler::enter throws; then nothing has changed.
  void move_to(Scheduler& target, std::source_location where) {
    if (scheduler_ == &target) return;
    const std::uint32_t old_slot = live_slot_;
    target.enter(*this, where);
    // What is counted was enrolled, by the co_await that brought it here if not before.
    if (counted_) scheduler_->leave(*this, old_slot);
    enrolled_ = true;
    counted_ = true;
    scheduler_ = &target;
  }

  /// A root becomes known to its scheduler at its first co_await: one that never waits costs no bookkeeping.
  template <class A>
  decltype(auto) await_transform(A&& awaitable, std::source_location where = std::source_location::current()) {
    before_await<A>(where);
    return as_awaiter(std::forward<A>(awaitable));
  }

  struct FinalAwaiter {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      PromiseBase& promise = self.promise();
      // The usual end of a task that its creator started, and of nearly all tasks of spawn_many: inlined.
      if (promise.starting_ && !promise.counted_) return promise.finish_at_start();
      return self.promise().finish(self);
    }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] FinalAwaiter final_suspend() const noexcept { return {}; }

  // What the library's own awaiters and owners call; users see tasks, never promises.

  void become_root(Scheduler* scheduler) noexcept {
    root_ = true;
    handshake_ = true;
    scheduler_ = scheduler;
  }
  /// A root that its creator runs to its first wait.
  void become_started_root(Scheduler* scheduler) noexcept {
    become_root(scheduler);
    starting_ = true;
  }
  /// A root that is stopped together with others, and whose end has its receiver from the start.
  void become_group_task(Scheduler& scheduler, StopState& stop, Continuation& continuation) noexcept {
    become_child(&scheduler, &stop, continuation);
    root_ = true;
  }
  /// A child that starts now and may be awaited by try_await() later.
  void become_started_child(Scheduler* scheduler, StopState& stop) noexcept {
    handshake_ = true;
    starting_ = true;
    scheduler_ = scheduler;
    stop_.forward_to(stop);
  }
  void become_child(Scheduler* scheduler, StopState* stop, Continuation& continuation) noexcept {
    state_.await_unshared(continuation);
    scheduler_ = scheduler;
    if (stop != nullptr) stop_.forward_to(*stop);
  }
  /// From now on `child`, which has not started, is what the scheduler knows instead of this coroutine, which only waits for
  /// it, and continues on the child's scheduler.
  void hand_role_to(PromiseBase& child) noexcept {
    child.root_ = root_;
    child.counted_ = counted_;
    root_ = counted_ = false;
  }
  void follow(const PromiseBase& child) noexcept { scheduler_ = child.scheduler_; }

  /// Whether it is a RecordedPromise that has a record.
  [[nodiscard]] bool recorded() const noexcept { return recorded_; }

  /// The scheduler has counted the coroutine in, so it will count its end.
  void mark_counted() noexcept { counted_ = true; }
  [[nodiscard]] bool counted() const noexcept { return counted_; }

  /// Who waits for it; nullptr when nobody does so far. Threads: any, while something keeps it from ending.
  [[nodiscard]] const Continuation* continuation() const noexcept { return state_.continuation(); }

  [[nodiscard]] bool done() const noexcept { return state_.done(); }
  /// \return false when the root has finished already; then `continuation` is not kept.
  [[nodiscard]] bool try_await(Continuation& continuation) noexcept { return state_.try_await(continuation); }
  /// The owner lets go of a root. \return true when it had finished: then the caller destroys the frame.
  [[nodiscard]] bool detach() noexcept { return state_.detach(); }

  [[nodiscard]] ResultKind result_kind() const noexcept { return kind_; }
  /// True when the coroutine ended with OperationCancelled.
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

  [[nodiscard]] bool enrolled() const noexcept { return enrolled_; }
  /// Place in the scheduler's table of live tasks; for the scheduler only.
  [[nodiscard]] std::uint32_t live_slot() const noexcept { return live_slot_; }
  void set_live_slot(std::uint32_t slot) noexcept { live_slot_ = slot; }

 protected:
  PromiseBase() = default;
  ~PromiseBase() = default;

  template <class A>
  void before_await(std::source_location where) {
    static_assert(LooksAwaitable<A>, "this cannot be awaited: it is no awaiter and has no operator co_await");
    starting_ = false;
    if constexpr (!StandsIn<A>) {
      if (root_ && !enrolled_) enroll(where);
    }
  }

 private:
  friend struct PromiseLayout;

  void enroll(std::source_location where) {
    if (scheduler_ == nullptr) scheduler_ = &default_scheduler();
    enrolled_ = scheduler_->enroll(*this, where);
    counted_ = true;
  }

  /// It has not waited, so this is the thread that started it, and nobody else has seen it.
  [[nodiscard]] std::coroutine_handle<> finish_at_start() noexcept {
    state_.end_unshared();
    return std::noop_coroutine();
  }

  template <class Promise>
  [[nodiscard, gnu::noinline]] std::coroutine_handle<> finish(std::coroutine_handle<Promise> self) noexcept {
    // Before the result is published: whoever sees it also sees the counters that include it.
    if (counted_) scheduler_->task_finished(*this);
    if (!handshake_) {
      Continuation& continuation = state_.end_awaited_unshared();
      return continuation.complete(continuation, *this);
    }
    if (starting_) return finish_at_start();
    const auto [owner, continuation] = state_.end();
    switch (owner) {
      case TaskHandshake::Owner::holds_it: break; // and may destroy the frame from here on
      case TaskHandshake::Owner::awaits_it: return continuation->complete(*continuation, *this);
      case TaskHandshake::Owner::has_left:
        if (self.promise().has_lost_error()) report_unhandled(scheduler_, self.promise().error());
        self.destroy();
    }
    return std::noop_coroutine();
  }

  Scheduler* scheduler_ = nullptr;
  StopState stop_;
  TaskHandshake state_;
  std::uint32_t live_slot_ = 0;
  bool root_ : 1 = false;
  bool handshake_ : 1 = false;
  bool starting_ : 1 = false; // started by its creator, and not at its first co_await yet
  bool counted_ : 1 = false;
  bool enrolled_ : 1 = false; // only when counted_; the scheduler wants to hear of no further co_await

 protected:
  bool cancelled_ : 1 = false;
  bool recorded_ : 1 = false;
  ResultKind kind_ = ResultKind::none;
};
static_assert(sizeof(PromiseBase) == 4 * sizeof(void*), "every byte of a promise is paid for once per task");

/// Adds the typed result.
template <class T>
class PromiseResult : public PromiseBase {
 public:
  ~PromiseResult() { result_.clear(kind_); }

  void unhandled_exception() noexcept {
    std::exception_ptr error = std::current_exception();
    try {
      throw;
    } catch (const OperationCancelled&) {
      cancelled_ = true;
    } catch (...) {
      // Any other type is kept as it is; only the one above is told apart.
      cancelled_ = false;
    }
    result_.set_error(kind_, std::move(error));
  }

  T take_result() { return result_.take(kind_); }
  void drop_result() noexcept { result_.clear(kind_); }

  /// An exception that is not just "cancelled" and that nobody took.
  [[nodiscard]] bool has_lost_error() const noexcept { return kind_ == ResultKind::error && !cancelled_; }
  [[nodiscard]] std::exception_ptr error() const noexcept { return result_.error(); }

 protected:
  ResultSlot<T> result_;
};

template <class T>
class Promise : public PromiseResult<T> {
 public:
  template <class U = T>
    requires(!std::is_scalar_v<T> && (std::convertible_to<U &&, T> || std::constructible_from<T, U &&>))
  void return_value(U&& value) {
    this->result_.set_value(this->kind_, std::forward<U>(value));
  }
  /// Not a template: `co_return 0` must stay a constant that fits every number, and a doubtful conversion the caller's own.
  void return_value(T value) noexcept
    requires std::is_scalar_v<T>
  {
    this->result_.set_value(this->kind_, value);
  }
};
template <class T>
class Promise<T&> : public PromiseResult<T&> {
 public:
  void return_value(T& value) noexcept { this->result_.set_value(this->kind_, value); }
};
template <>
class Promise<void> : public PromiseResult<void> {
 public:
  void return_void() noexcept { this->result_.set_value(this->kind_); }
};

/// What awaiters ask of the coroutine that awaits; coroutines of other libraries get the defaults.
template <class P>
[[nodiscard]] Scheduler& home_of(std::coroutine_handle<P> waiter) {
  if constexpr (std::derived_from<P, PromiseBase>) {
    if (Scheduler* home = waiter.promise().scheduler()) return *home;
  }
  if (Scheduler* here = current_scheduler()) return *here;
  return default_scheduler();
}
template <class P>
[[nodiscard]] StopState* stop_of(std::coroutine_handle<P> waiter) noexcept {
  if constexpr (std::derived_from<P, PromiseBase>)
    return &waiter.promise().stop_state();
  else
    return nullptr;
}

/// The promise of a coroutine of this library, whatever the type of its result: see the asserts at handle_of().
[[nodiscard]] inline PromiseBase& promise_of(std::coroutine_handle<> ours) noexcept {
  return std::coroutine_handle<PromiseBase>::from_address(ours.address()).promise();
}

/// Resumes an awaiting coroutine where it belongs.
struct ResumeWaiter : Continuation, ReadyNode {
  ResumeWaiter() noexcept : Continuation{&resume} {}

  Scheduler* home = nullptr;

  template <class P>
  void set_waiter(std::coroutine_handle<P> waiter) {
    handle = waiter;
    home = &home_of(waiter);
    if constexpr (!std::derived_from<P, PromiseBase>) complete = &resume_foreign;
  }

  /// \return the waiter, when it belongs on this thread; otherwise it is posted home.
  [[nodiscard]] std::coroutine_handle<> go_on() noexcept {
    if (home == current_scheduler()) return handle;
    home->post(*this);
    return std::noop_coroutine();
  }

  static std::coroutine_handle<> resume(Continuation& self, PromiseBase&) noexcept {
    return static_cast<ResumeWaiter&>(self).go_on();
  }
  /// The same for a coroutine of another library, of which no more is known. By its address the two are told apart.
  static std::coroutine_handle<> resume_foreign(Continuation& self, PromiseBase&) noexcept {
    return static_cast<ResumeWaiter&>(self).go_on();
  }
};

/// As above, for one that awaits a task which takes turns of its own.
struct ResumeAfterTask : ResumeWaiter {
  ResumeAfterTask() noexcept { complete = &resume; }

  static std::coroutine_handle<> resume(Continuation& self, PromiseBase&) noexcept {
    auto& waiter = static_cast<ResumeAfterTask&>(self);
    return waiter.home->after_task(waiter);
  }
};

/// `co_await OwnStop{}` gives the stop state of the awaiting coroutine, or nullptr. Does not suspend.
struct OwnStop {
  StopState* state = nullptr;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> self) noexcept {
    state = stop_of(self);
    return false;
  }
  [[nodiscard]] StopState* await_resume() const noexcept { return state; }
};

} // namespace flowcoro::detail
