#pragma once
/// Owns a coroutine of any kind, and destroys it once, when it does not run.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/detail/frame_operators.hpp"
#include "flowcoro/coro/detail/frame_state.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace flowcoro {

/// What a call of resume() has come to.
enum class Resumed : std::uint8_t {
  suspended, ///< it ran, and waits again
  finished,  ///< it has run to its end, now or before; its promise is there until it is destroyed
  busy,      ///< it is running, on this thread or another: nothing was done
  destroyed, ///< or never there: nothing was done
};

enum class Destroyed : std::uint8_t {
  now,    ///< by this call
  later,  ///< it is running: at its next suspension
  before, ///< or never there
};

namespace detail {

/// What a FrameOwner shares with a call of resume() that it may not outlive.
struct OwnedFrame : FrameOperators<> {
  explicit OwnedFrame(std::coroutine_handle<> owned) noexcept : handle{owned} {}

  /// Runs the coroutine if it may. After it `this` may be gone.
  /// \param turn set when a turn of a queue has waited for this run meanwhile, also when an exception leaves it.
  Resumed resume(bool& turn);
  /// The same for who has it already, by begin_turn().
  Resumed run(bool& turn);
  Destroyed destroy() noexcept;
  [[nodiscard]] bool done() const noexcept { return state.is_finished(); }

  std::coroutine_handle<> handle;
  FrameState state;
};

} // namespace detail

/// Move-only owner of a coroutine that is resumed through it alone. Its destructor destroys the coroutine, or, while that runs, leaves
/// it to whoever resumed it. Threads: any, also at once, for resume(), destroy(), done() and destroyed(); else one at a time.
/// Such a coroutine is none of the library's tasks, which own themselves.
template <class Promise = void>
class FrameOwner {
 public:
  using handle_type = std::coroutine_handle<Promise>;

  FrameOwner() = default;
  /// Takes over. Throws std::bad_alloc; then the handle is still the caller's.
  explicit FrameOwner(handle_type handle) : frame_{handle ? new detail::OwnedFrame{handle} : nullptr} {}
  FrameOwner(FrameOwner&& other) noexcept : frame_{std::exchange(other.frame_, nullptr)} {}
  FrameOwner& operator=(FrameOwner&& other) noexcept {
    if (this != &other) {
      leave();
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  ~FrameOwner() { leave(); }

  /// Runs the coroutine to its next suspension, on this thread. Rethrows what leaves it.
  Resumed resume() {
    bool no_turn = false; // it is in no queue
    return frame_ != nullptr ? frame_->resume(no_turn) : Resumed::destroyed;
  }
  /// Once, however many threads ask.
  Destroyed destroy() noexcept { return frame_ != nullptr ? frame_->destroy() : Destroyed::before; }

  /// True when it has run to its end, and was not destroyed.
  [[nodiscard]] bool done() const noexcept { return frame_ != nullptr && frame_->done(); }
  /// True when it is gone, will be at its next suspension, or was never there.
  [[nodiscard]] bool destroyed() const noexcept { return frame_ == nullptr || frame_->state.is_destroyed(); }
  explicit operator bool() const noexcept { return !destroyed(); }

  /// Precondition, which is checked: it is there. While it runs, its promise is its own.
  template <class P = Promise>
    requires(!std::is_void_v<P>)
  [[nodiscard]] P& promise() const {
    FLOWCORO_ASSERT(!destroyed(), "the promise of a coroutine that was destroyed");
    return std::coroutine_handle<P>::from_address(frame_->handle.address()).promise();
  }

  /// Gives the coroutine away; an empty handle when it is not there or runs.
  [[nodiscard]] handle_type release() noexcept {
    if (frame_ == nullptr || frame_->state.destroy() != detail::FrameState::Destroy::now) return {};
    const std::coroutine_handle<> handle = frame_->handle;
    leave();
    return handle_type::from_address(handle.address());
  }

 private:
  void leave() noexcept {
    detail::OwnedFrame* frame = std::exchange(frame_, nullptr);
    if (frame == nullptr) return;
    using Leave = detail::FrameState::Leave;
    switch (frame->state.leave()) {
      case Leave::frame_and_word: frame->handle.destroy(); [[fallthrough]];
      case Leave::word: delete frame; break;
      case Leave::nothing: break;
    }
  }

  detail::OwnedFrame* frame_ = nullptr;
};

} // namespace flowcoro
