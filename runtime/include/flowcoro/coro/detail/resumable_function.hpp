#pragma once
/// A function where a scheduler expects a coroutine.
#include "flowcoro/base/assert.hpp"

#include <coroutine>

namespace flowcoro::detail {

/// Base of what has to act when its turn comes, for example when a timer fires, and would else need a coroutine, and so a frame, only
/// for that. Its handle may be queued and resumed, nothing else.
/// It relies on what all compilers for Linux have in common, so that their coroutines can resume each other: a frame begins with the
/// addresses of two functions that take the frame, the first of which resumes and the second destroys.
class ResumableFunction {
 public:
  using Function = void (*)(void* frame) noexcept;

  explicit ResumableFunction(Function function) noexcept : resume_{function} {}
  ResumableFunction(const ResumableFunction&) = delete;
  ResumableFunction& operator=(const ResumableFunction&) = delete;

  [[nodiscard]] std::coroutine_handle<> as_handle() noexcept {
    return std::coroutine_handle<>::from_address(static_cast<void*>(this));
  }
  /// What `function` was called with.
  [[nodiscard]] static ResumableFunction& of(void* frame) noexcept { return *static_cast<ResumableFunction*>(frame); }

 private:
  static void destroyed(void*) noexcept { FLOWCORO_ASSERT(false, "this handle may be resumed, but not destroyed"); }

  // Read by whoever resumes the handle.
  [[maybe_unused]] Function resume_;
  [[maybe_unused]] Function destroy_ = &destroyed;
};
static_assert(sizeof(ResumableFunction) == 2 * sizeof(void*), "nothing lies before the two addresses");

} // namespace flowcoro::detail
