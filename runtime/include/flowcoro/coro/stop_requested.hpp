#pragma once
/// A stop request as something to wait for.
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/coro/stop.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <coroutine>
#include <mutex>
#include <utility>

namespace flowcoro {
namespace detail {

/// Two registrations: with the token, which completes the wait, and with the state of the coroutine, which cancels it.
class [[nodiscard]] StopRequested : Wait {
 public:
  explicit StopRequested(StopToken token) noexcept
      : Wait{mine_, &own_stop_requested}, token_{std::move(token)}, on_token_{*this} {}

  [[nodiscard]] bool await_ready() const noexcept { return token_.stop_requested(); }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    StopState* const awaited = StopAccess::state(token_);
    StopState* const own = stop_of(waiter);
    if (awaited != nullptr && own != nullptr && &awaited->target() == &own->target())
      prepare_unstoppable(waiter, home_of(waiter)); // a request is what it waits for
    else
      prepare(waiter);
    registered_ = awaited != nullptr && awaited->add(on_token_);
    const std::lock_guard hold{mine_};
    if (awaited != nullptr && !registered_ && !cancelled()) complete();
    if (state_ != State::preparing) return false;
    state_ = State::queued;
    return true;
  }
  void await_resume() {
    if (registered_) StopAccess::state(token_)->remove(on_token_);
    finish();
  }

 private:
  struct OnToken : flowcoro::StopNode {
    explicit OnToken(StopRequested& w) noexcept : flowcoro::StopNode{&requested}, wait{w} {}
    static void requested(flowcoro::StopNode& node) noexcept {
      StopRequested& wait = static_cast<OnToken&>(node).wait;
      wait.mine_.lock();
      const bool posts = wait.state_ == State::queued;
      if (posts || wait.state_ == State::preparing) wait.complete();
      wait.mine_.unlock();
      if (posts) wait.post();
    }
    StopRequested& wait;
  };

  static void own_stop_requested(flowcoro::StopNode& node) noexcept {
    auto& wait = static_cast<StopRequested&>(node);
    wait.mine_.lock();
    const bool posts = wait.cancel();
    wait.mine_.unlock();
    if (posts) wait.post();
  }

  SpinLock mine_; // guards state_
  StopToken token_;
  OnToken on_token_;
  bool registered_ = false;
};

} // namespace detail

/// `co_await stop_requested(closing.token());` waits until a stop is requested of `token`, which may be the coroutine's own: then the
/// wait ends with the request, and not with an exception. For ever with a token that nobody can stop.
/// Cancellation: safe, throws OperationCancelled. Allocates: no. Cost: two registrations.
[[nodiscard]] inline detail::StopRequested stop_requested(StopToken token) noexcept {
  return detail::StopRequested{std::move(token)};
}
static_assert(Awaiter<detail::StopRequested>);

} // namespace flowcoro
