#pragma once
/// Several coroutines, one waiter, one counter: the common part of when_all and when_any.
#include "flowcoro/coro/detail/stop_link.hpp"
#include "flowcoro/coro/task.hpp"

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace flowcoro::detail {

/// What ends the other children early.
enum class StopSiblings : std::uint8_t { never, on_error, on_first };

/// The continuation that all children share. The last one to finish resumes the waiter; the count starts one too high, so
/// that children which end while others are still being started do not resume a waiter that has not suspended.
class Join : public Continuation {
 public:
  explicit Join(StopSiblings mode) noexcept : Continuation{&child_finished}, mode_{mode} {}

  template <class P>
  void begin(std::coroutine_handle<P> waiter, std::size_t children) {
    waiter_.set_waiter(waiter);
    pending_.store(children + 1, std::memory_order_relaxed);
    from_waiter_.emplace(stop_of(waiter), stop_);
  }

  /// Starts a child on this thread, up to its first suspension.
  template <class T, class Policy>
  void add(BasicTask<T, Start::lazy, Policy>& child) noexcept {
    Promise<T>& promise = *TaskAccess::promise(child);
    promise.become_child(waiter_.home, &stop_, *this);
    handle_of(promise).resume();
  }
  /// Joins a task that runs already.
  template <class T, class Policy>
  void add(BasicTask<T, Start::eager, Policy>& child) noexcept {
    Promise<T>& promise = *TaskAccess::promise(child);
    if (promise.try_await(*this)) return;
    note(promise);
    // Cannot be the last: begin() counted one more.
    pending_.fetch_sub(1, std::memory_order_acq_rel);
  }

  /// \return false when every child has finished: then the waiter does not suspend. After true, touch nothing.
  [[nodiscard]] bool end() noexcept { return pending_.fetch_sub(1, std::memory_order_acq_rel) != 1; }

  /// First thing in await_resume.
  void finish() noexcept { from_waiter_.reset(); }

  /// The child that finished first; kept in mode on_first only.
  [[nodiscard]] const PromiseBase* first() const noexcept { return first_.load(std::memory_order_relaxed); }
  [[nodiscard]] StopState& stop() noexcept { return stop_; }

  /// The waiter, if `continuation` belongs to a join of which a child has not ended; else nullptr.
  [[nodiscard]] static const ResumeWaiter* waiter_of(const Continuation& continuation) noexcept {
    return continuation.complete == &child_finished ? &static_cast<const Join&>(continuation).waiter_ : nullptr;
  }

 private:
  friend struct PromiseLayout;

  /// Before the count goes down: afterwards this object may be gone.
  void note(PromiseBase& child) noexcept {
    if (mode_ == StopSiblings::on_first) {
      const PromiseBase* none = nullptr;
      if (first_.compare_exchange_strong(none, &child, std::memory_order_relaxed)) stop_.request_stop();
    } else if (mode_ == StopSiblings::on_error && child.result_kind() == ResultKind::error) {
      stop_.request_stop();
    }
  }

  static std::coroutine_handle<> child_finished(Continuation& self, PromiseBase& child) noexcept {
    auto& join = static_cast<Join&>(self);
    join.note(child);
    // acq_rel: the last one sees the results of all.
    if (join.pending_.fetch_sub(1, std::memory_order_acq_rel) != 1) return std::noop_coroutine();
    return join.waiter_.go_on();
  }

  std::atomic<std::size_t> pending_{0};
  ResumeWaiter waiter_;
  StopState stop_;
  std::optional<StopLink> from_waiter_;
  std::atomic<const PromiseBase*> first_{nullptr};
  StopSiblings mode_;
};

/// Passes a stop request for the children on to those that are Tasks; Lazy children share the join's stop state.
template <class ForEachTask>
class StopTasks : StopNode {
 public:
  StopTasks(StopState& state, ForEachTask for_each) noexcept
      : StopNode{[](StopNode& node) noexcept {
          static_cast<StopTasks&>(node).for_each_([](auto& task) noexcept { task.request_stop(); });
        }},
        state_{state},
        for_each_{for_each} {}

  void arm() noexcept {
    armed_ = state_.add(*this);
    if (!armed_) for_each_([](auto& task) noexcept { task.request_stop(); });
  }
  void disarm() noexcept {
    if (armed_) state_.remove(*this);
  }

 private:
  StopState& state_;
  ForEachTask for_each_;
  bool armed_ = false;
};

/// A child, of a join or by itself: tasks as they are, any other awaitable inside a Lazy.
template <class A>
struct AsChild;
template <class T, Start start, class Policy>
struct AsChild<BasicTask<T, start, Policy>> {
  using type = BasicTask<T, start>;
  static type make(BasicTask<T, start, Policy>&& task) noexcept { return std::move(task); }
};
template <class A>
struct AsChild {
  using type = Lazy<await_result_t<A>>;
  static type make(A awaitable) { co_return co_await std::move(awaitable); }
};
template <class A>
using ChildOf = typename AsChild<std::remove_cvref_t<A>>::type;
template <class A>
[[nodiscard]] ChildOf<A> child_of(A&& awaitable) {
  return AsChild<std::remove_cvref_t<A>>::make(std::forward<A>(awaitable));
}

/// The error that a join reports: the first, in order of the arguments, that is a failure of its own; else the first
/// "cancelled". The others have no receiver left and go to the runtime's handler.
class ErrorChoice {
 public:
  template <class T>
  void look_at(Promise<T>& child) {
    if (child.result_kind() != ResultKind::error) return;
    if (child.cancelled()) {
      if (cancelled_ == nullptr) cancelled_ = child.error();
    } else if (failure_ == nullptr) {
      failure_ = child.error();
    } else {
      report_unhandled(child.scheduler(), child.error());
    }
    child.drop_result();
  }
  void rethrow_if_any() const {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
    if (cancelled_ != nullptr) std::rethrow_exception(cancelled_);
  }

 private:
  std::exception_ptr failure_;
  std::exception_ptr cancelled_;
};

} // namespace flowcoro::detail
