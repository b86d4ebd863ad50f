#pragma once
/// From ordinary code into coroutines: blocks until an awaitable is done.
#include "flowcoro/coro/detail/thread_default.hpp"
#include "flowcoro/coro/task.hpp"

#include <concepts>
#include <coroutine>
#include <source_location>
#include <type_traits>
#include <utility>

namespace flowcoro {
namespace detail {

/// Continuation of the outermost coroutine: tells the blocked thread.
struct WakeThread : Continuation {
  WakeThread(Scheduler& on, StopState& stop, std::source_location where) noexcept
      : Continuation{&wake}, scheduler{on}, call{stop, where} {}

  Scheduler& scheduler;
  BlockingCall call;

  static std::coroutine_handle<> wake(Continuation& self, PromiseBase&) noexcept {
    auto& thread = static_cast<WakeThread&>(self);
    // The last touch: once the call is done, the blocked thread leaves and this object ends.
    thread.scheduler.set_done(thread.call);
    return std::noop_coroutine();
  }
};

inline void refuse_on_worker() {
  if (current_scheduler() != nullptr) throw BlockingCallOnWorker{};
}

template <class T>
T block_on(Scheduler& scheduler, Lazy<T> root, std::source_location where) {
  refuse_on_worker();
  Promise<T>& promise = *TaskAccess::promise(root);
  WakeThread thread{scheduler, promise.stop_state(), where};
  promise.become_child(&scheduler, nullptr, thread);
  scheduler.run_until(handle_of(promise), thread.call);
  return promise.take_result();
}

template <Awaitable A>
Lazy<await_result_t<A>> await_in_lazy(A&& awaitable) {
  co_return co_await std::forward<A>(awaitable);
}

} // namespace detail

/// Blocks until `awaitable` is done and gives its result, or rethrows. No hidden time limit. The calling thread works while it
/// waits: it runs the scheduler, so with one CPU nothing needs to switch threads.
/// Cancellation: a shutdown of the scheduler's runtime requests stop for what the call waits for.
/// Throws BlockingCallOnWorker on a worker of any runtime, RuntimeStopped after a shutdown began. Threads: any other.
template <Awaitable A>
  requires(!std::invocable<A>)
auto sync_wait(Scheduler& scheduler, A&& awaitable, std::source_location where = std::source_location::current())
    -> await_result_t<A> {
  if constexpr (std::is_same_v<std::remove_cvref_t<A>, A> && std::is_same_v<A, Lazy<await_result_t<A>>>) {
    if (!awaitable.valid()) throw NoResult{};
    return detail::block_on(scheduler, std::forward<A>(awaitable), where);
  } else {
    return detail::block_on(scheduler, detail::await_in_lazy(std::forward<A>(awaitable)), where);
  }
}

/// As above for a callable that gives an awaitable; it is called on this thread and kept until the result is there, so a
/// coroutine lambda may use its captures. Tasks that the call makes, itself or on its way to the first suspension, belong to `scheduler`.
template <std::invocable F>
  requires Awaitable<std::invoke_result_t<F>>
auto sync_wait(Scheduler& scheduler, F&& make, std::source_location where = std::source_location::current())
    -> await_result_t<std::invoke_result_t<F>> {
  detail::refuse_on_worker(); // before the call, which may start a Task
  const auto call = [&]() -> std::invoke_result_t<F> {
    const detail::ThreadDefault here{scheduler};
    return std::forward<F>(make)();
  };
  return sync_wait(scheduler, call(), where);
}

} // namespace flowcoro
