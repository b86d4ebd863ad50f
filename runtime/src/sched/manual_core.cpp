#include "manual_core.hpp"

#include "flowcoro/base/assert.hpp"
#include "flowcoro/base/detail/thread_context.hpp"
#include "flowcoro/coro/errors.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>

namespace flowcoro::detail {
namespace {

constexpr std::uint64_t not_yet = std::numeric_limits<std::uint64_t>::max();

ManualSchedulerOptions valid(ManualSchedulerOptions options) {
  if (options.limits.timers == 0) throw std::invalid_argument{"limits.timers: must be at least 1"};
  if (options.limits.ready == 0) throw std::invalid_argument{"limits.ready: must be at least 1"};
  if (options.limits.destructions == 0) throw std::invalid_argument{"limits.destructions: must be at least 1"};
  return options;
}

} // namespace

/// While it lives, and was free, the calling thread drives.
class ManualCore::Seat {
 public:
  explicit Seat(ManualCore& core) noexcept : core_{core} {
    FLOWCORO_ASSERT(!core.drives(), "a ManualScheduler was driven by one of its own coroutines; co_await there");
    std::uint32_t free = 0;
    // acquire: what the last one has left in the queue, and of frames.
    taken_ = core.seat_.compare_exchange_strong(free, 1, std::memory_order_acquire, std::memory_order_relaxed);
    if (!taken_) return;
    // A worker of a runtime may drive too, and be that of its runtime again afterwards.
    ThreadContext& context = own_thread_context;
    scheduler_ = std::exchange(context.scheduler, &core);
    worker_ = std::exchange(context.worker, nullptr);
    frames_ = context.frames;
    if (frames_ == nullptr) context.frames = &core.frames_;
  }
  ~Seat() {
    if (!taken_) return;
    ThreadContext& context = own_thread_context;
    context.frames = frames_;
    context.worker = worker_;
    context.scheduler = scheduler_;
    core_.seat_.store(0, std::memory_order_seq_cst);
    core_.changes_.notify_all(); // those who would take it
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  explicit operator bool() const noexcept { return taken_; }

 private:
  ManualCore& core_;
  bool taken_;
  Scheduler* scheduler_ = nullptr;
  Worker* worker_ = nullptr;
  FrameCache* frames_ = nullptr;
};

ManualCore::ManualCore(ManualSchedulerOptions options) : options_{valid(std::move(options))} {
  announce_scheduler(*this);
}

ManualCore::~ManualCore() { retire_scheduler(*this); }

bool ManualCore::drives() const noexcept { return own_thread_context.scheduler == this; }

// Driving:

Driven ManualCore::turn(const DriveLimits& limits, const std::atomic<std::uint32_t>* done) {
  Driven driven;
  const Seat seat{*this};
  if (!seat) {
    driven.elsewhere = true;
    return driven;
  }
  take_posted();
  driven.timers = fire_due_timers(limits.timers);
  while (driven.ready < limits.ready && (done == nullptr || done->load(std::memory_order_acquire) == 0)) {
    void* next = ready_.pop();
    if (next == nullptr) break;
    ++driven.ready;
    std::coroutine_handle<>::from_address(next).resume();
  }
  driven.destructions = destroy_some(limits.destructions);
  return driven;
}

void ManualCore::take_posted() {
  // Before the inbox is read: what comes later is told again.
  if (options_.on_posted) host_told_.exchange(false, std::memory_order_seq_cst);
  std::size_t doomed = 0;
  {
    const std::lock_guard lock{doomed_lock_};
    doomed = doomed_.size();
  }
  // Behind that look: a thread that posts a coroutine, and then wants it destroyed, has its post taken here.
  const bool all = accept(posted_.take_all(), false);
  const bool all_owned = accept(posted_owned_.take_all(), true);
  // One that there was no memory for may be such a coroutine.
  if (stamped_ == doomed || !all || !all_owned) return;
  const std::uint64_t after = ready_.taken() + ready_.size();
  const std::lock_guard lock{doomed_lock_};
  for (; stamped_ < doomed; ++stamped_) doomed_[stamped_].after = after;
}

bool ManualCore::accept(InjectNode* list, bool owned) noexcept {
  bool all = true;
  std::uint64_t accepted = 0;
  for (InjectNode* next = nullptr; list != nullptr; list = next) {
    next = list->next_injected;
    auto* node = static_cast<ReadyNode*>(list);
    if (ready_.push(node->handle.address()) == 0) {
      (owned ? posted_owned_ : posted_).push(*node);
      all = false;
      continue;
    }
    ++accepted;
    if (owned) delete node;
  }
  own_.injected.add(accepted);
  return all;
}

std::size_t ManualCore::fire_due_timers(std::size_t limit) {
  std::size_t fired = 0;
  if (timers_.earliest() == no_deadline) return fired;
  const SteadyTime time = now();
  std::array<TimerNode*, DriveLimits{}.timers> due;
  while (fired < limit && timers_.earliest() <= time) {
    const std::size_t wanted = std::min(due.size(), limit - fired);
    const std::size_t taken = timers_.take_due(time, std::span{due}.first(wanted));
    for (TimerNode* node : std::span{due}.first(taken)) make_ready(*node);
    fired += taken;
    if (taken < wanted) break;
  }
  own_.timers_fired.add(fired);
  return fired;
}

std::size_t ManualCore::destroy_some(std::size_t limit) {
  std::size_t destroyed = 0;
  while (destroyed < limit && stamped_ != 0) {
    std::coroutine_handle<> frame;
    {
      const std::lock_guard lock{doomed_lock_};
      if (doomed_.front().after > ready_.taken()) break;
      frame = doomed_.front().frame;
      doomed_.pop_front();
    }
    --stamped_;
    doomed_count_.fetch_sub(1, std::memory_order_relaxed);
    ++destroyed;
    frame.destroy();
  }
  return destroyed;
}

void ManualCore::make_ready(ReadyNode& node) noexcept {
  if (ready_.push(node.handle.address()) == 0) posted_.push(node); // which needs no memory
}

// Sleeping:

bool ManualCore::can_go_on() const noexcept {
  if (seat_.load(std::memory_order_seq_cst) != 0) return false; // or what goes on there is not for this thread
  const SteadyTime next = next_deadline();
  return next == SteadyTime::min() || (next != no_deadline && next <= now());
}

SteadyTime ManualCore::next_deadline() const noexcept {
  if (!ready_.empty() || !posted_.empty() || !posted_owned_.empty() ||
      doomed_count_.load(std::memory_order_seq_cst) != 0)
    return SteadyTime::min();
  return timers_.earliest();
}

SteadyTime ManualCore::steady_time_of(SteadyTime deadline) const noexcept {
  if (deadline == no_deadline || !options_.clock) return deadline;
  return deadline_after(steady_now(), saturating_nanoseconds(deadline - now()));
}

void ManualCore::wake() noexcept {
  const ForeignCall inside{foreign_calls_};
  wakes_.fetch_add(1, std::memory_order_seq_cst);
  changes_.notify_all();
}

void ManualCore::sleep(SteadyTime deadline, std::uint32_t wakes_before) {
  changes_.wait([this, deadline, wakes_before] {
    if (can_go_on() || wakes() != wakes_before) return SteadyTime::min();
    // Timers are for who drives, and it will say when it has ended.
    const bool driven = seat_.load(std::memory_order_seq_cst) != 0;
    return steady_time_of(driven ? deadline : std::min(deadline, timers_.earliest()));
  });
}

void ManualCore::tell_host() noexcept {
  changes_.notify_all();
  if (options_.on_posted && !host_told_.exchange(true, std::memory_order_seq_cst)) options_.on_posted();
}

// Coroutines and tasks:

void ManualCore::post(ReadyNode& node) noexcept {
  if (drives()) return make_ready(node);
  const ForeignCall inside{foreign_calls_};
  posted_.push(node);
  tell_host();
}

bool ManualCore::post_yielded(std::coroutine_handle<> handle) noexcept {
  if (drives()) return ready_.push(handle.address()) != 0;
  auto* node = new (std::nothrow) ReadyNode;
  if (node == nullptr) return false;
  node->handle = handle;
  const ForeignCall inside{foreign_calls_};
  posted_owned_.push(*node);
  tell_host();
  return true;
}

void ManualCore::post_new(PromiseBase& task, std::coroutine_handle<> handle) {
  if (drives()) {
    if (!accepting_.load(std::memory_order_acquire)) throw RuntimeStopped{};
    if (ready_.push(handle.address()) == 0) throw std::bad_alloc{};
    task.mark_counted();
    own_.submitted.add();
    return;
  }
  auto start = std::make_unique<ReadyNode>();
  start->handle = handle;
  const ForeignCall inside{foreign_calls_};
  if (!accepting_.load(std::memory_order_seq_cst)) throw RuntimeStopped{};
  task.mark_counted();
  foreign_.submitted.add();
  posted_owned_.push(*start.release());
  tell_host();
}

bool ManualCore::enroll(PromiseBase& task, std::source_location where) {
  std::optional<ForeignCall> inside;
  if (!drives()) inside.emplace(foreign_calls_);
  // A task that was submitted before the shutdown began goes on; a new one is refused.
  if (!task.counted() && !accepting_.load(std::memory_order_seq_cst)) throw RuntimeStopped{};
  add_live(task, where);
  if (!task.counted()) count([](auto& counters) -> auto& { return counters.submitted; });
  return true;
}

void ManualCore::enter(PromiseBase& task, std::source_location where) {
  std::optional<ForeignCall> inside;
  if (!drives()) inside.emplace(foreign_calls_);
  if (!accepting_.load(std::memory_order_seq_cst)) throw RuntimeStopped{};
  add_live(task, where);
  count([](auto& counters) -> auto& { return counters.moved_in; });
}

void ManualCore::leave(PromiseBase& task, std::uint32_t live_slot) noexcept {
  std::optional<ForeignCall> inside;
  if (!drives()) inside.emplace(foreign_calls_);
  remove_live(task, live_slot);
  count([](auto& counters) -> auto& { return counters.moved_out; });
  task_left();
}

void ManualCore::task_finished(PromiseBase& task) noexcept {
  std::optional<ForeignCall> inside; // what it counts may be the last thing that the end of this scheduler waits for
  if (!drives()) inside.emplace(foreign_calls_);
  if (task.enrolled()) remove_live(task, task.live_slot());
  if (task.cancelled()) {
    count([](auto& counters) -> auto& { return counters.cancelled; });
  } else {
    count([](auto& counters) -> auto& { return counters.completed; });
    if (task.result_kind() == ResultKind::error) count([](auto& counters) -> auto& { return counters.failed; });
  }
  task_left();
}

std::coroutine_handle<> ManualCore::after_task(ReadyNode& awaiter) noexcept {
  if (drives()) return awaiter.handle;
  post(awaiter);
  return std::noop_coroutine();
}

bool ManualCore::arm_timer(TimerNode& node) {
  if (drives()) return timers_.arm(node) != TimerQueue::Armed::refused;
  const ForeignCall inside{foreign_calls_};
  const TimerQueue::Armed armed = timers_.arm(node);
  if (armed == TimerQueue::Armed::yes_and_earliest) tell_host();
  return armed != TimerQueue::Armed::refused;
}

void ManualCore::run_until(std::coroutine_handle<> first, BlockingCall& call) {
  const ForeignCall inside{sync_waits_};
  if (!accepting_.load(std::memory_order_seq_cst)) throw RuntimeStopped{};
  const BlockingCalls::Listed listed{calls_, call};
  ReadyNode node; // taken before `first` runs, so before the call is done
  node.handle = first;
  posted_.push(node);
  changes_.notify_all();
  while (call.done.load(std::memory_order_acquire) == 0) {
    try {
      if (turn(options_.limits, &call.done).anything()) continue;
    } catch (...) {
      unhandled(std::current_exception()); // of a coroutine that is no task; the call has to be waited for all the same
      continue;
    }
    changes_.wait([this, &call] {
      if (call.done.load(std::memory_order_seq_cst) != 0 || can_go_on()) return SteadyTime::min();
      return steady_time_of(seat_.load(std::memory_order_seq_cst) != 0 ? no_deadline : timers_.earliest());
    });
  }
}

void ManualCore::set_done(BlockingCall& call) noexcept {
  const ForeignCall inside{foreign_calls_};
  call.done.store(1, std::memory_order_seq_cst); // `call` may be gone after it
  changes_.notify_all();
}

void ManualCore::unhandled(std::exception_ptr error) noexcept {
  unhandled_.add();
  if (options_.on_unhandled) options_.on_unhandled(std::move(error));
}

void ManualCore::add_live(PromiseBase& task, std::source_location where) {
  if (drives()) return live_.add(0, task, where);
  const std::lock_guard lock{foreign_shard_};
  live_.add(1, task, where);
}

void ManualCore::remove_live(PromiseBase& task, std::uint32_t live_slot) noexcept {
  live_.remove(drives() ? 0 : LiveTasks::no_shard, task, live_slot);
}

template <class Select>
void ManualCore::count(Select which) noexcept {
  if (drives())
    which(own_).add();
  else
    which(foreign_).add();
}

void ManualCore::task_left() noexcept {
  if (!accepting_.load(std::memory_order_seq_cst)) changes_.notify_all();
}

void ManualCore::destroy_later(std::coroutine_handle<> frame) {
  const ForeignCall inside{foreign_calls_};
  {
    const std::lock_guard lock{doomed_lock_};
    doomed_.push_back({frame, not_yet});
  }
  doomed_count_.fetch_add(1, std::memory_order_seq_cst);
  if (!drives()) tell_host();
}

std::size_t ManualCore::pending_destructions() const noexcept {
  const std::lock_guard lock{doomed_lock_};
  return doomed_.size();
}

// The end:

bool ManualCore::in_use() const noexcept {
  // Outside before tasks: a thread that has brought a task leaves only after the task is counted.
  return sync_waits_.any_inside() || foreign_calls_.any_inside() || stats().alive() != 0;
}

void ManualCore::request_stop_all() noexcept {
  live_.request_stop_all();
  calls_.request_stop_all();
}

ShutdownReport ManualCore::shutdown(Nanoseconds limit) {
  FLOWCORO_ASSERT(!drives(), "a ManualScheduler was shut down or destroyed by one of its own tasks");
  const SteadyTime deadline = deadline_after(steady_now(), limit);
  accepting_.store(false, std::memory_order_seq_cst);
  for (;;) {
    // Again and again: tasks that ran when stop was requested enroll at their first wait.
    request_stop_all();
    const bool anything = turn(options_.limits).anything();
    if (!in_use() || steady_now() >= deadline) break;
    if (anything) continue;
    changes_.wait([this, deadline] {
      if (can_go_on() || !in_use()) return SteadyTime::min();
      // A task that has ended elsewhere just before it could see that somebody waits wakes nobody, hence the short sleep.
      return std::min(deadline, deadline_after(steady_now(), std::chrono::milliseconds{1}));
    });
  }
  if (!in_use()) {
    // What is no task has its turn too, but what it makes ready has not; then nothing resumes the frames that are left.
    const std::size_t ready = ready_.size();
    if (ready != 0) static_cast<void>(turn({.timers = 0, .ready = ready, .destructions = 0}));
    while (pending_destructions() != 0 && turn({.timers = 0, .ready = 0, .destructions = not_yet}).destructions != 0) {
    }
  }
  shut_down_.store(true, std::memory_order_release);
  while (foreign_calls_.any_inside()) std::this_thread::yield();
  ShutdownReport report;
  if (const std::uint64_t left = stats().alive(); left != 0) {
    report.left = live_.places();
    report.left.resize(std::max<std::size_t>(report.left.size(), left)); // those that have not waited yet have no place
  }
  calls_.add_places(report.left);
  return report;
}

bool ManualCore::end() noexcept { return !in_use(); }

RuntimeStats ManualCore::stats() const {
  // Ends before starts: a task that starts and ends meanwhile may make the sums look one too few ended, never too many.
  RuntimeStats sum;
  sum.failed = own_.failed.get() + foreign_.failed.get(); // before those that it is a part of
  sum.completed = own_.completed.get() + foreign_.completed.get();
  sum.cancelled = own_.cancelled.get() + foreign_.cancelled.get();
  sum.moved_out = own_.moved_out.get() + foreign_.moved_out.get();
  sum.injected = own_.injected.get();
  sum.timers_fired = own_.timers_fired.get();
  sum.submitted = own_.submitted.get() + foreign_.submitted.get();
  sum.moved_in = own_.moved_in.get() + foreign_.moved_in.get();
  if (was_shut_down()) sum.abandoned = sum.alive();
  sum.unhandled = unhandled_.get();
  return sum;
}

} // namespace flowcoro::detail
