#include "flowcoro/coro/shared_frame.hpp"

#include "flowcoro/base/detail/thread_context.hpp"
#include "flowcoro/coro/home_frame.hpp"

namespace flowcoro::detail {

SharedFrameBlock::SharedFrameBlock(std::coroutine_handle<> owned)
    : ResumableFunction{&turn_has_come}, frame{new OwnedFrame{owned}} {
  node.handle = as_handle();
}

SharedFrameBlock::~SharedFrameBlock() {
  // Whoever resumes has a share, so it does not run.
  static_cast<void>(frame->destroy());
  delete frame;
}

bool SharedFrameBlock::take_permit() noexcept {
  // acquire: the node is free since the turn before.
  if (queued_.exchange(true, std::memory_order_acquire)) return false;
  keep();
  return true;
}

void SharedFrameBlock::return_permit() noexcept {
  queued_.store(false, std::memory_order_release);
  let_go();
}

void SharedFrameBlock::turn_has_come(void* where) noexcept {
  auto& block = static_cast<SharedFrameBlock&>(ResumableFunction::of(where));
  // First: whoever asks from now on means another turn. release: pairs with take_permit().
  block.queued_.store(false, std::memory_order_release);
  if (block.frame->resume() == Resumed::busy && block.queue_again()) return;
  block.let_go();
}

/// It runs on another thread, and whoever queued it may have meant what comes after that. \return false when a new turn is coming anyway.
bool SharedFrameBlock::queue_again() noexcept {
  if (queued_.exchange(true, std::memory_order_acquire)) return false;
  if (Scheduler* here = current_scheduler(); here != nullptr) {
    here->post(node);
    return true;
  }
  if (ThreadInbox* inbox = own_thread_context.inbox; inbox != nullptr && post_to(*inbox, *this)) return true;
  queued_.store(false, std::memory_order_release);
  return false;
}

} // namespace flowcoro::detail
