#pragma once
/// Timers of one worker: a queue and a heap of nodes that live in the awaiters.
#include "flowcoro/base/histogram.hpp"
#include "flowcoro/base/large_memory.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/mem/frame_allocator.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace flowcoro {

/// One pending wake-up. Lives in an awaiter until it has fired or was cancelled.
class TimerNode : public ReadyNode {
 public:
  [[nodiscard]] SteadyTime deadline() const noexcept {
    return SteadyTime{Nanoseconds{std::bit_cast<std::int64_t>(next_injected)}};
  }
  /// Only before it is armed.
  void set_deadline(SteadyTime deadline) noexcept {
    next_injected = std::bit_cast<InjectNode*>(std::int64_t{deadline.time_since_epoch().count()});
  }
  /// After the waiter was resumed: did the timer fire, as opposed to being cancelled or refused?
  [[nodiscard]] bool fired() const noexcept { return state_ == State::fired; }

  /// Which of its scheduler's queues it uses: see Scheduler::timer_place().
  std::uint16_t place = 0;

 protected:
  // What a sleeping awaiter has to remember is kept here, where there is room for it.
  bool from_now_ : 1 = false; // the deadline is still a duration
  bool due_ : 1 = false;      // it was over before it could be armed
  bool stoppable_ : 1 = false;

 private:
  friend class TimerQueue;
  enum class State : std::uint8_t { idle, in_run, in_heap, fired, cancelled };

  State state_ = State::idle;
  std::uint32_t index_ = 0; // place in the run or in the heap while armed
};
// The deadline lies in the link of the inject queue: what goes there is no timer any more.
static_assert(sizeof(InjectNode*) == sizeof(std::int64_t));
static_assert(sizeof(TimerNode) == 3 * sizeof(void*), "every task that sleeps has one");

/// What became of timers. Registered = fired + cancelled + active, always.
struct TimerStats {
  std::uint64_t registered = 0; ///< armed; one that was cancelled before it could be armed is none
  std::uint64_t fired = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t active = 0;
  /// Of those that fired, in nanoseconds: from the deadline to the moment when somebody took them, to queue their coroutines.
  Histogram lateness;

  TimerStats& operator+=(const TimerStats& other) noexcept {
    registered += other.registered;
    fired += other.fired;
    cancelled += other.cancelled;
    active += other.active;
    lateness += other.lateness;
    return *this;
  }
};

/// Fires in order of deadline, then of arming; never before the deadline. Timers that are armed in the order of their deadlines, as
/// those of one duration are, form a run: they go through it in O(1), each touched twice. Any other goes into a 4-ary heap:
/// arm, fire and cancel in O(log n). No allocation but the growth of the two.
/// Threads: any; one short lock, because a timer may be cancelled from anywhere.
class TimerQueue {
 public:
  enum class Armed : std::uint8_t { yes, yes_and_earliest, refused };

  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  /// Queues `node` for its deadline. Refused when cancel() came first. Throws std::bad_alloc.
  /// After anything but `refused` the node may fire at once on another thread: do not touch it.
  [[nodiscard]] Armed arm(TimerNode& node);

  /// \return true when the timer was armed and now will not fire: the caller resumes the waiter. False when it fired, is firing
  /// on another thread, or was not armed yet (it will be refused then).
  [[nodiscard]] bool cancel(TimerNode& node) noexcept;
  /// Takes up to due.size() timers whose deadline is at or before `now`, in order. \return how many; the caller posts them.
  [[nodiscard]] std::size_t take_due(SteadyTime now, std::span<TimerNode*> due) noexcept;

  /// The earliest deadline, or no_deadline; a moment's view for other threads.
  [[nodiscard]] SteadyTime earliest() const noexcept {
    return SteadyTime{Nanoseconds{earliest_.load(std::memory_order_seq_cst)}};
  }
  [[nodiscard]] std::size_t size() noexcept;
  /// Counted under the lock, which whoever arms, cancels or fires has anyway.
  [[nodiscard]] TimerStats stats() const noexcept;
  /// Frees the memory that was needed for more timers than there are now.
  void shrink() noexcept;

 private:
  struct Entry {
    SteadyTime deadline;
    TimerNode* node;
    std::uint64_t sequence; // order among equal deadlines
  };
  static constexpr std::size_t arity = 4;

  [[nodiscard]] static bool before(const Entry& a, const Entry& b) noexcept {
    return a.deadline != b.deadline ? a.deadline < b.deadline : a.sequence < b.sequence;
  }
  [[nodiscard]] TimerNode* first() const noexcept;
  void take(const TimerNode& node) noexcept;
  void drop_cancelled_ends_of_run() noexcept;
  void drop_cancelled_middle_of_run() noexcept;
  void place(std::size_t index, Entry entry) noexcept;
  void sift_up(std::size_t index, Entry entry) noexcept;
  void sift_down(std::size_t index, Entry entry) noexcept;
  void remove_at(std::size_t index) noexcept;
  void publish_earliest() noexcept;

  mutable SpinLock lock_; // guards all below but earliest_
  // Invariant R: whatever is armed while the run is not empty and is not due before `run_latest_` goes into the run, the rest into
  // the heap. So of equal deadlines those in the run were armed first, but for what was in the heap before the run began.
  // Cancelled ones are nullptr; the first and the last of a run never are, nor more than half of a long one.
  std::deque<TimerNode*, FrameAllocator<TimerNode*>> run_;
  std::uint32_t run_start_ = 0; // index_ of the first one; wraps
  std::uint64_t run_began_ = 0; // sequence of the first that was armed after the run had been empty
  SteadyTime run_latest_{};
  std::vector<Entry, LargeAllocator<Entry>> heap_;
  std::size_t armed_ = 0;
  std::uint64_t next_sequence_ = 0; // as many as were armed so far
  std::uint64_t cancelled_ = 0;
  Histogram lateness_; // of those that fired
  std::atomic<std::int64_t> earliest_{no_deadline.time_since_epoch().count()};
};

} // namespace flowcoro
