#pragma once
/// A coroutine that waits for something, with an end to the wait when stop is requested.
#include "flowcoro/base/intrusive_list.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <coroutine>
#include <cstdint>
#include <mutex>

namespace flowcoro::detail {

/// The coroutine, its scheduler, its stop callback, and how far the wait has come. A lock guards `state_`; exactly one of {completion,
/// stop} moves a queued wait on and posts it, because both do so under that lock and only from `queued`.
class Wait : protected ReadyNode, protected StopNode {
 public:
  /// Called without the lock: a stop request may already cancel the wait before it is queued.
  template <class P>
  void prepare(std::coroutine_handle<P> waiter) {
    prepare_unstoppable(waiter, home_of(waiter));
    stop_ = stop_of(waiter);
    if (stop_ != nullptr && !stop_->add(*this)) {
      stop_ = nullptr;
      state_ = State::cancelled;
    }
  }
  /// Without a stop request's reach: for a wait that has to come to its end.
  void prepare_unstoppable(std::coroutine_handle<> waiter, Scheduler& home) noexcept {
    handle = waiter;
    home_ = &home;
  }

  // Under the lock:
  [[nodiscard]] bool cancelled() const noexcept { return state_ == State::cancelled; }
  /// What it waits for has happened. If it was queued, it is out of the queue.
  void complete() noexcept { state_ = State::completed; }

  /// The same address for all that wait for one thing. A select waits for several, and has one of its own.
  [[nodiscard]] const void* thing() const noexcept { return &lock_; }

  /// Whether this is a Choice.
  [[nodiscard]] bool is_choice() const noexcept { return extent_ == Extent::choice; }

  /// Resumes the coroutine on its scheduler. Without the lock; the wait may be gone when this returns.
  void post() noexcept { home_->post(*this); }

  /// First thing in await_resume. Throws OperationCancelled when stop ended the wait.
  void finish() {
    end_stop_callback();
    if (state_ == State::cancelled) throw OperationCancelled{};
  }

 protected:
  enum class State : std::uint8_t { preparing, queued, completed, cancelled };
  using OnStop = StopNode::Callback;

  enum class Extent : std::uint8_t { one_thing, choice };

  Wait(SpinLock& lock, OnStop on_stop, Extent extent = Extent::one_thing) noexcept
      : StopNode{on_stop}, lock_{lock}, extent_{extent} {}

  void end_stop_callback() noexcept {
    if (stop_ != nullptr) stop_->remove(*this);
  }
  /// Under the lock, for a stop callback. \return true when it was queued: then it is to be taken from its queue, and posted.
  [[nodiscard]] bool cancel() noexcept {
    const bool was_queued = state_ == State::queued;
    if (was_queued || state_ == State::preparing) state_ = State::cancelled;
    return was_queued;
  }

  SpinLock& lock_;
  Scheduler* home_ = nullptr;
  StopState* stop_ = nullptr;
  State state_ = State::preparing;
  const Extent extent_;
};

/// The same with its place in one queue, in an awaiter: `Node` is what that queue links. The lock of the thing waited for guards the
/// queue too.
///
/// await_suspend: prepare(), then under the lock: if cancelled() do not suspend; else satisfy at once or enqueue().
/// The waker, under the lock: queue.pop_front(), complete(); after unlocking: post(). await_resume: finish().
/// suspend_unless() is the usual await_suspend, complete_all() and post_all() are the waker of many.
template <class Node = ListNode>
class BasicWaiter : public Node, public Wait {
 protected:
  using Waiter = BasicWaiter; // what classes that derive from it call it

 public:
  using Queue = IntrusiveList<BasicWaiter>;

  explicit BasicWaiter(SpinLock& lock) noexcept : Wait{lock, &stop_requested} {}

  /// await_suspend: looks once more, now that a stop request finds the waiter, whether there is nothing to wait for.
  /// \param over called under the lock. \return whether the coroutine suspends; then touch nothing.
  template <class P, class AnyQueue, class Over>
  [[nodiscard]] bool suspend_unless(std::coroutine_handle<P> waiter, AnyQueue& queue, Over over) {
    prepare(waiter);
    const std::lock_guard hold{lock_};
    if (cancelled()) return false;
    if (over()) {
      complete(); // a stop request from here on comes too late
      return false;
    }
    enqueue(queue);
    return true;
  }

  // Under the lock:
  template <class AnyQueue>
  void enqueue(AnyQueue& queue) noexcept {
    state_ = State::queued;
    queue.push_back(*this);
  }
  /// complete() for all, and moves them on to `woken`, for post_all(). Any number of them, without recursion.
  static void complete_all(Queue& waiting, Queue& woken) noexcept {
    while (BasicWaiter* waiter = waiting.pop_front()) {
      waiter->complete();
      woken.push_back(*waiter);
    }
  }

  /// Without the lock. After it, what they waited for may be gone too.
  static void post_all(Queue& woken) noexcept {
    while (BasicWaiter* waiter = woken.pop_front()) waiter->post();
  }

 protected:
  /// For a waiter whose leaving changes more than its queue: `on_stop` takes the lock, calls leave(), does the rest, unlocks, and
  /// posts the waiter if leave() said so.
  BasicWaiter(SpinLock& lock, OnStop on_stop) noexcept : Wait{lock, on_stop} {}
  [[nodiscard]] static BasicWaiter& of(flowcoro::StopNode& node) noexcept { return static_cast<BasicWaiter&>(node); }
  [[nodiscard]] bool leave() noexcept {
    const bool was_queued = cancel();
    if (was_queued) Node::unlink();
    return was_queued;
  }

 private:
  static void stop_requested(flowcoro::StopNode& node) noexcept {
    BasicWaiter& waiter = of(node);
    waiter.lock_.lock();
    const bool was_queued = waiter.leave();
    waiter.lock_.unlock();
    if (was_queued) waiter.post();
  }
};

using Waiter = BasicWaiter<>;

} // namespace flowcoro::detail
