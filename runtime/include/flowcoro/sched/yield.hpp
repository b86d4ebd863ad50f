#pragma once
/// Gives others a turn.
#include "flowcoro/coro/detail/promise.hpp"

#include <coroutine>

namespace flowcoro {
namespace detail {

class [[nodiscard]] Yield : ReadyNode {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> self) {
    handle = self;
    home_of(self).post_yielded(*this);
  }
  void await_resume() const noexcept {}
};

} // namespace detail

/// `co_await yield()`: goes behind everything that is queued on this worker. Wakes nobody. Cancellation: not looked at.
[[nodiscard]] inline detail::Yield yield() noexcept { return {}; }

} // namespace flowcoro
