#pragma once
/// SafeCoroutineHandle: a coroutine that is resumed on the thread that made the handle.
#include "flowcoro/coro/home_frame.hpp"

#include <coroutine>
#include <thread>

namespace flowcoro {

/// See HomeFrame. Copies share the coroutine.
class SafeCoroutineHandle {
 public:
  SafeCoroutineHandle() = default;
  /// Takes the coroutine over. Throws std::bad_alloc.
  explicit SafeCoroutineHandle(std::coroutine_handle<> handle) : frame_{handle} {}

  /// Where the handle was made; on a worker, any thread of its runtime is as good.
  [[nodiscard]] std::thread::id creation_thread() const noexcept { return creation_thread_; }
  [[nodiscard]] bool is_valid() const noexcept { return static_cast<bool>(frame_); }
  [[nodiscard]] bool is_current_thread_safe() const noexcept { return frame_.at_home(); }
  [[nodiscard]] bool done() const noexcept { return frame_.done(); }

  /// Never dropped: here, or at home.
  HomeResume resume() { return frame_.resume(); }
  Destroyed destroy() noexcept { return frame_.destroy(); }

 private:
  HomeFrame<> frame_;
  std::thread::id creation_thread_ = std::this_thread::get_id();
};

} // namespace flowcoro
