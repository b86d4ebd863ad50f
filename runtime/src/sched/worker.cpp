#include "worker.hpp"

#include "runtime_core.hpp"

#include "flowcoro/base/detail/thread_context.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/park/spin_lock.hpp"
#include "flowcoro/sched/fairness.hpp"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <limits>
#include <optional>
#include <thread>

// Invariant W: while any queue holds work, some worker is running and will look at the queues again, or is searching, or has
// an unpark on its way.
//   For a worker's own queue, and the awaiter that it has put off, that is the worker itself, which runs. wake_for_local() is about sharing the work, and may be late:
//   the publication is no seq_cst store, so a worker that parks at that moment may be missed, until the next push or invariant T.
//   Who is no worker publishes first (the inject queue's seq_cst exchange), then reads the idle state: wake_for_injected().
//   A parking worker writes the idle state first (announce_parked, end_search), then reads every queue: work_in_sight().
//   All four are seq_cst, so at least one of the two sees the other.
//   A searching worker keeps producers from waking anybody; so the last one to stop searching with work in hand wakes the
//   next if there is more, or if nobody is left to watch while some are parked: somebody_needed().
// Waking costs more than most coroutines run. So a producer wakes nobody for a few short ones that it will soon run itself
// (worth_a_wake), and a thief leaves so little to its owner (may_steal_from). An owner may turn out to be busy for
// long, so while any worker runs, one of the parked ones watches:
// Invariant T: while a worker is parked, one parked worker, the timekeeper, sleeps no longer than until the earliest timer of
// all, and no longer than longest_watch while another worker runs; or has an unpark on its way. It goes on like that for a while
// after the last one has parked: work comes in bursts, and to wake it for each costs more than many of them.
//   A worker that begins to run or to queue reads `watching` after it left the parked ones; the timekeeper writes it before it
//   counts the parked ones: become_timekeeper(), wake_for_local(). For timers: RuntimeCore::arm_timer().
// Invariant S: a seat's idle bit is cleared by exactly one thread (IdleWorkers::claim), and that thread gives exactly one
// permit, counts the woken as searching before it does, or sits down itself as a guest.

namespace flowcoro::detail {
namespace {

constexpr std::size_t timer_batch = 64;

// Measured on virtual machines: a wake costs the waker 7 to 15 us, and the woken runs after 20 to 80 us. It pays when the woken
// then still finds more than that.
constexpr std::int64_t wake_cost_ns = 80'000;
constexpr std::int64_t longest_mean_ns = 30'000;
// What is stolen comes with its cache lines, one by one, and the search for it takes lines from who runs.
constexpr std::int64_t steal_cost_ns = 5'000;
// The lines of one coroutine. If it goes on for less time than that, its owner has run it before a thief has them.
constexpr std::int64_t steal_cost_of_run_ns = 100;
constexpr std::int64_t assumed_turn_ns = 1'000;
constexpr std::int64_t short_turn_ns = 500;
constexpr auto search_time = std::chrono::microseconds{5};
constexpr auto stale_after = std::chrono::microseconds{20};
constexpr auto shortest_watch = std::chrono::microseconds{100};
constexpr std::uint32_t longest_quiet_watch = 10; // times, after the last worker has parked

[[nodiscard]] std::size_t length_of(const InjectNode* list) noexcept {
  std::size_t length = 0;
  for (; list != nullptr; list = list->next_injected) ++length;
  return length;
}

} // namespace

Worker::Worker(RuntimeCore& core, std::size_t index, std::size_t workers, TraceLog* trace)
    : core_{core},
      index_{index},
      trace_{trace},
      watch_interval_{shortest_watch},
      sightings_(workers),
      turns_to_look_{turns_between_looks},
      mean_turn_ns_{assumed_turn_ns},
      mean_run_ns_{assumed_turn_ns},
      last_turn_ns_{assumed_turn_ns},
      last_run_ns_{assumed_turn_ns},
      random_{index * 2 + 1} {}

bool Worker::worth_sharing(std::size_t queued, std::int64_t cost_ns) const noexcept {
  if (!core_.stealing()) return false;
  const std::int64_t mean_run_ns = mean_run_ns_.load(std::memory_order_relaxed);
  return mean_run_ns >= steal_cost_of_run_ns && static_cast<std::int64_t>(queued) * mean_run_ns >= cost_ns;
}

bool Worker::worth_a_wake(std::size_t queued) const noexcept { return worth_sharing(queued, wake_cost_ns); }

bool Worker::worth_a_steal(std::size_t queued) const noexcept {
  return queued > 1 && worth_sharing(queued, steal_cost_ns);
}

void Worker::unpark() noexcept {
  if (guest_seated_.load(std::memory_order_acquire)) return guest_parker_.unpark();
  // A worker goes on running after the wake. Any other thread may be about to sleep, and then its CPU is a good one.
  if (thread_context().worker != nullptr) placement_.keep_off_this_cpu();
  thread_parker_.unpark();
}

void Worker::run_thread() noexcept {
  begin_cpu_time();
  placement_.begin();
  thread_context() = {.frames = &frames_, .scheduler = &core_, .worker = this};
  // The seat has been announced as parked since before the thread began.
  return_to_seat(thread_parker_);
  trace(TraceKind::unpark);
  bool searching = true;
  work(core_.stop_flag(), thread_parker_, searching);
  end_cpu_time();
  trace(TraceKind::park);
  thread_context() = {};
  thread_ended_.store(true, std::memory_order_release);
}

void Worker::begin_cpu_time() noexcept {
  clockid_t clock{};
  if (pthread_getcpuclockid(pthread_self(), &clock) == 0) cpu_clock_.store(clock, std::memory_order_relaxed);
}

void Worker::end_cpu_time() noexcept {
  cpu_at_end_ns_.store(look().cpu.count(), std::memory_order_relaxed);
  // release: who finds no clock any more sees what it said last.
  cpu_clock_.store(no_clock, std::memory_order_release);
}

WorkerStats Worker::look() const noexcept {
  WorkerStats stats{.counts = {},
                    .parked = core_.idle().is_parked(index_),
                    .guest = guest_seated_.load(std::memory_order_relaxed),
                    .queued = queue_.size() + (awaiter_.load(std::memory_order_relaxed) == nullptr ? 0 : 1),
                    .cpu = {},
                    .timers = timers_.stats()};
  timespec used{};
  const clockid_t clock = cpu_clock_.load(std::memory_order_acquire);
  // The clock goes with its thread; then it has left what it said last, and the call fails.
  if (clock != no_clock && clock_gettime(clock, &used) == 0)
    stats.cpu = std::chrono::seconds{used.tv_sec} + Nanoseconds{used.tv_nsec};
  else
    stats.cpu = Nanoseconds{cpu_at_end_ns_.load(std::memory_order_relaxed)};
  return stats;
}

bool Worker::try_seat_guest() noexcept {
  if (guest_seated_.load(std::memory_order_acquire)) return false;
  // Between its announcement and its sleep the own thread still uses what belongs to the seat; that is short.
  while (!thread_asleep_.load(std::memory_order_acquire)) std::this_thread::yield();
  guest_seated_.store(true, std::memory_order_release);
  return true;
}

void Worker::run_guest(std::coroutine_handle<> first, const std::atomic<std::uint32_t>& done) noexcept {
  const ThreadContext outside = thread_context();
  thread_context() = {.frames = &frames_,
                      .scheduler = &core_,
                      .worker = this,
                      .pools = outside.pools,
                      .inbox = outside.inbox,
                      .exceptions = std::uncaught_exceptions()};
  resign_as_timekeeper();                        // the own thread may sleep in that role; the guest is awake
  if (core_.somebody_needed()) core_.wake_one(); // `first` may take long, and nobody may be left to watch
  bool searching = false;
  thread_.store(&own_thread_context, std::memory_order_relaxed);
  trace(TraceKind::unpark, nullptr, 1);
  run_traced(first.address());
  work(done, guest_parker_, searching);
  trace(TraceKind::park); // as the own thread goes on to
  thread_context() = outside;
  guest_seated_.store(false, std::memory_order_release);
  leave_seat_to_thread();
}

/// The own thread has been waiting for a permit since the guest came. It gets one when there is anything to do; otherwise the
/// seat is announced as parked in its name.
void Worker::leave_seat_to_thread() noexcept {
  IdleWorkers& idle = core_.idle();
  // A few short items are nothing that others would take, so they alone are a reason to wake the thread.
  if (nothing_waits() && core_.earliest_timer() == no_deadline) {
    idle.announce_parked(index_);
    const bool needed =
        core_.work_in_sight() || core_.unwatched() || core_.stop_flag().load(std::memory_order_seq_cst) != 0;
    if (!needed || !idle.claim(index_)) return;
  }
  idle.begin_search();
  thread_parker_.unpark();
}

void Worker::work(const std::atomic<std::uint32_t>& stop, Parker& parker, bool& searching) noexcept {
  if (trace_ == nullptr)
    run<false>(stop, parker, searching);
  else
    run<true>(stop, parker, searching);
}

template <bool traced>
void Worker::run(const std::atomic<std::uint32_t>& stop, Parker& parker, bool& searching) noexcept {
  IdleWorkers& idle = core_.idle();
  while (stop.load(std::memory_order_acquire) == 0) {
    void* item = next();
    if (item == nullptr) {
      running_.store(nullptr, std::memory_order_release);
      if (!searching) {
        searching = true;
        idle.begin_search();
      }
      item = search();
    }
    if (item == nullptr) {
      park(stop, parker, searching);
      continue;
    }
    if (searching) {
      searching = false;
      thread_.store(&own_thread_context, std::memory_order_relaxed);
      if (idle.end_search() && core_.somebody_needed()) core_.wake_one();
    }
    if constexpr (traced)
      run_traced(item);
    else
      resume(item);
  }
  running_.store(nullptr, std::memory_order_release);
  // Whoever leaves while searching may have kept a producer from waking somebody.
  if (searching && idle.end_search() && core_.somebody_needed()) core_.wake_one();
}

void Worker::run_traced(void* frame) noexcept {
  trace(TraceKind::run_begin, frame);
  resume(frame);
  trace(TraceKind::run_end, frame); // which may be gone, and is only a name then
}

void Worker::resume(void* frame) noexcept {
  const auto handle = std::coroutine_handle<>::from_address(frame);
  // A frame begins with the function that resumes it; see ResumableFunction.
  code_.store(*static_cast<void**>(frame), std::memory_order_relaxed);
  running_.store(frame, std::memory_order_relaxed);
  // release: who sees the turn sees what it resumes, or something later.
  turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  handle.resume();
}

WorkerTurn Worker::turn() const noexcept {
  WorkerTurn seen{
      .turn = turns_.load(std::memory_order_acquire), .coroutine = nullptr, .code = nullptr, .thread = nullptr};
  if (void* frame = running_.load(std::memory_order_acquire)) {
    seen.coroutine = &promise_of(std::coroutine_handle<>::from_address(frame));
    seen.code = code_.load(std::memory_order_relaxed);
    seen.thread = thread_.load(std::memory_order_relaxed);
  }
  return seen;
}

void Worker::park(const std::atomic<std::uint32_t>& stop, Parker& parker, bool& searching) noexcept {
  IdleWorkers& idle = core_.idle();
  idle.announce_parked(index_);
  if (searching) static_cast<void>(idle.end_search());
  searching = false;
  if ((core_.work_in_sight() || stop.load(std::memory_order_seq_cst) != 0) && idle.claim(index_)) return;

  counters_.parks.add();
  const SteadyTime until = become_timekeeper();
  trace(TraceKind::park);
  if (&parker == &thread_parker_) thread_asleep_.store(true, std::memory_order_release);
  if (parker.park_until(until) == ParkResult::timed_out)
    return_to_seat(parker);
  else
    awake(parker);
  trace(TraceKind::unpark);
  searching = true; // the claimer counted for us
  resign_as_timekeeper();
}

/// Without a permit, from a seat that was announced as parked.
void Worker::return_to_seat(Parker& parker) noexcept {
  IdleWorkers& idle = core_.idle();
  if (!idle.claim(index_)) {
    // Somebody else claimed the seat: a waker, whose permit is on its way, or a guest, who gives one when it leaves.
    parker.park();
  } else {
    idle.begin_search();
    if (&parker == &thread_parker_ && guest_seated_.load(std::memory_order_acquire)) {
      // The claimed seat is the one of a guest, who has parked on it meanwhile: wake the guest, and go on waiting for it to leave.
      guest_parker_.unpark();
      parker.park();
    }
  }
  awake(parker);
}

void Worker::awake(const Parker& parker) noexcept {
  if (&parker != &thread_parker_) return;
  thread_asleep_.store(false, std::memory_order_relaxed);
  placement_.restore();
}

void Worker::resign_as_timekeeper() noexcept {
  if (core_.timekeeper.load(std::memory_order_relaxed) != index_) return;
  core_.timekeeper_until.store(SteadyTime::min().time_since_epoch().count(), std::memory_order_seq_cst);
  core_.watching.store(false, std::memory_order_seq_cst);
  core_.timekeeper.store(RuntimeCore::no_worker, std::memory_order_seq_cst);
}

/// Takes the role if nobody has it. \return until when this worker may sleep.
SteadyTime Worker::become_timekeeper() noexcept {
  std::size_t none = RuntimeCore::no_worker;
  if (!core_.timekeeper.compare_exchange_strong(none, index_, std::memory_order_seq_cst)) return timers_.earliest();
  // Publish, then look again: what changed in between either sees the published value or is seen here.
  bool watch = core_.somebody_runs();
  const std::uint32_t quiet = watch ? 0 : quiet_watches_.load(std::memory_order_relaxed) + 1;
  quiet_watches_.store(std::min(quiet, longest_quiet_watch + 1), std::memory_order_relaxed);
  watch = quiet <= longest_quiet_watch;
  core_.watching.store(watch, std::memory_order_seq_cst);
  if (!watch && core_.somebody_runs()) {
    watch = true;
    core_.watching.store(true, std::memory_order_seq_cst);
  }
  SteadyTime until = core_.earliest_timer();
  if (watch) {
    const Nanoseconds interval = watch_interval_.load(std::memory_order_relaxed);
    until = std::min(until, deadline_after(steady_now(), interval));
    // Nothing to do so far: look less and less often, until something turns up.
    watch_interval_.store(std::min<Nanoseconds>(2 * interval, longest_watch), std::memory_order_relaxed);
  }
  for (;;) {
    core_.timekeeper_until.store(until.time_since_epoch().count(), std::memory_order_seq_cst);
    const SteadyTime earliest = core_.earliest_timer();
    if (earliest >= until) return until;
    until = earliest;
  }
}

void* Worker::next() noexcept {
  if (--turns_to_look_ == 0) [[unlikely]]
    return look_around();
  if (awaiter_turns_ != 0 && --awaiter_turns_ == 0)
    if (void* item = take_awaiter()) return item;
  return pop();
}

void* Worker::pop() noexcept {
  if (void* item = queue_.pop()) return item;
  awaiter_turns_ = 0;
  return take_awaiter();
}

void* Worker::take_awaiter() noexcept {
  if (awaiter_.load(std::memory_order_relaxed) == nullptr) return nullptr;
  return awaiter_.exchange(nullptr, std::memory_order_acquire);
}

/// One that awaits many short tasks in turn would suspend, register with its stop state and be resumed for each of them, which costs more
/// than they do. So its turn comes after a few more of them have ended. Not behind long turns, where that saves nothing.
std::coroutine_handle<> Worker::after_task(std::coroutine_handle<> awaiter) noexcept {
  if (awaiter_turns_ != 0 || mean_turn_ns_.load(std::memory_order_relaxed) > short_turn_ns || queue_.empty() ||
      awaiter_.load(std::memory_order_relaxed) != nullptr)
    return awaiter;
  awaiter_turns_ = turns_before_awaiter;
  // release: publishes the awaiter to who takes it from here.
  awaiter_.store(awaiter.address(), std::memory_order_release);
  return std::noop_coroutine();
}

void* Worker::look_around() noexcept {
  turns_to_look_ = turns_between_looks;
  const SteadyTime now = steady_now();
  if (busy_since_ != SteadyTime{}) learn_from((now - busy_since_).count());
  busy_since_ = now;
  yields_ = 0;
  fire_due_timers(now);
  // What is queued here may be worth more than it seemed when it was.
  core_.wake_for_local(*this, queue_.size());
  if (void* item = take_injected()) return item;
  if (now >= next_take_over_)
    if (void* item = take_over(now)) return item;
  return pop();
}

/// What the last turns say about those to come: `busy_ns` is the time they took.
void Worker::learn_from(std::int64_t busy_ns) noexcept {
  const auto mean_of = [busy_ns](std::uint32_t parts) {
    return std::clamp<std::int64_t>(busy_ns / std::max<std::int64_t>(parts, 1), 1, longest_mean_ns);
  };
  // A single long turn, such as one that starts many tasks, says nothing about the many: so the smaller of two.
  const std::int64_t turn_ns = mean_of(turns_between_looks);
  mean_turn_ns_.store(std::min(turn_ns, std::exchange(last_turn_ns_, turn_ns)), std::memory_order_relaxed);
  const std::int64_t run_ns = mean_of(turns_between_looks - std::min(yields_, turns_between_looks));
  mean_run_ns_.store(std::min(run_ns, std::exchange(last_run_ns_, run_ns)), std::memory_order_relaxed);
}

void* Worker::search() noexcept {
  busy_since_ = {}; // the turns until the next look are no measure
  SteadyTime now = steady_now();
  const SteadyTime end = deadline_after(now, search_time);
  for (;;) {
    if (void* item = take_injected()) return item;
    fire_due_timers(now);
    if (void* item = pop()) return item;
    if (void* item = steal(now)) return item;
    if (now >= end) return nullptr;
    for (int i = 0; i < 16; ++i) spin_pause();
    now = steady_now();
  }
}

void* Worker::take_injected() noexcept {
  InjectNode* shared = core_.injected().take_all();
  InjectNode* owned = core_.injected_owned().take_all();
  void* first = nullptr;
  std::uint64_t accepted = 0;
  bool more = false;
  // Nobody can take from here later what others should have now.
  const std::size_t workers = core_.workers().size();
  std::size_t share = core_.stealing() ? std::numeric_limits<std::size_t>::max()
                                       : (length_of(shared) + length_of(owned) + workers - 1) / workers;
  const auto accept = [&](std::coroutine_handle<> handle) noexcept {
    if (share == 0) return false;
    --share;
    if (first == nullptr) {
      first = handle.address();
    } else {
      more = true;
      if (push(handle) == 0) return false;
    }
    ++accepted;
    return true;
  };
  // Each node's successor is read first: a coroutine that was made ready may be run by a thief, and its node be gone.
  for (InjectNode *node = shared, *next = nullptr; node != nullptr; node = next) {
    next = node->next_injected;
    if (!accept(static_cast<ReadyNode*>(node)->handle)) core_.injected().push(*node);
  }
  for (InjectNode *node = owned, *next = nullptr; node != nullptr; node = next) {
    next = node->next_injected;
    auto* start = static_cast<ReadyNode*>(node);
    if (accept(start->handle))
      delete start;
    else
      core_.injected_owned().push(*start);
  }
  if (accepted != 0) counters_.injected.add(accepted);
  if (share == 0) core_.wake_for_injected();
  if (more) core_.wake_for_local(*this, queue_.size());
  return first;
}

void* Worker::steal(SteadyTime now) noexcept {
  if (!core_.stealing()) return nullptr;
  const auto& workers = core_.workers();
  // xorshift64: any start will do, it only must not be the same for all.
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const std::size_t start = random_ % workers.size();
  for (std::size_t i = 0; i < workers.size(); ++i) {
    Worker& victim = *workers[(start + i) % workers.size()];
    if (&victim == this || !may_steal_from(victim, now)) continue;
    if (void* item = take_half(victim)) {
      watch_interval_.store(shortest_watch, std::memory_order_relaxed);
      return item;
    }
  }
  return nullptr;
}

void* Worker::take_half(Worker& victim) noexcept {
  const std::size_t before = queue_.size();
  void* item = victim.queue_.steal_half(queue_);
  if (item == nullptr) item = victim.take_awaiter();
  if (item == nullptr) return nullptr;
  counters_.steals.add();
  const std::size_t stolen = 1 + std::max(queue_.size(), before) - before; // others may have stolen from here meanwhile
  counters_.stolen.add(stolen);
  trace(TraceKind::steal, item, stolen, victim.index_);
  return item;
}

/// Half of what waits behind a coroutine that keeps its worker. Idle workers would take it; but all may be busy, for ever, with
/// coroutines that yield.
void* Worker::take_over(SteadyTime now) noexcept {
  next_take_over_ = deadline_after(now, longest_watch);
  if (!core_.stealing()) return nullptr;
  for (const auto& worker : core_.workers()) {
    Worker& victim = *worker;
    if (&victim == this || victim.nothing_waits()) continue;
    if (const auto waiting = oldest_waits_at(victim, now); !waiting || *waiting < longest_watch) continue;
    if (void* item = take_half(victim)) return item;
  }
  return nullptr;
}

/// Little is left to its owner, which will soon have run it, in a warm cache; unless it has been lying there for a while.
bool Worker::may_steal_from(const Worker& victim, SteadyTime now) noexcept {
  const std::size_t queued = victim.queue_.size();
  if (victim.worth_a_steal(queued)) return true;
  if (victim.nothing_waits()) return false;
  if (const auto waiting = oldest_waits_at(victim, now)) return *waiting >= stale_after;
  watch_interval_.store(shortest_watch, std::memory_order_relaxed);
  return false;
}

std::optional<Nanoseconds> Worker::oldest_waits_at(const Worker& victim, SteadyTime now) noexcept {
  Sighting& oldest = sightings_[victim.index_];
  const std::uint64_t taken = victim.queue_.taken();
  if (oldest.since != SteadyTime{} && oldest.taken == taken) return now - oldest.since;
  oldest = {taken, now};
  return std::nullopt;
}

/// Own timers, and those of workers that may be busy with something long.
void Worker::fire_due_timers(SteadyTime now) noexcept {
  if (core_.earliest_timer() > now) return;
  std::size_t fired = 0;
  for (const auto& worker : core_.workers()) fired += fire_due_timers(worker->timers_, now);
  if (fired == 0) return;
  counters_.timers_fired.add(fired);
  if (fired > 1) core_.wake_for_local(*this, queue_.size());
}

std::size_t Worker::fire_due_timers(TimerQueue& timers, SteadyTime now) noexcept {
  std::size_t fired = 0;
  std::array<TimerNode*, timer_batch> due;
  while (timers.earliest() <= now) {
    const std::size_t taken = timers.take_due(now, due);
    for (std::size_t i = 0; i < taken; ++i) {
      trace_timer(*due[i]);
      make_ready(*due[i]);
    }
    fired += taken;
    if (taken < due.size()) break;
    now = steady_now(); // queueing those took time, and what is due next is as late as it is
  }
  return fired;
}

void Worker::trace_timer(const TimerNode& fired) noexcept {
  if (trace_ == nullptr) [[likely]]
    return;
  const auto late = static_cast<std::uint64_t>(std::max<std::int64_t>((steady_now() - fired.deadline()).count(), 0));
  trace(TraceKind::timer, fired.handle.address(), late);
}

void Worker::make_ready(ReadyNode& node) noexcept {
  if (push(node.handle) != 0) return;
  counters_.overflowed.add();
  core_.injected().push(node);
}

} // namespace flowcoro::detail
