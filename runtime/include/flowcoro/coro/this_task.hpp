#pragma once
/// What a coroutine can ask about itself.
#include "flowcoro/coro/detail/promise.hpp"

#include <coroutine>

namespace flowcoro {
namespace detail {

struct OwnStopToken : OwnStop {
  [[nodiscard]] StopToken await_resume() const noexcept {
    return state != nullptr ? StopToken{state->target()} : StopToken{};
  }
};

} // namespace detail

namespace this_task {

/// `co_await this_task::stop_token()`: the token of the task that this coroutine is a part of. Does not suspend.
/// Valid while that task lives.
[[nodiscard]] inline detail::OwnStopToken stop_token() noexcept { return {}; }

} // namespace this_task
} // namespace flowcoro
