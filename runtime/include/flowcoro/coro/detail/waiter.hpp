#pragma once
/// A coroutine in the queue of something it waits for, with removal when stop is requested.
#include "flowcoro/base/intrusive_list.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <coroutine>
#include <cstdint>
#include <mutex>

namespace flowcoro::detail {

/// Lives in an awaiter. The lock of the thing waited for guards `state_` and the queue; exactly one of {completion, stop}
/// moves a queued waiter on and posts it, because both do so under that lock and only from `queued`.
///
/// await_suspend: prepare(), then under the lock: if cancelled() do not suspend; else satisfy at once or enqueue().
/// The waker, under the lock: queue.pop_front(), complete(); after unlocking: post(). await_resume: finish().
/// suspend_unless() is the usual await_suspend, complete_all() and post_all() are the waker of many.
class Waiter : public ListNode, private ReadyNode, private StopNode {
 public:
  using Queue = IntrusiveList<Waiter>;

  explicit Waiter(SpinLock& lock) noexcept : StopNode{&stop_requested}, lock_{lock} {}

  /// Called without the lock: a stop request may already cancel the waiter before it is queued.
  template <class P>
  void prepare(std::coroutine_handle<P> waiter) {
    handle = waiter;
    home_ = &home_of(waiter);
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

  /// await_suspend: looks once more, now that a stop request finds the waiter, whether there is nothing to wait for.
  /// \param over called under the lock. \return whether the coroutine suspends; then touch nothing.
  template <class P, class Over>
  [[nodiscard]] bool suspend_unless(std::coroutine_handle<P> waiter, Queue& queue, Over over) {
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
  [[nodiscard]] bool cancelled() const noexcept { return state_ == State::cancelled; }
  void enqueue(Queue& queue) noexcept {
    queue_ = &queue;
    state_ = State::queued;
    queue.push_back(*this);
  }
  /// The waiter was taken from its queue because what it waits for has happened.
  void complete() noexcept { state_ = State::completed; }
  /// Does so for all of them, and moves them on to `woken`, for post_all(). Any number of them, without recursion.
  static void complete_all(Queue& waiting, Queue& woken) noexcept {
    while (Waiter* waiter = waiting.pop_front()) {
      waiter->complete();
      woken.push_back(*waiter);
    }
  }

  /// Resumes the coroutine on its scheduler. Without the lock; the waiter may be gone when this returns.
  void post() noexcept { home_->post(*this); }
  /// After it, what they waited for may be gone too.
  static void post_all(Queue& woken) noexcept {
    while (Waiter* waiter = woken.pop_front()) waiter->post();
  }

  /// First thing in await_resume. Throws OperationCancelled when stop ended the wait.
  void finish() {
    if (stop_ != nullptr) stop_->remove(*this);
    if (state_ == State::cancelled) throw OperationCancelled{};
  }

 protected:
  using OnStop = flowcoro::StopNode::Callback;
  /// For a waiter whose leaving changes more than its queue: `on_stop` takes the lock, calls leave(), does the rest, unlocks, and
  /// posts the waiter if leave() said so.
  Waiter(SpinLock& lock, OnStop on_stop) noexcept : StopNode{on_stop}, lock_{lock} {}
  [[nodiscard]] static Waiter& of(flowcoro::StopNode& node) noexcept { return static_cast<Waiter&>(node); }
  /// Under the lock. \return true when the waiter was queued: it is out of the queue then, and to be posted.
  [[nodiscard]] bool leave() noexcept {
    const bool was_queued = state_ == State::queued;
    if (was_queued) queue_->remove(*this);
    if (was_queued || state_ == State::preparing) state_ = State::cancelled;
    return was_queued;
  }
  [[nodiscard]] Scheduler& home() const noexcept { return *home_; }
  [[nodiscard]] std::coroutine_handle<> coroutine() const noexcept { return handle; }

 private:
  enum class State : std::uint8_t { preparing, queued, completed, cancelled };

  static void stop_requested(StopNode& node) noexcept {
    auto& waiter = static_cast<Waiter&>(node);
    waiter.lock_.lock();
    const bool was_queued = waiter.leave();
    waiter.lock_.unlock();
    if (was_queued) waiter.post();
  }

  SpinLock& lock_;
  Queue* queue_ = nullptr;
  Scheduler* home_ = nullptr;
  StopState* stop_ = nullptr;
  State state_ = State::preparing;
};

} // namespace flowcoro::detail
