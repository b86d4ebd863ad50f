#pragma once
/// What a coroutine can ask about itself.
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/coro/detail/tracked_promise.hpp"
#include "flowcoro/coro/errors.hpp"

#include <concepts>
#include <coroutine>
#include <string_view>

namespace flowcoro {
namespace detail {

struct OwnStopToken : OwnStop {
  [[nodiscard]] StopToken await_resume() const noexcept {
    return state != nullptr ? StopToken{state->target()} : StopToken{};
  }
};

struct ThrowIfStopRequested : OwnStop {
  void await_resume() const {
    if (state != nullptr && state->stop_requested()) throw OperationCancelled{};
  }
};

struct SetName {
  std::string_view name;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> self) {
    if constexpr (std::derived_from<P, Recorded>) {
      if (TaskRecord* record = self.promise().record()) record->set_name(name);
    }
    return false;
  }
  void await_resume() const noexcept {}
};

} // namespace detail

namespace this_task {

/// `co_await this_task::stop_token()`: the token of the task that this coroutine is a part of. Does not suspend.
/// Valid while that task lives.
[[nodiscard]] inline detail::OwnStopToken stop_token() noexcept { return {}; }

/// `co_await this_task::throw_if_stop_requested()`: throws OperationCancelled when this task was asked to stop. Does not suspend: for
/// loops that compute.
[[nodiscard]] inline detail::ThrowIfStopRequested throw_if_stop_requested() noexcept { return {}; }

/// `co_await this_task::set_name("upload")`: what the registry calls this task, if its policy tracks it; else nothing happens. Does not
/// suspend. Throws std::bad_alloc.
[[nodiscard]] inline detail::SetName set_name(std::string_view name) noexcept { return {name}; }

} // namespace this_task
} // namespace flowcoro
