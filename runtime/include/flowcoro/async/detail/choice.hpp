#pragma once
/// A coroutine that waits for several things, of which exactly one happens to it.
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/park/spin_lock.hpp"
#include "flowcoro/sched/timer_queue.hpp"

#include <coroutine>
#include <mutex>
#include <utility>

namespace flowcoro::detail {

/// What the queue of something links that can be one of several things to wait for. It belongs to a wait for this one thing alone, or
/// to a Choice, which has one in each of several queues.
///
/// Who wakes it does, under the lock of the queue: claim(); when that fails, something else has come first, and the place is only to
/// be taken from the queue. Otherwise it does its work, or gives the claim back if that fails; takes the place from the queue, and
/// calls win(). After unlocking: post_wait(), if win() said so.
class Place : public ListNode {
 public:
  void belong_to(Wait& wait) noexcept { wait_ = &wait; }

  [[nodiscard]] bool claim() noexcept;
  void give_back() noexcept;
  /// \return false when somebody else resumes the coroutine: then it may have gone on as soon as the queue's lock is free.
  [[nodiscard]] bool win() noexcept;
  void post_wait() noexcept { wait_->post(); }

 private:
  Wait* wait_ = nullptr;
};

/// Whether an operation of a select was done, and which coroutine went on because of it: to be posted when all is unlocked.
struct Attempt {
  bool done = false;
  Place* served = nullptr;
};

/// A claim on the first of a queue that can be claimed; what cannot is taken from the queue. Given back at the end of the scope,
/// unless it was completed. Under the lock of the queue.
template <class P>
class ClaimOnFirst {
 public:
  explicit ClaimOnFirst(IntrusiveList<P>& queue) noexcept : queue_{queue} {
    while ((place_ = queue_.front()) != nullptr && !place_->claim()) queue_.remove(*place_);
  }
  ~ClaimOnFirst() {
    if (place_ != nullptr) place_->give_back();
  }
  ClaimOnFirst(const ClaimOnFirst&) = delete;
  ClaimOnFirst& operator=(const ClaimOnFirst&) = delete;

  [[nodiscard]] P* get() const noexcept { return place_; }
  /// Takes the place from the queue. \return it, if it is to be posted.
  [[nodiscard]] P* complete() noexcept {
    P& place = *std::exchange(place_, nullptr);
    queue_.remove(place);
    return place.win() ? &place : nullptr;
  }

 private:
  IntrusiveList<P>& queue_;
  P* place_;
};

/// Wakes all that wait and can be claimed: moves them to `woken`, for post_all() without the lock. No recursion.
template <class P>
void win_all(IntrusiveList<P>& waiting, IntrusiveList<Place>& woken) noexcept {
  for (;;) {
    ClaimOnFirst<P> first{waiting};
    if (first.get() == nullptr) return;
    if (Place* place = first.complete()) woken.push_back(*place);
  }
}
inline void post_all(IntrusiveList<Place>& woken) noexcept {
  while (Place* place = woken.pop_front()) place->post_wait();
}

/// Locks: those of the queues, in the order of their addresses; inside of them that of one choice, `mine_`; inside of that a timer
/// queue's. So a claim is one more short lock, held while a value is moved.
///
/// With a deadline, whoever ends the wait also cancels the timer, and where that is too late leaves it to the timer to resume the
/// coroutine: it is resumed once. The timer itself ends no wait, the coroutine does when it finds that nothing else has.
class Choice : public Wait {
 public:
  Choice() noexcept : Wait{mine_, &stop_requested, Extent::choice} {}

  /// Without locks, before any place is queued. `deadline`: no_deadline for none.
  template <class P>
  void prepare(std::coroutine_handle<P> waiter, SteadyTime deadline) {
    timer_.handle = waiter;
    timer_.set_deadline(deadline);
    Wait::prepare(waiter);
    timed_ = deadline != no_deadline;
    if (timed_) timer_.place = home_->timer_place();
  }
  [[nodiscard]] Scheduler& home() const noexcept { return *home_; }

  // Under the locks of all queues:

  [[nodiscard]] bool cancelled() noexcept {
    const std::lock_guard hold{mine_};
    return Wait::cancelled();
  }
  /// Something was there already. A stop request that came meanwhile is too late.
  void complete_at_once() noexcept {
    const std::lock_guard hold{mine_};
    complete();
  }
  /// All places are queued. \return whether the coroutine suspends, as far as stop requests are concerned. After true, when the
  /// queues are unlocked: arm(), if has_deadline(); otherwise touch nothing.
  [[nodiscard]] bool begin() noexcept {
    const std::lock_guard hold{mine_};
    if (Wait::cancelled()) return false;
    state_ = State::queued;
    return true;
  }

  /// The last step of await_suspend. \return whether the coroutine suspends. Throws std::bad_alloc; then the choice has ended, and
  /// its places are to be taken from their queues.
  [[nodiscard]] bool arm() {
    // Until the timer is armed nobody else resumes the coroutine.
    try {
      return home_->arm_timer(timer_);
    } catch (...) {
      {
        const std::lock_guard hold{mine_};
        if (state_ != State::queued) return false; // it has ended otherwise, and goes on
        complete();
      }
      throw;
    }
  }

  /// First thing when the coroutine goes on. What is queued still is to be taken from its queue afterwards, then throw_if_cancelled().
  void end() noexcept {
    end_stop_callback();
    const std::lock_guard hold{mine_};
    if (state_ == State::queued) complete(); // it was the timer
  }
  void throw_if_cancelled() const {
    if (Wait::cancelled()) throw OperationCancelled{};
  }
  /// Which place was completed; nullptr when it was none.
  [[nodiscard]] const Place* winner() const noexcept { return winner_; }

 private:
  friend class Place;

  /// \return whether the one who ended the wait posts it.
  [[nodiscard]] bool ends_before_timer() noexcept { return !timed_ || home_->cancel_timer(timer_); }

  static void stop_requested(flowcoro::StopNode& node) noexcept {
    auto& choice = static_cast<Choice&>(node);
    choice.mine_.lock();
    const bool posts = choice.cancel() && choice.ends_before_timer();
    choice.mine_.unlock();
    if (posts) choice.post();
  }

  SpinLock mine_; // guards state_ and winner_
  const Place* winner_ = nullptr;
  bool timed_ = false;
  TimerNode timer_;
};

inline bool Place::claim() noexcept {
  if (!wait_->is_choice()) return true; // whoever ends a single wait takes it from the queue under the lock of that
  auto& choice = static_cast<Choice&>(*wait_);
  choice.mine_.lock();
  if (choice.state_ == Choice::State::queued) return true;
  choice.mine_.unlock();
  return false;
}
inline void Place::give_back() noexcept {
  if (wait_->is_choice()) static_cast<Choice&>(*wait_).mine_.unlock();
}
inline bool Place::win() noexcept {
  wait_->complete();
  if (!wait_->is_choice()) return true;
  auto& choice = static_cast<Choice&>(*wait_);
  choice.winner_ = this;
  const bool posts = choice.ends_before_timer();
  choice.mine_.unlock();
  return posts;
}

} // namespace flowcoro::detail
