#pragma once
/// What a coroutine can ask about itself.
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/coro/errors.hpp"

#include <coroutine>

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

} // namespace detail

namespace this_task {

/// `co_await this_task::stop_token()`: the token of the task that this coroutine is a part of. Does not suspend.
/// Valid while that task lives.
[[nodiscard]] inline detail::OwnStopToken stop_token() noexcept { return {}; }

/// `co_await this_task::throw_if_stop_requested()`: throws OperationCancelled when this task was asked to stop. Does not suspend: for
/// loops that compute.
[[nodiscard]] inline detail::ThrowIfStopRequested throw_if_stop_requested() noexcept { return {}; }

} // namespace this_task
} // namespace flowcoro
