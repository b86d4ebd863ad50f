#pragma once
/// One task of a pool, from its submission until nobody knows it any more.
#include "flowcoro/base/intrusive_list.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/coro/outcome.hpp"
#include "flowcoro/coro/stop.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/mem/frame_pool.hpp"
#include "flowcoro/park/spin_lock.hpp"
#include "flowcoro/pool/pool_task.hpp"
#include "flowcoro/sched/spawn.hpp"

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace flowcoro::pool::detail {

class PoolCore;

/// The pool owns it until it has ended, and so do its handle and each wait for it.
class Job : public flowcoro::detail::Continuation, public ListNode {
 public:
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  [[nodiscard]] TaskId id() const noexcept { return id_; }
  [[nodiscard]] TaskPriority priority() const noexcept { return priority_; }
  /// acquire: whoever reads true sees the result.
  [[nodiscard]] bool ended() const noexcept { return ended_.load(std::memory_order_acquire); }
  /// After ended().
  [[nodiscard]] TaskEnd end() const noexcept { return end_; }
  /// After ended(). nullptr of one that completed, or was cancelled before it began.
  [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }
  void mark_received() noexcept { received_ = true; }

  /// Before it began, it ends without having run; else the coroutine is asked to end. The caller keeps the job.
  void request_stop() noexcept;

  void keep() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
  void let_go() noexcept {
    // The last owner needs not count itself out, because nobody else can become one. acquire, acq_rel: whoever frees the job sees what
    // all others did to it.
    if (owners_.load(std::memory_order_acquire) != 1 && owners_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (end_ == TaskEnd::failed && !received_) flowcoro::detail::report_unhandled(scheduler_, std::move(error_));
    free(*this);
  }

  // For PoolCore:

  /// It is about to be submitted.
  void prefetch() const noexcept {
    __builtin_prefetch(this, 1);
    __builtin_prefetch(&owners_, 1);
  }

  struct Body {
    flowcoro::detail::PromiseBase& promise;
    std::coroutine_handle<> handle;
  };
  /// Makes the coroutine, which then has the callable. Throws what that takes.
  [[nodiscard]] virtual Body make_body() = 0;
  /// It never starts.
  virtual void drop_callable() noexcept = 0;
  /// Takes the result from the coroutine that has ended. \return completed, failed or cancelled.
  [[nodiscard]] virtual TaskEnd take_result(flowcoro::detail::PromiseBase& promise) noexcept = 0;
  void set_error(std::exception_ptr error) noexcept { error_ = std::move(error); }

  /// Under lock_: gives the end to all who wait for it. They are posted once the lock is free.
  void publish(flowcoro::detail::Waiter::Queue& woken) noexcept {
    // release: pairs with ended().
    ended_.store(true, std::memory_order_release);
    core_ = nullptr;
    flowcoro::detail::Waiter::complete_all(waiters_, woken);
  }

 protected:
  using Free = void (*)(Job&) noexcept;

  Job(TaskPriority priority, Free free_memory) noexcept;
  virtual ~Job() = default;

 private:
  friend class PoolCore;
  friend class JobEnd;

  enum class Place : std::uint8_t { outside, pending, running, ended };

  static void free(Job& job) noexcept { job.free_(job); }

  const Free free_;
  Scheduler* scheduler_ = nullptr;
  PoolCore* core_ = nullptr; // while that may be used; guarded by lock_, once the job is submitted
  StopState stop_;
  TaskId id_{};
  SteadyTime since_{}; // in its place
  std::exception_ptr error_;
  flowcoro::detail::Waiter::Queue waiters_; // guarded by lock_
  std::atomic<std::uint32_t> owners_{2};    // the pool, and a handle
  SpinLock lock_;
  std::atomic<bool> ended_{false};
  const TaskPriority priority_;
  Place place_ = Place::outside; // guarded by the core's lock, as is overdue_
  TaskEnd end_ = TaskEnd::forgotten;
  bool overdue_ = false;
  bool received_ = false;
};

/// Awaits the end of a job, which the caller keeps.
/// Cancellation: ends the wait, not the job.
class [[nodiscard]] JobEnd : flowcoro::detail::Waiter {
 public:
  explicit JobEnd(Job& job) noexcept : Waiter{job.lock_}, job_{job} {}

  [[nodiscard]] bool await_ready() const noexcept { return job_.ended(); }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    return suspend_unless(waiter, job_.waiters_, [this] { return job_.ended(); });
  }
  void await_resume() { finish(); }

 private:
  Job& job_;
};

template <class T>
class TypedJob : public Job {
 public:
  /// After ended(), once. Rethrows.
  [[nodiscard]] T take() {
    if (taken_) throw NoResult{};
    taken_ = true;
    if (end() != TaskEnd::completed) {
      mark_received();
      if (error() != nullptr) std::rethrow_exception(error());
      throw OperationCancelled{}; // it never began
    }
    if constexpr (!std::is_void_v<T>) return static_cast<T>(*std::move(value_));
  }

 protected:
  using Job::Job;

  std::optional<flowcoro::detail::Regular<T>> value_;

 private:
  bool taken_ = false;
};

/// The callable lies here until the task starts, so that a waiting task has no frame.
template <class T, class F, class... Args>
class JobOf final : public TypedJob<T> {
 public:
  template <class G, class... As>
  JobOf(TaskPriority priority, Job::Free free_memory, G&& function, As&&... args)
      : TypedJob<T>{priority, free_memory},
        call_{std::in_place, std::forward<G>(function), std::forward<As>(args)...} {}
  ~JobOf() override = default;

 private:
  [[nodiscard]] Job::Body make_body() override {
    Lazy<T> body = std::apply(
        [](F& function, Args&... args) {
          return flowcoro::detail::make_spawnable<T>(std::move(function), std::move(args)...);
        },
        *call_);
    drop_callable();
    flowcoro::detail::Promise<T>& promise = *flowcoro::detail::TaskAccess::release(body);
    return {promise, flowcoro::detail::handle_of(promise)};
  }
  void drop_callable() noexcept override { call_.reset(); }

  [[nodiscard]] TaskEnd take_result(flowcoro::detail::PromiseBase& ended) noexcept override {
    auto& promise = static_cast<flowcoro::detail::Promise<T>&>(ended);
    TaskEnd end = promise.cancelled() ? TaskEnd::cancelled : TaskEnd::failed;
    if (promise.result_kind() == flowcoro::detail::ResultKind::error) {
      this->set_error(promise.error());
    } else {
      try {
        if constexpr (std::is_void_v<T>)
          promise.take_result();
        else
          this->value_.emplace(promise.take_result());
        end = TaskEnd::completed;
      } catch (...) {
        this->set_error(std::current_exception()); // moving the value threw
      }
    }
    flowcoro::detail::handle_of(promise).destroy();
    return end;
  }

  std::optional<std::tuple<F, Args...>> call_;
};

/// In memory that is recycled as that of frames is. Throws std::bad_alloc, and what copies of the arguments throw.
template <class F, class... Args>
[[nodiscard]] auto& make_job(TaskPriority priority, F&& function, Args&&... args) {
  using T = flowcoro::detail::spawn_result_t<std::decay_t<F>, std::decay_t<Args>...>;
  using Made = JobOf<T, std::decay_t<F>, std::decay_t<Args>...>;
  constexpr bool pooled = alignof(Made) <= frame_class_bytes;
  const auto free_memory = [](Job& job) noexcept {
    auto& made = static_cast<Made&>(job);
    made.~Made();
    if constexpr (pooled)
      deallocate_frame(&made, sizeof(Made));
    else
      ::operator delete(&made, std::align_val_t{alignof(Made)});
  };
  void* memory = pooled ? allocate_frame(sizeof(Made)) : ::operator new(sizeof(Made), std::align_val_t{alignof(Made)});
  try {
    return *::new (memory) Made{priority, free_memory, std::forward<F>(function), std::forward<Args>(args)...};
  } catch (...) {
    if constexpr (pooled)
      deallocate_frame(memory, sizeof(Made));
    else
      ::operator delete(memory, std::align_val_t{alignof(Made)});
    throw;
  }
}

} // namespace flowcoro::pool::detail
