#pragma once
/// A coroutine that runs where it belongs, whoever resumes it.
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/coro/shared_frame.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace flowcoro {

/// What a call of HomeFrame::resume() has come to.
enum class HomeResume : std::uint8_t {
  here,    ///< at home: it was resumed, if it could be
  posted,  ///< elsewhere: its turn comes at home
  pending, ///< elsewhere, and a turn is coming already, which sees what was done before this call
  no_home, ///< its thread has ended: nobody will ever resume it there
  gone,    ///< it was destroyed, or was never there
};

namespace detail {

/// What other threads want a thread to resume. It lives as long as anybody has it.
class ThreadInbox;
[[nodiscard]] std::shared_ptr<ThreadInbox> inbox_of_this_thread();
/// \return false when the thread has ended.
[[nodiscard]] bool post_to(ThreadInbox& inbox, ReadyNode& node) noexcept;
[[nodiscard]] bool is_of_this_thread(const ThreadInbox& inbox) noexcept;

} // namespace detail

/// Resumes the coroutines whose home is this thread and that others wanted to resume; those in turn that this makes ready, in the next
/// call. \return how many.
std::size_t run_posted_resumes();
/// The same; waits until there is one, or the deadline passes. Blocks without using the CPU.
std::size_t run_posted_resumes_until(SteadyTime deadline);

/// A share of a coroutine, see SharedFrame, that knows where it was made. On a thread of a scheduler its home is that scheduler: any of
/// its threads, because coroutines move between them; for one thread, use a Runtime with one worker. On any other thread its home is that
/// thread, which calls run_posted_resumes(). A scheduler must outlive what has its home there.
template <class Promise = void>
class HomeFrame {
 public:
  using handle_type = std::coroutine_handle<Promise>;

  HomeFrame() = default;
  /// Its home is here. Throws std::bad_alloc; then the handle is still the caller's.
  explicit HomeFrame(handle_type handle) {
    if (!handle) return;
    scheduler_ = current_scheduler();
    if (scheduler_ == nullptr) inbox_ = detail::inbox_of_this_thread();
    frame_ = SharedFrame<Promise>{handle};
  }

  /// Resumes it here if this is its home; else sees to it that it is resumed at home. Never dropped: each call is followed by a turn at
  /// home that began after it, unless the result says otherwise, or its thread ends first while somebody resumes it elsewhere through
  /// frame(). Rethrows what leaves the coroutine here; at home that ends the program.
  HomeResume resume() {
    if (!frame_) return HomeResume::gone;
    if (at_home()) {
      static_cast<void>(frame_.resume());
      return HomeResume::here;
    }
    using Posted = detail::SharedFrameBlock::Posted;
    switch (scheduler_ != nullptr ? frame_.block_->post_to(*scheduler_) : frame_.block_->post_to(inbox_)) {
      case Posted::now: return HomeResume::posted;
      case Posted::pending: return HomeResume::pending;
      case Posted::no_home: break;
    }
    return HomeResume::no_home;
  }

  /// Whether resume() would run it here.
  [[nodiscard]] bool at_home() const noexcept {
    if (scheduler_ != nullptr) return scheduler_ == current_scheduler();
    return inbox_ != nullptr && detail::is_of_this_thread(*inbox_);
  }
  [[nodiscard]] const SharedFrame<Promise>& frame() const noexcept { return frame_; }
  Destroyed destroy() noexcept { return frame_.destroy(); }
  [[nodiscard]] bool done() const noexcept { return frame_.done(); }
  [[nodiscard]] bool destroyed() const noexcept { return frame_.destroyed(); }
  explicit operator bool() const noexcept { return static_cast<bool>(frame_); }

 private:
  SharedFrame<Promise> frame_;
  Scheduler* scheduler_ = nullptr;
  std::shared_ptr<detail::ThreadInbox> inbox_; // without a scheduler
};

} // namespace flowcoro
