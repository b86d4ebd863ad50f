#pragma once
/// Gives others a turn.
#include "flowcoro/coro/detail/promise.hpp"

#include <coroutine>

namespace flowcoro {
namespace detail {

class [[nodiscard]] Yield {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> self) {
    return home_of(self).post_yielded(self);
  }
  void await_resume() const noexcept {}
};

} // namespace detail

/// `co_await yield()`: goes behind everything that is queued on this worker. Wakes nobody. Without memory for a
/// longer queue it keeps its turn. Cancellation: not looked at.
[[nodiscard]] inline detail::Yield yield() noexcept { return {}; }

} // namespace flowcoro
