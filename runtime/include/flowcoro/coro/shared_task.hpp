#pragma once
/// One result, any number of awaiters.
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/coro/task.hpp"

#include <coroutine>
#include <exception>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace flowcoro {

/// Copyable handle to a running task: each `co_await` gives a const reference to the same result (the reference itself for T&,
/// nothing for void), or rethrows the same exception. The result lives as long as any copy of the SharedTask; an exception that
/// no awaiter received until then goes to the runtime's handler.
/// When the last copy goes before the task has finished, stop is requested for it. Threads: any.
template <class T>
class SharedTask {
  class Awaiter;

  struct Shared {
    mutable SpinLock lock; // guards done, error_is_lost and waiters
    bool done = false;
    bool error_is_lost = false; // an error that no awaiter has received so far
    detail::Waiter::Queue waiters;
    detail::ResultSlot<T> result;
    detail::ResultKind kind = detail::ResultKind::none;

    Scheduler* finished_on = nullptr;

    ~Shared() {
      if (error_is_lost) detail::report_unhandled(finished_on, result.error());
      result.clear(kind);
    }

    void finish(bool failed) noexcept {
      detail::Waiter::Queue woken;
      {
        const std::lock_guard hold{lock};
        done = true;
        error_is_lost = failed;
        finished_on = current_scheduler();
        while (detail::Waiter* waiter = waiters.pop_front()) {
          waiter->complete();
          woken.push_back(*waiter);
        }
      }
      while (detail::Waiter* waiter = woken.pop_front()) waiter->post();
    }
  };

 public:
  using value_type = T;

  /// Takes over a task; a Lazy is started here.
  template <Start start, class Policy>
  explicit SharedTask(BasicTask<T, start, Policy> task) : state_{std::make_shared<Shared>()} {
    if (!task.valid()) throw NoResult{};
    driver_ = std::make_shared<Task<void>>(drive(state_, std::move(task)));
  }

  [[nodiscard]] bool done() const noexcept {
    const std::lock_guard hold{state_->lock};
    return state_->done;
  }

  /// Cancellation: throws OperationCancelled for this awaiter alone; safe, the task and the others go on.
  [[nodiscard]] Awaiter operator co_await() const noexcept { return Awaiter{state_}; }

 private:
  template <Start start, class Policy>
  static Task<void> drive(std::shared_ptr<Shared> state, BasicTask<T, start, Policy> task) {
    bool failed = false;
    try {
      if constexpr (std::is_void_v<T>) {
        co_await task;
        state->result.set_value(state->kind);
      } else {
        state->result.set_value(state->kind, co_await task);
      }
    } catch (const OperationCancelled&) {
      state->result.set_error(state->kind, std::current_exception());
    } catch (...) {
      state->result.set_error(state->kind, std::current_exception());
      failed = true;
    }
    state->finish(failed);
  }

  std::shared_ptr<Shared> state_;
  std::shared_ptr<Task<void>> driver_; // the last copy drops the task
};

template <class T>
class [[nodiscard]] SharedTask<T>::Awaiter : detail::Waiter {
 public:
  explicit Awaiter(std::shared_ptr<Shared> state) noexcept : Waiter{state->lock}, state_{std::move(state)} {}

  [[nodiscard]] bool await_ready() const noexcept {
    const std::lock_guard hold{state_->lock};
    return state_->done;
  }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    prepare(waiter);
    const std::lock_guard hold{state_->lock};
    if (cancelled() || state_->done) return false;
    enqueue(state_->waiters);
    return true;
  }
  decltype(auto) await_resume() {
    finish();
    if (state_->kind == detail::ResultKind::error) {
      {
        const std::lock_guard hold{state_->lock};
        state_->error_is_lost = false;
      }
      std::rethrow_exception(state_->result.error());
    }
    if constexpr (std::is_reference_v<T>)
      return state_->result.get();
    else if constexpr (!std::is_void_v<T>)
      return std::as_const(state_->result.get());
  }

 private:
  std::shared_ptr<Shared> state_;
};

} // namespace flowcoro
