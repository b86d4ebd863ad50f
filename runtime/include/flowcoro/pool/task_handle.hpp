#pragma once
/// The result of a task that a pool runs.
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/pool/detail/job.hpp"
#include "flowcoro/pool/detail/pool_core.hpp"
#include "flowcoro/pool/pool_task.hpp"

#include <coroutine>
#include <optional>
#include <utility>

namespace flowcoro::pool {

/// Move-only. `co_await handle` gives what the task returned, once, or rethrows what it threw; OperationCancelled when it was
/// cancelled or timed out, and NoResult when the handle is empty or the result was taken before.
/// Dropping it leaves the task to the pool, which runs it to its end; an exception that nobody receives then goes to the handler of the
/// runtime. Threads: one at a time. It may outlive the pool.
template <class T>
class [[nodiscard]] TaskHandle {
  class Awaiter;

 public:
  using value_type = T;

  TaskHandle() = default;
  TaskHandle(TaskHandle&& other) noexcept : job_{std::exchange(other.job_, nullptr)} {}
  TaskHandle& operator=(TaskHandle&& other) noexcept {
    if (this != &other) {
      drop();
      job_ = std::exchange(other.job_, nullptr);
    }
    return *this;
  }
  ~TaskHandle() { drop(); }

  /// Of the task, in its pool. Precondition of this and all below: the handle is not empty.
  [[nodiscard]] TaskId id() const noexcept { return job().id(); }
  [[nodiscard]] TaskPriority priority() const noexcept { return job().priority(); }
  /// True when awaiting would not suspend.
  [[nodiscard]] bool done() const noexcept { return job().ended(); }
  /// Nothing while it has not ended.
  [[nodiscard]] std::optional<TaskEnd> end() const noexcept {
    return done() ? std::optional{job().end()} : std::nullopt;
  }
  [[nodiscard]] bool valid() const noexcept { return job_ != nullptr; }
  /// A task that waits for its start will not start; one that runs is asked to end at its next wait.
  void request_stop() noexcept { job().request_stop(); }

  /// Cancellation: ends the wait, not the task.
  [[nodiscard]] Awaiter operator co_await() & noexcept { return Awaiter{job_}; }
  [[nodiscard]] Awaiter operator co_await() && noexcept { return Awaiter{job_}; }

  /// For the pool. The caller's share of the job becomes the handle's.
  explicit TaskHandle(detail::TypedJob<T>& job) noexcept : job_{&job} {}
  [[nodiscard]] detail::TypedJob<T>& job() const noexcept {
    FLOWCORO_ASSERT(job_ != nullptr, "this TaskHandle is empty");
    return *job_;
  }
  /// The share goes back to the caller.
  [[nodiscard]] detail::TypedJob<T>& release() noexcept { return *std::exchange(job_, nullptr); }

 private:
  void drop() noexcept {
    if (job_ != nullptr) job_->let_go();
  }

  detail::TypedJob<T>* job_ = nullptr;
};

template <class T>
class [[nodiscard]] TaskHandle<T>::Awaiter {
 public:
  explicit Awaiter(detail::TypedJob<T>* job) noexcept : job_{job} {
    if (job != nullptr) end_.emplace(*job);
  }

  [[nodiscard]] bool await_ready() const noexcept { return job_ == nullptr || end_->await_ready(); }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    return end_->await_suspend(waiter);
  }
  T await_resume() {
    if (job_ == nullptr) throw NoResult{};
    end_->await_resume();
    return job_->take();
  }

 private:
  detail::TypedJob<T>* job_;
  std::optional<detail::JobEnd> end_;
};

static_assert(Awaitable<TaskHandle<int>&> && Awaitable<TaskHandle<void>>);

} // namespace flowcoro::pool
