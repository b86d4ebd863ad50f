#pragma once
/// Starts work on a scheduler's workers: the first step is queued, not run here.
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/runtime.hpp"

#include <functional>
#include <type_traits>
#include <utility>

namespace flowcoro {
namespace detail {

/// What a spawned callable gives: the result of the coroutine that it makes, or its plain result.
template <class R>
struct SpawnResult {
  using type = R;
};
template <class T, Start start, class Policy>
struct SpawnResult<BasicTask<T, start, Policy>> {
  using type = T;
};
template <class F, class... Args>
using spawn_result_t = typename SpawnResult<std::invoke_result_t<F, Args...>>::type;

/// True for a function whose parameters are all values: its coroutine keeps copies of them by itself.
template <class F>
inline constexpr bool takes_values = false;
template <class R, class... Params>
inline constexpr bool takes_values<R (*)(Params...)> = (!std::is_reference_v<Params> && ...);
template <class R, class... Params>
inline constexpr bool takes_values<R (*)(Params...) noexcept> = (!std::is_reference_v<Params> && ...);
template <class R, class C, class... Params>
inline constexpr bool takes_values<R (C::*)(Params...) const> = (!std::is_reference_v<Params> && ...);
template <class R, class C, class... Params>
inline constexpr bool takes_values<R (C::*)(Params...) const noexcept> = (!std::is_reference_v<Params> && ...);

template <class F>
consteval bool keeps_its_arguments() {
  if constexpr (std::is_pointer_v<F>) return takes_values<F>;
  // A lambda without captures; a generic one has no single operator() to look at.
  else if constexpr (std::is_empty_v<F> && requires { &F::operator(); })
    return takes_values<decltype(&F::operator())>;
  else
    return false;
}

/// A frame that keeps the callable and its arguments for as long as the work takes.
template <class R, class F, class... Args>
Lazy<R> call_in_frame(F function, Args... args) {
  using Made = std::invoke_result_t<F, Args...>;
  if constexpr (std::is_same_v<Made, R>) {
    co_return std::invoke(std::forward<F>(function), std::forward<Args>(args)...);
  } else {
    Made made = std::invoke(std::forward<F>(function), std::forward<Args>(args)...);
    auto&& end = end_in_place(made);
    co_return co_await end;
  }
}

/// The callable's own coroutine where that keeps everything it needs, else one around it.
template <class R, class F, class... Args>
Lazy<R> make_spawnable(F&& function, Args&&... args) {
  using Function = std::decay_t<F>;
  if constexpr (std::is_same_v<std::invoke_result_t<Function, std::decay_t<Args>...>, Lazy<R>> &&
                keeps_its_arguments<Function>())
    return std::invoke(std::forward<F>(function), std::forward<Args>(args)...);
  else
    return call_in_frame<R, Function, std::decay_t<Args>...>(std::forward<F>(function), std::forward<Args>(args)...);
}

template <class T, class Policy>
BasicTask<T, Start::eager, Policy> post_as_task(Scheduler& scheduler, BasicTask<T, Start::lazy, Policy> lazy) {
  Promise<T>& promise = *TaskAccess::promise(lazy);
  promise.become_root(&scheduler);
  note_queued(promise);
  scheduler.post_new(promise, handle_of(promise));
  // From here on the workers may have it; this thread only owns its end.
  return TaskAccess::adopt<T, Start::eager, Policy>(*TaskAccess::release(lazy));
}

[[nodiscard]] inline Scheduler& here_or_default() {
  Scheduler* here = current_scheduler();
  return here != nullptr ? *here : default_scheduler();
}

} // namespace detail

/// Calls `function(args...)` on a worker of `scheduler` and gives a Task for its result. A callable that makes a coroutine is
/// awaited. The callable and the arguments are moved or copied into the task, so a coroutine lambda may use its captures; pass
/// std::ref for a reference. Dropping the Task requests stop, as for every Task.
/// Throws RuntimeStopped, or std::bad_alloc; then nothing was started. Threads: any. Allocates: the coroutine's frame.
template <class F, class... Args>
  requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
auto spawn_on(Scheduler& scheduler, F&& function, Args&&... args)
    -> Task<detail::spawn_result_t<std::decay_t<F>, std::decay_t<Args>...>> {
  using R = detail::spawn_result_t<std::decay_t<F>, std::decay_t<Args>...>;
  return detail::post_as_task(scheduler,
                              detail::make_spawnable<R>(std::forward<F>(function), std::forward<Args>(args)...));
}
template <class F, class... Args>
  requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
auto spawn_on(Runtime& runtime, F&& function, Args&&... args) {
  return spawn_on(runtime.scheduler(), std::forward<F>(function), std::forward<Args>(args)...);
}

/// On the scheduler of the calling thread, or on the default runtime elsewhere.
template <class F, class... Args>
  requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
auto spawn(F&& function, Args&&... args) {
  return spawn_on(detail::here_or_default(), std::forward<F>(function), std::forward<Args>(args)...);
}
/// Hands a Lazy over to the workers, as a task of its own.
template <class T, class Policy>
BasicTask<T, Start::eager, Policy> spawn(BasicTask<T, Start::lazy, Policy> lazy) {
  if (!lazy.valid()) throw NoResult{};
  return detail::post_as_task(detail::here_or_default(), std::move(lazy));
}

} // namespace flowcoro
