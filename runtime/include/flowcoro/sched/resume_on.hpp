#pragma once
/// Moves the awaiting coroutine to a scheduler, where it stays.
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/sched/runtime.hpp"

#include <concepts>
#include <coroutine>
#include <source_location>

namespace flowcoro {
namespace detail {

class [[nodiscard]] ResumeOn : ReadyNode {
 public:
  ResumeOn(Scheduler& target, std::source_location where) noexcept : target_{target}, where_{where} {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> self) {
    if constexpr (std::derived_from<P, PromiseBase>) self.promise().move_to(target_, where_);
    if (current_scheduler() == &target_) return false;
    handle = self;
    target_.post(*this);
    return true;
  }
  void await_resume() const noexcept {}

 private:
  Scheduler& target_;
  std::source_location where_;
};

} // namespace detail

/// `co_await resume_on(runtime)`: from here on this coroutine runs on `runtime`, after every further wait too. Continues at once
/// when it is there already. The coroutine that awaits this one stays on its own scheduler.
/// What moves is joined by its new runtime, whose shutdown requests stop for the whole task that it is a part of. Cancellation: not looked at; a hop ends promptly. Throws RuntimeStopped when the target is shutting down.
[[nodiscard]] inline detail::ResumeOn resume_on(Scheduler& target,
                                                std::source_location where = std::source_location::current()) noexcept {
  return {target, where};
}
[[nodiscard]] inline detail::ResumeOn resume_on(Runtime& target,
                                                std::source_location where = std::source_location::current()) noexcept {
  return {target.scheduler(), where};
}

} // namespace flowcoro
