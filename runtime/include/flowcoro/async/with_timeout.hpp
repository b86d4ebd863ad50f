#pragma once
/// A limit on the time that something may take.
#include "flowcoro/async/detail/two_ends.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/coro/detail/resumable_function.hpp"
#include "flowcoro/coro/detail/stop_link.hpp"
#include "flowcoro/coro/detail/stoppable_child.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/outcome.hpp"
#include "flowcoro/sched/timer_queue.hpp"

#include <chrono>
#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>

namespace flowcoro {
namespace detail {

/// A duration counts from the co_await, by the clock of the awaiting coroutine's scheduler.
class TimeLimit {
 public:
  explicit TimeLimit(Nanoseconds duration) noexcept : span_{duration}, from_now_{true} {}
  explicit TimeLimit(SteadyTime deadline) noexcept : span_{deadline.time_since_epoch()}, from_now_{false} {}

  [[nodiscard]] SteadyTime deadline(SteadyTime now) const noexcept {
    return from_now_ ? deadline_after(now, span_) : SteadyTime{span_};
  }

 private:
  Nanoseconds span_;
  bool from_now_;
};

/// The child and the timer both end, in any order: whoever is second resumes the waiter. A child that ends before its timer cancels
/// it, and then counts for both. The timer only asks the child to stop.
template <class Child>
class TimeoutAwaiter : Continuation, ResumableFunction {
  using T = typename Child::value_type;

 public:
  TimeoutAwaiter(Child& child, TimeLimit limit) noexcept
      : Continuation{&child_finished}, ResumableFunction{&time_is_up}, child_{child}, limit_{limit} {}

  [[nodiscard]] bool await_ready() const noexcept { return child_.over(); }
  template <class P>
  [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> waiter) {
    Scheduler& home = home_of(waiter);
    waiter_.set_waiter(waiter);
    from_waiter_.emplace(stop_of(waiter), child_.stop());
    const SteadyTime now = home.now();
    const SteadyTime deadline = limit_.deadline(now);
    if (deadline <= now)
      timed_out_ = child_.stop().request_stop();
    else if (deadline != no_deadline)
      arm(home, deadline);
    return child_.start(home, *this);
  }
  std::optional<Regular<T>> await_resume() {
    from_waiter_.reset();
    Child& task = child_.task();
    if (!task.valid()) throw NoResult{};
    if (timed_out_ && TaskAccess::promise(task)->cancelled()) {
      handle_of(*TaskAccess::release(task)).destroy();
      return std::nullopt;
    }
    if constexpr (std::is_void_v<T>) {
      take_result(task);
      return std::optional<Regular<T>>{std::in_place};
    } else {
      return std::optional<Regular<T>>{std::in_place, take_result(task)};
    }
  }

  [[nodiscard]] const void* awaited() noexcept { return TaskAccess::promise(child_.task()); }

 private:
  void arm(Scheduler& home, SteadyTime deadline) {
    timer_.handle = as_handle();
    timer_.set_deadline(deadline);
    timer_.place = home.timer_place();
    timed_ = true;
    ends_.expect(); // the timer queue's lock shows it to the thread on which the timer fires
    // Never refused: only the end of the child cancels it, and that has not started or has not been asked for its end.
    static_cast<void>(home.arm_timer(timer_));
  }

  static void time_is_up(void* frame) noexcept {
    auto& awaiter = static_cast<TimeoutAwaiter&>(ResumableFunction::of(frame));
    // False when the waiter was asked to stop before: then that is why the child ends.
    awaiter.timed_out_ = awaiter.child_.stop().request_stop();
    if (awaiter.ends_.is_second()) awaiter.waiter_.home->post(awaiter.waiter_);
  }
  static std::coroutine_handle<> child_finished(Continuation& self, PromiseBase& child) noexcept {
    auto& awaiter = static_cast<TimeoutAwaiter&>(self);
    auto& waiter = awaiter.waiter_;
    if (awaiter.timed_ && !waiter.home->cancel_timer(awaiter.timer_) && !awaiter.ends_.is_second())
      return std::noop_coroutine();
    return waiter.complete(waiter, child);
  }

  StoppableChild<Child> child_;
  TimeLimit limit_;
  typename StoppableChild<Child>::Waiter waiter_;
  std::optional<StopLink> from_waiter_;
  TimerNode timer_;
  TwoEnds ends_;
  bool timed_ = false;
  bool timed_out_ = false; // the request for stop was the timer's
};

template <class Child>
class [[nodiscard]] WithTimeout {
 public:
  WithTimeout(Child child, TimeLimit limit) noexcept : child_{std::move(child)}, limit_{limit} {}

  [[nodiscard]] auto operator co_await() & noexcept { return TimeoutAwaiter<Child>{child_, limit_}; }
  [[nodiscard]] auto operator co_await() && noexcept { return TimeoutAwaiter<Child>{child_, limit_}; }

 private:
  Child child_;
  TimeLimit limit_;
};

} // namespace detail

/// `auto limited = with_timeout(fetch(url), 50ms); std::optional<Page> page = co_await limited;`
/// The result of `awaitable`, or nullopt when `duration`, counted from the co_await, has passed: then it was asked to stop and ended
/// with OperationCancelled because of that, and has ended when this returns. It decides itself: what ends with a value all the same
/// gives that value, and an exception of its own is rethrown. A void result is std::monostate, a reference a std::reference_wrapper.
/// What is not awaited to its end in time goes on until its next wait; there is no limit on how long it takes to heed the request.
/// `awaitable` is taken over. Waits of the library cannot be moved: give them as an lvalue that lives until the limited one is over, or
/// a callable that makes them in the child's frame, `with_timeout([&] { return channel.receive(); }, 50ms)`.
/// A duration of zero or less: it is asked to stop before it starts, and so runs up to its first wait for something that is not there
/// at once. A huge one is no limit.
/// Cancellation: passes the request on, and ends as `awaitable` does, with OperationCancelled rather than nullopt.
/// Allocates: a frame if `awaitable` is neither Lazy nor Task; growth of the timer queue, and what that throws leaves through the
/// co_await before anything has started. Cost: one timer, and the cancelling of it.
template <detail::ChildSource A, class Rep, class Period>
[[nodiscard]] auto with_timeout(A&& awaitable, std::chrono::duration<Rep, Period> duration) {
  return detail::WithTimeout<detail::OnlyChild<A>>{detail::only_child(std::forward<A>(awaitable)),
                                                   detail::TimeLimit{saturating_nanoseconds(duration)}};
}

/// The same with a point in time: see current_time().
template <detail::ChildSource A>
[[nodiscard]] auto with_deadline(A&& awaitable, SteadyTime deadline) {
  return detail::WithTimeout<detail::OnlyChild<A>>{detail::only_child(std::forward<A>(awaitable)),
                                                   detail::TimeLimit{deadline}};
}

static_assert(Awaitable<detail::WithTimeout<Lazy<int>>> && Awaitable<detail::WithTimeout<Task<void>>&>);

} // namespace flowcoro
