#pragma once
/// A coroutine with many owners, which the last one destroys, and which is queued once at a time.
#include "flowcoro/coro/detail/queue_permit.hpp"
#include "flowcoro/coro/detail/resumable_function.hpp"
#include "flowcoro/coro/frame_owner.hpp"
#include "flowcoro/coro/scheduler.hpp"

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace flowcoro {
namespace detail {

class ThreadInbox;

/// The count is in it, and so is the place in a queue.
class SharedFrameBlock : ResumableFunction, public FrameOperators<> {
 public:
  explicit SharedFrameBlock(std::coroutine_handle<> owned);
  SharedFrameBlock(const SharedFrameBlock&) = delete;
  SharedFrameBlock& operator=(const SharedFrameBlock&) = delete;
  ~SharedFrameBlock();

  void keep() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
  void let_go() noexcept {
    // acq_rel: the last one sees what all others did to the frame.
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  [[nodiscard]] std::size_t count() const noexcept { return owners_.load(std::memory_order_relaxed); }

  /// On this thread, as OwnedFrame::resume(). The caller has a share.
  Resumed resume();
  enum class Posted : std::uint8_t {
    now,
    pending, ///< its turn has not begun
    no_home, ///< the thread has ended
  };
  Posted post_to(Scheduler& scheduler) noexcept;
  Posted post_to(const std::shared_ptr<ThreadInbox>& inbox) noexcept;

  [[nodiscard]] OwnedFrame& frame() const noexcept { return *frame_; }

 private:
  class PassTurnOn;

  static void turn_has_come(void* block) noexcept;
  /// To where it belongs. Its maker has the permit, and a share goes with it.
  Posted post_turn() noexcept;

  OwnedFrame* const frame_;
  std::atomic<std::size_t> owners_{1};
  QueuePermit permit_;
  // Whose is the permit's:
  ReadyNode node_;
  Scheduler* scheduler_ = nullptr; // else inbox_
  std::shared_ptr<ThreadInbox> inbox_;
};

} // namespace detail

/// A share of a coroutine that is resumed through its shares alone. Copyable; an empty one has none. Threads: any, also at once on copies;
/// one object one at a time.
template <class Promise = void>
class SharedFrame {
 public:
  using handle_type = std::coroutine_handle<Promise>;

  SharedFrame() = default;
  /// Takes over. Throws std::bad_alloc; then the handle is still the caller's.
  explicit SharedFrame(handle_type handle) : block_{handle ? new detail::SharedFrameBlock{handle} : nullptr} {}
  SharedFrame(const SharedFrame& other) noexcept : block_{other.block_} {
    if (block_ != nullptr) block_->keep();
  }
  SharedFrame(SharedFrame&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}
  SharedFrame& operator=(SharedFrame other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedFrame() {
    if (block_ != nullptr) block_->let_go();
  }

  /// As FrameOwner::resume(). It may be called while the coroutine is queued: the turn in the queue comes all the same.
  Resumed resume() {
    if (block_ == nullptr) return Resumed::destroyed;
    const SharedFrame keep{*this}; // the coroutine may drop this very share
    return keep.block_->resume();
  }
  /// Queues the coroutine on the scheduler. \return false, and does nothing, when it is queued already and its turn has not come, or
  /// there is none. At its turn it is resumed: after its next suspension when it runs elsewhere then, and not at all when it has finished or was
  /// destroyed.
  /// What leaves the coroutine then ends the program, because nobody can receive it. Allocates: no.
  bool schedule_resume(Scheduler& scheduler) noexcept {
    return block_ != nullptr && block_->post_to(scheduler) == detail::SharedFrameBlock::Posted::now;
  }
  Destroyed destroy() noexcept { return block_ != nullptr ? block_->frame().destroy() : Destroyed::before; }

  [[nodiscard]] bool done() const noexcept { return block_ != nullptr && block_->frame().done(); }
  [[nodiscard]] bool destroyed() const noexcept { return block_ == nullptr || block_->frame().state.is_destroyed(); }
  explicit operator bool() const noexcept { return !destroyed(); }
  /// Shares that there are, those of queues included; a moment's view.
  [[nodiscard]] std::size_t use_count() const noexcept { return block_ != nullptr ? block_->count() : 0; }

  /// As FrameOwner::promise().
  template <class P = Promise>
    requires(!std::is_void_v<P>)
  [[nodiscard]] P& promise() const {
    FLOWCORO_ASSERT(!destroyed(), "the promise of a coroutine that was destroyed");
    return std::coroutine_handle<P>::from_address(block_->frame().handle.address()).promise();
  }

 private:
  template <class P>
  friend class HomeFrame;

  detail::SharedFrameBlock* block_ = nullptr;
};

} // namespace flowcoro
