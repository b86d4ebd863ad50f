#pragma once
/// A flag that coroutines wait for: once set it lets everybody pass until it is reset.
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <coroutine>
#include <mutex>
#include <utility>

namespace flowcoro {

/// Threads: any.
class ManualResetEvent {
  class WaitAwaiter;

 public:
  explicit ManualResetEvent(bool set = false) noexcept : set_{set} {}
  ManualResetEvent(const ManualResetEvent&) = delete;
  ManualResetEvent& operator=(const ManualResetEvent&) = delete;
  /// Nobody may be waiting.
  ~ManualResetEvent() = default;

  /// Lets all pass that wait now, even if a reset() follows at once, and all that come until then. Posts the waiters and resumes
  /// none on its own stack. Idempotent. After it the event may be gone, if a waiter ends its life.
  void set() noexcept {
    detail::Waiter::Queue woken;
    {
      const std::lock_guard hold{lock_};
      set_ = true;
      detail::Waiter::complete_all(waiters_, woken);
    }
    detail::Waiter::post_all(woken);
  }
  void reset() noexcept {
    const std::lock_guard hold{lock_};
    set_ = false;
  }
  [[nodiscard]] bool is_set() const noexcept {
    const std::lock_guard hold{lock_};
    return set_;
  }

  /// `co_await event.wait()`: until it is set. Allocates: no. Cancellation: safe, throws OperationCancelled.
  [[nodiscard]] WaitAwaiter wait() noexcept;

 private:
  mutable SpinLock lock_; // guards all below
  bool set_;
  detail::Waiter::Queue waiters_;
};

class [[nodiscard]] ManualResetEvent::WaitAwaiter : detail::Waiter {
 public:
  explicit WaitAwaiter(ManualResetEvent& event) noexcept : Waiter{event.lock_}, event_{event} {}

  [[nodiscard]] bool await_ready() const noexcept { return event_.is_set(); }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    return suspend_unless(waiter, event_.waiters_, [this] { return event_.set_; });
  }
  void await_resume() { finish(); }

 private:
  ManualResetEvent& event_;
};

inline ManualResetEvent::WaitAwaiter ManualResetEvent::wait() noexcept { return WaitAwaiter{*this}; }
static_assert(Awaiter<decltype(std::declval<ManualResetEvent&>().wait())>);

} // namespace flowcoro
