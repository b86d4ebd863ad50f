#pragma once
/// timeout_wrapper and make_timeout_task: with_timeout(), with an exception in place of an empty result.
#include "flowcoro/async/with_timeout.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/compat/cancellation.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/coro/with_stop.hpp"

#include <chrono>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace flowcoro {

/// The time was over first.
class timeout_error final : public std::runtime_error {
 public:
  timeout_error() : std::runtime_error{"the operation was not over in time"} {}
};

/// `timeout_wrapper wrapped{fetch(url), 50ms}; Page page = co_await wrapped;`
/// The result of the task, or timeout_error when the time, counted from the co_await, was over first: then the task was asked to stop, and
/// has ended. A stop of the awaiting task ends it with OperationCancelled.
template <class T>
class [[nodiscard]] timeout_wrapper {
 public:
  template <Start start, class Policy, class Rep, class Period>
  timeout_wrapper(BasicTask<T, start, Policy> task, std::chrono::duration<Rep, Period> timeout)
      : result_{limited(std::move(task), saturating_nanoseconds(timeout))} {}

  [[nodiscard]] auto operator co_await() & noexcept { return result_.operator co_await(); }
  [[nodiscard]] auto operator co_await() && noexcept { return std::move(result_).operator co_await(); }

 private:
  template <Start start, class Policy>
  static Lazy<T> limited(BasicTask<T, start, Policy> task, Nanoseconds timeout) {
    auto in_time = with_timeout(std::move(task), timeout);
    auto result = co_await in_time;
    if (!result.has_value()) throw timeout_error{};
    if constexpr (std::is_void_v<T>)
      co_return;
    else if constexpr (std::is_reference_v<T>)
      co_return result->get();
    else
      co_return std::move(*result);
  }

  Lazy<T> result_;
};
template <class T, Start start, class Policy, class Rep, class Period>
timeout_wrapper(BasicTask<T, start, Policy>, std::chrono::duration<Rep, Period>) -> timeout_wrapper<T>;

/// The same as a task that starts now, and whose time counts from now.
template <class T, Start start, class Policy, class Rep, class Period>
[[nodiscard]] Task<T> make_timeout_task(BasicTask<T, start, Policy> task, std::chrono::duration<Rep, Period> timeout) {
  timeout_wrapper<T> wrapped{std::move(task), timeout};
  co_return co_await wrapped;
}
/// … and which `token` stops too.
template <class T, Start start, class Policy, class Rep, class Period>
[[nodiscard]] Task<T> make_timeout_task(BasicTask<T, start, Policy> task, std::chrono::duration<Rep, Period> timeout,
                                        cancellation_token token) {
  auto stoppable = with_stop(timeout_wrapper<T>{std::move(task), timeout}, token.stop_token());
  co_return co_await stoppable;
}

} // namespace flowcoro
