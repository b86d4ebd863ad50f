#pragma once
/// N independent tasks without N queued frames: the index range is shared out, each worker makes the frames that it runs.
#include "flowcoro/base/cache_line.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/detail/stop_link.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/yield.hpp"

#include <algorithm>
#include <atomic>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace flowcoro {
namespace detail {

/// `co_await OwnHome{}` gives the scheduler where the awaiting coroutine goes on after each wait. Does not suspend.
struct OwnHome {
  Scheduler* home = nullptr;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> self) {
    home = &home_of(self);
    return false;
  }
  [[nodiscard]] Scheduler& await_resume() const noexcept { return *home; }
};

/// Shared by everybody who works on one spawn_many call; lives in the frame of that call.
class ManyJob : Continuation {
 public:
  ManyJob(std::size_t count, StopState* parent_stop) noexcept
      : Continuation{&helper_finished}, count_{count}, from_parent_{parent_stop, stop_} {}

  /// The next indices to run. \return false when there are none, or somebody asked to stop.
  [[nodiscard]] bool claim(std::size_t& begin, std::size_t& end) noexcept {
    if (stop_.stop_requested()) return false;
    const std::size_t grain = grain_.load(std::memory_order_relaxed);
    begin = next_.fetch_add(grain, std::memory_order_relaxed);
    if (begin >= count_) return false;
    end = std::min(count_, begin + grain);
    return true;
  }
  [[nodiscard]] std::size_t unclaimed() const noexcept {
    return count_ - std::min(count_, next_.load(std::memory_order_relaxed));
  }
  void set_grain(std::size_t grain) noexcept { grain_.store(grain, std::memory_order_relaxed); }

  void expect_one_more() noexcept { pending_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] Continuation& helper_end() noexcept { return *this; }
  [[nodiscard]] StopState& stop() noexcept { return stop_; }

  void failed(std::exception_ptr error, bool cancelled, Scheduler* scheduler) noexcept {
    if (cancelled) {
      // Not counted as completed; joined() tells it from that.
    } else if (!failed_.exchange(true, std::memory_order_relaxed)) {
      error_ = std::move(error);
    } else {
      report_unhandled(scheduler, std::move(error));
    }
    stop_.request_stop();
  }
  void completed(std::size_t tasks) noexcept { completed_.fetch_add(tasks, std::memory_order_relaxed); }

  /// One of the expected has ended. \return what to resume: the caller of spawn_many after the last.
  [[nodiscard]] std::coroutine_handle<> arrive() noexcept {
    if (pending_.fetch_sub(1, std::memory_order_acq_rel) != 1) return std::noop_coroutine();
    return waiter_.go_on();
  }
  /// As arrive(), where it cannot be the last.
  void arrive_early() noexcept { pending_.fetch_sub(1, std::memory_order_acq_rel); }

  struct Joined {
    ManyJob& job;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P>
    [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) noexcept {
      job.waiter_.handle = waiter;
      job.waiter_.home = &home_of(waiter);
      return job.pending_.fetch_sub(1, std::memory_order_acq_rel) != 1;
    }
    void await_resume() const {
      if (job.failed_.load(std::memory_order_relaxed)) std::rethrow_exception(job.error_);
      if (job.completed_.load(std::memory_order_relaxed) != job.count_) throw OperationCancelled{};
    }
  };
  /// Waits for all helpers and all suspended tasks; rethrows the first error.
  [[nodiscard]] Joined joined() noexcept { return {*this}; }

 private:
  static std::coroutine_handle<> helper_finished(Continuation& self, PromiseBase&) noexcept {
    return static_cast<ManyJob&>(self).arrive();
  }

  const std::size_t count_;
  StopState stop_;
  const StopLink from_parent_;
  ResumeWaiter waiter_;
  std::exception_ptr error_;
  std::atomic<bool> failed_{false};
  std::atomic<std::size_t> completed_{0};
  std::atomic<std::size_t> grain_{32};
  alignas(cache_line_bytes) std::atomic<std::size_t> next_{0};
  alignas(cache_line_bytes) std::atomic<std::size_t> pending_{1}; // one for the caller
};

/// Where a task goes that had to wait: its frame ends here, the range that made it is long past.
struct ManyTaskEnd : Continuation {
  explicit ManyTaskEnd(ManyJob& of) noexcept : Continuation{&finished}, job{of} {}
  ManyJob& job;

  void collect(Promise<void>& task) const noexcept {
    if (task.result_kind() == ResultKind::error)
      job.failed(task.error(), task.cancelled(), task.scheduler());
    else
      job.completed(1);
  }
  static std::coroutine_handle<> finished(Continuation& self, PromiseBase& ended) noexcept {
    auto& end = static_cast<ManyTaskEnd&>(self);
    auto& task = static_cast<Promise<void>&>(ended);
    end.collect(task);
    handle_of(task).destroy();
    return end.job.arrive();
  }
};

/// Runs the tasks [begin, end) on this thread, each up to its first suspension; from there on they run at `home`.
template <class F>
void run_range(ManyTaskEnd& end_of_waiting, Scheduler& home, F& function, std::size_t begin, std::size_t end) noexcept {
  ManyJob& job = end_of_waiting.job;
  std::size_t completed = 0;
  try {
    for (std::size_t i = begin; i < end; ++i) {
      if constexpr (std::is_void_v<std::invoke_result_t<F&, std::size_t>>) {
        function(i);
        ++completed;
      } else {
        Lazy<void> task = function(i);
        Promise<void>& promise = *TaskAccess::promise(task);
        promise.become_started_child(&home, job.stop());
        handle_of(promise).resume();
        if (promise.done()) {
          if (promise.result_kind() == ResultKind::value)
            ++completed;
          else
            end_of_waiting.collect(promise);
          continue;
        }
        job.expect_one_more();
        if (promise.try_await(end_of_waiting)) {
          static_cast<void>(TaskAccess::release(task)); // may have ended and be gone
        } else {
          end_of_waiting.collect(promise);
          job.arrive_early();
        }
      }
    }
  } catch (const OperationCancelled&) {
    job.failed(std::current_exception(), true, &home);
  } catch (...) {
    job.failed(std::current_exception(), false, &home);
  }
  job.completed(completed);
}

template <class F>
Lazy<void> run_share(ManyTaskEnd& end_of_waiting, Scheduler& home, F& function) {
  std::size_t begin = 0;
  std::size_t end = 0;
  while (end_of_waiting.job.claim(begin, end)) {
    run_range(end_of_waiting, home, function, begin, end);
    co_await yield(); // others on this worker get a turn, and timers fire
  }
}

/// A run_share on another worker.
struct ManyHelper {
  Lazy<void> share;
  ReadyNode node;

  void post(Scheduler& scheduler, ManyJob& job) noexcept {
    Promise<void>& promise = *TaskAccess::promise(share);
    job.expect_one_more();
    promise.become_child(&scheduler, &job.stop(), job.helper_end());
    node.handle = handle_of(promise);
    scheduler.post_elsewhere(node);
  }
};

/// How to share out what is left, from the time that the first tasks took.
struct ManyPlan {
  // Waking a worker costs 10 to 50 us on common machines, so less work than that is not worth a wake.
  static constexpr std::int64_t worth_a_helper_ns = 50'000;
  static constexpr std::int64_t turn_ns = 20'000;
  /// How long the caller tries the work alone, in batches that double: the last one tells what a task takes in warm caches.
  static constexpr std::int64_t trial_ns = 6'000;

  std::size_t helpers = 0;
  std::size_t grain = 1;

  static ManyPlan make(std::int64_t task_ns, std::size_t left, std::size_t workers) noexcept {
    const auto left_tasks = static_cast<std::int64_t>(std::min<std::size_t>(left, std::size_t{1} << 40));
    const auto useful = static_cast<std::size_t>(
        left_tasks > worth_a_helper_ns / task_ns ? 1 + left_tasks / (1 + worth_a_helper_ns / task_ns) : 0);
    const std::size_t fair = std::max<std::size_t>(1, left / (4 * workers));
    return {std::min(workers - 1, useful),
            std::clamp<std::size_t>(static_cast<std::size_t>(turn_ns / task_ns), 1, fair)};
  }
};

/// \return how many there are; without memory for all of them the work is done by fewer.
template <class F>
std::size_t post_helpers(std::vector<ManyHelper>& helpers, std::size_t count, ManyTaskEnd& end_of_waiting,
                         Scheduler& home, F& function) noexcept {
  try {
    helpers.reserve(count);
    while (helpers.size() < count) {
      helpers.push_back({run_share(end_of_waiting, home, function), {}});
      helpers.back().post(home, end_of_waiting.job);
    }
  } catch (const std::bad_alloc&) {
    return helpers.size();
  }
  return count;
}

template <class F>
concept ManyFunction =
    std::invocable<F&, std::size_t> && (std::is_void_v<std::invoke_result_t<F&, std::size_t>> ||
                                        std::is_same_v<std::invoke_result_t<F&, std::size_t>, Lazy<void>>);

} // namespace detail

/// `co_await spawn_many(n, f)` runs f(0) … f(n-1) on all workers, in no particular order, and continues when all have finished.
/// f gives nothing, or a Lazy<void>, which may suspend. It is called from several threads at once, and stores results itself,
/// for example into element i of a vector. Frames exist only for tasks that have started: finished ones are recycled at once.
/// The caller works too; other workers are woken only when there is more to do than a wake costs.
/// Errors: the first one is rethrown after all that has started was joined; tasks not yet started are left out.
/// Cancellation: the same, with OperationCancelled.
template <detail::ManyFunction F>
Lazy<void> spawn_many(std::size_t count, F function) {
  StopState* stop = co_await detail::OwnStop{};
  Scheduler& scheduler = co_await detail::OwnHome{};
  detail::ManyJob job{count, stop};
  detail::ManyTaskEnd end_of_waiting{job};
  std::vector<detail::ManyHelper> helpers;

  // Here, where it may fail: once a task runs, this frame may not be left without joining it.
  Lazy<void> own_share = detail::run_share(end_of_waiting, scheduler, function);

  std::int64_t task_ns = 1;
  job.set_grain(1);
  SteadyTime now = scheduler.work_clock();
  const SteadyTime trial_end = deadline_after(now, Nanoseconds{detail::ManyPlan::trial_ns});
  for (std::size_t begin = 0, end = 0; now < trial_end && job.claim(begin, end);) {
    detail::run_range(end_of_waiting, scheduler, function, begin, end);
    const SteadyTime before = std::exchange(now, scheduler.work_clock());
    task_ns = std::max<std::int64_t>(1, (now - before).count() / static_cast<std::int64_t>(end - begin));
    job.set_grain(end); // as many as all so far
  }
  if (const std::size_t left = job.unclaimed(); left != 0) {
    const auto plan = detail::ManyPlan::make(task_ns, left, scheduler.concurrency());
    job.set_grain(plan.grain);
    detail::post_helpers(helpers, plan.helpers, end_of_waiting, scheduler, function);
    co_await own_share;
  }
  auto joined = job.joined();
  co_await joined;
}

} // namespace flowcoro
