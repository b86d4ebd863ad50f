#pragma once
/// A second reason for something to stop.
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/stop_link.hpp"
#include "flowcoro/coro/detail/stoppable_child.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/stop.hpp"

#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>

namespace flowcoro {
namespace detail {

template <class Child>
class StopAwaiter : Continuation {
 public:
  StopAwaiter(Child& child, const StopToken& token) noexcept
      : Continuation{&child_finished}, child_{child}, token_{token} {}

  [[nodiscard]] bool await_ready() const noexcept { return child_.over(); }
  template <class P>
  [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> waiter) {
    Scheduler& home = home_of(waiter);
    waiter_.set_waiter(waiter);
    from_waiter_.emplace(stop_of(waiter), child_.stop());
    from_token_.emplace(StopAccess::state(token_), child_.stop());
    return child_.start(home, *this);
  }
  typename Child::value_type await_resume() {
    from_token_.reset();
    from_waiter_.reset();
    if (!child_.task().valid()) throw NoResult{};
    return take_result(child_.task());
  }

  [[nodiscard]] const void* awaited() noexcept { return TaskAccess::promise(child_.task()); }

 private:
  static std::coroutine_handle<> child_finished(Continuation& self, PromiseBase& child) noexcept {
    auto& waiter = static_cast<StopAwaiter&>(self).waiter_;
    return waiter.complete(waiter, child);
  }

  StoppableChild<Child> child_;
  const StopToken& token_;
  typename StoppableChild<Child>::Waiter waiter_;
  std::optional<StopLink> from_waiter_;
  std::optional<StopLink> from_token_;
};

template <class Child>
class [[nodiscard]] WithStop {
 public:
  WithStop(Child child, StopToken token) noexcept : child_{std::move(child)}, token_{std::move(token)} {}

  [[nodiscard]] auto operator co_await() & noexcept { return StopAwaiter<Child>{child_, token_}; }
  [[nodiscard]] auto operator co_await() && noexcept { return StopAwaiter<Child>{child_, token_}; }

 private:
  Child child_;
  StopToken token_;
};

} // namespace detail

/// `auto stoppable = with_stop(fetch(url), closing.token()); Page page = co_await stoppable;`
/// Waits, which cannot be moved, are given as lvalues, or made by a callable, as for with_timeout().
/// Awaits `awaitable`, which is asked to stop by a request of `token` as well as by one for the awaiting coroutine. Gives what it gives:
/// it ends with OperationCancelled if the request ended one of its waits, by whichever way it came. A request that was made before
/// lets it run up to its first wait.
/// Cancellation: passes the request on. Allocates: a frame if `awaitable` is neither Lazy nor Task. Cost: two registrations.
template <detail::ChildSource A>
[[nodiscard]] auto with_stop(A&& awaitable, StopToken token) {
  return detail::WithStop<detail::OnlyChild<A>>{detail::only_child(std::forward<A>(awaitable)), std::move(token)};
}

static_assert(Awaitable<detail::WithStop<Lazy<int>>> && Awaitable<detail::WithStop<Task<void>>&>);

} // namespace flowcoro
