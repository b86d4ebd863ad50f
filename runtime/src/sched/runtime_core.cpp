#include "runtime_core.hpp"

#include "flowcoro/base/assert.hpp"
#include "flowcoro/base/cpu.hpp"
#include "flowcoro/base/detail/debug_layout.hpp"
#include "flowcoro/base/detail/thread_context.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/park/detail/block_signals.hpp"

#include <malloc.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace flowcoro::detail {
namespace {

/// What workers that have nothing to do get to end in, when a shutdown has run into its limit.
constexpr auto time_to_end = std::chrono::milliseconds{50};

} // namespace

template <class Select>
void RuntimeCore::count(Select which) noexcept {
  if (Worker* worker = own_worker())
    which(worker->counters()).add();
  else
    which(foreign_).add();
}

RuntimeCore::RuntimeCore(RuntimeOptions options)
    : on_unhandled_{std::move(options.on_unhandled)},
      stealing_{options.work_stealing},
      plain_spawn_{options.work_stealing && options.trace == nullptr},
      idle_{options.workers == 0 ? allowed_cpus() : options.workers},
      live_{(options.workers == 0 ? allowed_cpus() : options.workers) + std::size_t{1}} {
  const std::size_t count = options.workers == 0 ? allowed_cpus() : options.workers;
  workers_.reserve(count);
  TraceLogs trace;
  if (options.trace != nullptr) trace = options.trace->attach(static_cast<unsigned>(count));
  outside_trace_ = trace.outside;
  for (std::size_t i = 0; i < count; ++i)
    workers_.push_back(std::make_unique<Worker>(*this, i, count, trace.workers.empty() ? nullptr : trace.workers[i]));
  announce_scheduler(*this);
}

RuntimeCore::~RuntimeCore() { retire_scheduler(*this); }

void RuntimeCore::start() {
  // A seat is there to be taken before its thread has begun: a call of sync_wait need not wait for that.
  for (const auto& worker : workers_) idle_.announce_parked(worker->index());
  const BlockSignals blocked; // the new threads inherit the mask
  threads_.reserve(workers_.size());
  try {
    for (const auto& worker : workers_) {
      threads_.emplace_back([this, &seat = *worker] {
        seat.run_thread();
        signal_end();
      });
    }
  } catch (...) {
    stop_workers();
    join_threads(no_deadline);
    try {
      throw;
    } catch (const std::system_error& error) {
      throw std::system_error{error.code(), "worker " + std::to_string(threads_.size() + 1) + " of " +
                                                std::to_string(workers_.size()) + " got no thread"};
    }
  }
}

ShutdownReport RuntimeCore::shutdown(Nanoseconds limit) {
  FLOWCORO_ASSERT(own_worker() == nullptr, "a runtime was shut down or destroyed by one of its own tasks");
  if (stop_.load(std::memory_order_acquire) != 0) return {};
  const SteadyTime deadline = deadline_after(steady_now(), limit);
  accepting_.store(false, std::memory_order_seq_cst);
  joining_.store(true, std::memory_order_seq_cst);
  {
    const std::lock_guard none_is_trimming{trimming_};
  } // and none will
  request_stop_all();
  while (in_use() && steady_now() < deadline) {
    const std::uint32_t seen = finished_signal_.load(std::memory_order_acquire);
    if (!in_use()) break;
    // A task that finished just before it could see joining_ gives no signal, hence the look every millisecond.
    futex_wait(finished_signal_, seen, std::min(deadline, deadline_after(steady_now(), std::chrono::milliseconds{1})));
    // Tasks that were still running when stop was requested enroll at their first wait.
    request_stop_all();
  }
  const bool clean = !in_use();
  stop_workers();
  // Idle workers end at once. One that runs a coroutine without a wait in it, or whose seat a guest has, ends later: see end().
  join_threads(clean ? no_deadline : std::max(deadline, deadline_after(steady_now(), time_to_end)));
  while (foreign_calls_.any_inside()) std::this_thread::yield();
  return left_over();
}

bool RuntimeCore::end() noexcept { return join_threads(in_use() ? SteadyTime::min() : no_deadline) && !in_use(); }

void RuntimeCore::request_stop_all() noexcept {
  live_.request_stop_all();
  calls_.request_stop_all();
}

void RuntimeCore::stop_workers() noexcept {
  stop_.store(1, std::memory_order_seq_cst);
  for (std::size_t i = 0; i < workers_.size(); ++i) wake(i);
}

bool RuntimeCore::join_threads(SteadyTime deadline) noexcept {
  bool all = true;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    if (!threads_[i].joinable()) continue;
    while (!workers_[i]->thread_ended()) {
      const std::uint32_t seen = finished_signal_.load(std::memory_order_acquire);
      if (workers_[i]->thread_ended() || steady_now() >= deadline) break;
      futex_wait(finished_signal_, seen, deadline);
    }
    if (workers_[i]->thread_ended())
      threads_[i].join();
    else
      all = false;
  }
  return all;
}

ShutdownReport RuntimeCore::left_over() {
  ShutdownReport report;
  // After the workers: what they were in the middle of has ended with them, or is left.
  if (const std::uint64_t left = live_count(); left != 0) {
    report.left = live_.places();
    report.left.resize(std::max<std::size_t>(report.left.size(), left)); // those that have not waited yet have no place
  }
  calls_.add_places(report.left);
  return report;
}

void RuntimeCore::list_live(LiveWork& to) {
  {
    const std::lock_guard none_is_trimming{trimming_};
    live_.list(to.tasks);
  }
  calls_.add_places(to.calls);
}

TrimReport RuntimeCore::trim_memory() {
  TrimReport report;
  {
    const ForeignCall inside{foreign_calls_};
    const std::lock_guard one{trimming_};
    report.complete = accepting_.load(std::memory_order_seq_cst) && trim_workers();
    for (const auto& worker : workers_) worker->timers().shrink();
  }
  report.frame_bytes = trim_frames();
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return report;
}

bool RuntimeCore::trim_workers() {
  // Who claims a parked worker has its seat, until the permit. What is published meanwhile is found by those that wake.
  std::vector<std::size_t> claimed;
  claimed.reserve(workers_.size());
  const Worker* own = own_worker();
  for (std::size_t i = 0; i < workers_.size(); ++i)
    if (workers_[i].get() != own && idle_.claim(i)) claimed.push_back(i);
  const bool all = claimed.size() + (own == nullptr ? 0 : 1) == workers_.size();

  const auto trim = [&](std::size_t i) {
    workers_[i]->flush_frames();
    if (all) workers_[i]->shrink_queue();
    live_.trim(i);
  };
  if (own != nullptr) trim(own->index());
  for (const std::size_t i : claimed) trim(i);
  {
    const std::lock_guard lock{foreign_shard_};
    live_.trim(workers_.size());
  }
  for (const std::size_t i : claimed) unpark_claimed(i);
  return all;
}

RuntimeStats RuntimeCore::stats() const {
  RuntimeStats sum;
  const auto add = [&sum](const auto& counters) {
    // Ends before starts: a task that starts and ends meanwhile may make the sums look one too few ended, never too many.
    sum.failed += counters.failed.get(); // before those that it is a part of
    sum.completed += counters.completed.get();
    sum.moved_out += counters.moved_out.get();
    sum.cancelled += counters.cancelled.get();
    sum.steals += counters.steals.get();
    sum.stolen += counters.stolen.get();
    sum.parks += counters.parks.get();
    sum.wakes += counters.wakes.get();
    sum.injected += counters.injected.get();
    sum.timers_fired += counters.timers_fired.get();
  };
  for (const auto& worker : workers_) add(worker->counters());
  add(foreign_);
  const auto add_starts = [&sum](const auto& counters) {
    sum.submitted += counters.submitted.get();
    sum.moved_in += counters.moved_in.get();
  };
  for (const auto& worker : workers_) add_starts(worker->counters());
  add_starts(foreign_);
  if (stop_.load(std::memory_order_acquire) != 0) sum.abandoned = sum.alive();
  sum.unhandled = unhandled_.get();
  return sum;
}

StatsByWorker RuntimeCore::stats_by_worker() const {
  StatsByWorker all;
  all.workers.reserve(workers_.size());
  for (const auto& worker : workers_) all.workers.push_back(worker->look());
  // In the order of stats().
  const auto add = [](WorkerCounts& to, const auto& counters) {
    to.failed = counters.failed.get();
    to.completed = counters.completed.get();
    to.moved_out = counters.moved_out.get();
    to.cancelled = counters.cancelled.get();
    to.steals = counters.steals.get();
    to.stolen = counters.stolen.get();
    to.parks = counters.parks.get();
    to.wakes = counters.wakes.get();
    to.injected = counters.injected.get();
    to.timers_fired = counters.timers_fired.get();
  };
  const auto add_starts = [](WorkerCounts& to, const auto& counters) {
    to.submitted = counters.submitted.get();
    to.moved_in = counters.moved_in.get();
  };
  const auto for_all = [&](const auto& visit) {
    for (std::size_t i = 0; i < workers_.size(); ++i) visit(all.workers[i].counts, workers_[i]->counters());
    visit(all.outside, foreign_);
  };
  for_all(add);
  for_all(add_starts);
  // What was taken before what was brought; who brought it may not have counted it yet.
  std::uint64_t overflowed = 0;
  for (const auto& worker : workers_) overflowed += worker->counters().overflowed.get();
  const std::uint64_t left =
      (foreign_calls_.injected() + overflowed - all.total().injected) % ForeignCalls::injected_limit;
  all.inject_queued = left < ForeignCalls::injected_limit / 2 ? left : 0;
  return all;
}

TimerStats RuntimeCore::timer_stats() const noexcept {
  TimerStats sum;
  for (const auto& worker : workers_) sum += worker->timers().stats();
  return sum;
}

std::uint64_t RuntimeCore::live_count() const noexcept { return stats().alive(); }

bool RuntimeCore::in_use() const noexcept {
  // Outside before tasks: a thread that has brought a task leaves only after the task is counted.
  return sync_waits_.any_inside() || foreign_calls_.any_inside() || live_count() != 0;
}

Worker* RuntimeCore::own_worker() noexcept {
  Worker* worker = own_thread_context.worker;
  return worker != nullptr && &worker->core() == this ? worker : nullptr;
}

void RuntimeCore::post(ReadyNode& node) noexcept {
  if (Worker* worker = own_worker()) {
    if (const std::size_t queued = worker->push(node.handle)) return wake_for_local(*worker, queued);
    // No memory for a longer queue; the node needs none.
  }
  post_elsewhere(node);
}

bool RuntimeCore::post_yielded(std::coroutine_handle<> handle) noexcept {
  if (Worker* worker = own_worker()) return worker->push_yielded(handle) != 0;
  auto* node = new (std::nothrow) ReadyNode;
  if (node == nullptr) return false;
  node->handle = handle;
  ForeignCall inside{foreign_calls_};
  inside.count_injected();
  injected_owned_.push(*node);
  wake_for_injected();
  return true;
}

void RuntimeCore::post_elsewhere(ReadyNode& node) noexcept {
  ForeignCall inside{foreign_calls_};
  inside.count_injected();
  injected_.push(node);
  wake_for_injected();
}

inline void RuntimeCore::post_new_here(Worker& worker, PromiseBase& task, std::coroutine_handle<> handle) {
  if (!accepting_.load(std::memory_order_acquire)) throw RuntimeStopped{};
  task.mark_counted();
  worker.counters().submitted.add();
  if (const std::size_t queued = worker.push(handle)) return wake_for_local(worker, queued);
  worker.counters().cancelled.add(); // refused for lack of memory: it began and ended here
  throw std::bad_alloc{};
}

void RuntimeCore::post_new(PromiseBase& task, std::coroutine_handle<> handle) {
  Worker* worker = own_worker();
  if (worker == nullptr || !plain_spawn_) return post_new_otherwise(worker, task, handle);
  post_new_here(*worker, task, handle);
}

void RuntimeCore::post_new_otherwise(Worker* worker, PromiseBase& task, std::coroutine_handle<> handle) {
  // Before it can run elsewhere.
  if (worker != nullptr)
    worker->trace(TraceKind::spawn, handle.address());
  else if (outside_trace_ != nullptr)
    outside_trace_->record_shared(TraceKind::spawn, handle.address());
  // Without stealing, what lies in a worker's own queue is its own for good.
  if (worker == nullptr || !stealing_) return post_new_from_outside(task, handle);
  post_new_here(*worker, task, handle);
}

void RuntimeCore::post_new_from_outside(PromiseBase& task, std::coroutine_handle<> handle) {
  auto start = std::make_unique<ReadyNode>();
  start->handle = handle;
  ForeignCall inside{foreign_calls_};
  if (!accepting_.load(std::memory_order_seq_cst)) throw RuntimeStopped{};
  task.mark_counted();
  foreign_.submitted.add();
  inside.count_injected();
  injected_owned_.push(*start.release());
  wake_for_injected();
}

bool RuntimeCore::enroll(PromiseBase& task, std::source_location where) {
  std::optional<ForeignCall> inside; // a worker is waited for anyway
  if (own_worker() == nullptr) inside.emplace(foreign_calls_);
  // A task that was submitted before the shutdown began goes on; a new one is refused.
  if (!task.counted() && !accepting_.load(std::memory_order_seq_cst)) throw RuntimeStopped{};
  add_live(task, where);
  if (!task.counted()) count([](auto& counters) -> auto& { return counters.submitted; });
  return true;
}

void RuntimeCore::enter(PromiseBase& task, std::source_location where) {
  std::optional<ForeignCall> inside; // a worker is waited for anyway
  if (own_worker() == nullptr) inside.emplace(foreign_calls_);
  if (!accepting_.load(std::memory_order_seq_cst)) throw RuntimeStopped{};
  add_live(task, where);
  count([](auto& counters) -> auto& { return counters.moved_in; });
}

void RuntimeCore::leave(PromiseBase& task, std::uint32_t live_slot) noexcept {
  remove_live(task, live_slot);
  count([](auto& counters) -> auto& { return counters.moved_out; });
  signal_if_joining();
}

void RuntimeCore::task_finished(PromiseBase& task) noexcept {
  if (task.enrolled()) remove_live(task, task.live_slot());
  if (task.cancelled()) {
    count([](auto& counters) -> auto& { return counters.cancelled; });
  } else {
    count([](auto& counters) -> auto& { return counters.completed; });
    if (task.result_kind() == ResultKind::error) [[unlikely]]
      count([](auto& counters) -> auto& { return counters.failed; });
  }
  signal_if_joining();
}

void RuntimeCore::add_live(PromiseBase& task, std::source_location where) {
  if (Worker* worker = own_worker()) return live_.add(worker->index(), task, where);
  const std::lock_guard lock{foreign_shard_};
  live_.add(workers_.size(), task, where);
}

void RuntimeCore::remove_live(PromiseBase& task, std::uint32_t live_slot) noexcept {
  const Worker* worker = own_worker();
  live_.remove(worker != nullptr ? worker->index() : LiveTasks::no_shard, task, live_slot);
}

void RuntimeCore::signal_if_joining() noexcept {
  if (joining_.load(std::memory_order_seq_cst)) signal_end();
}

void RuntimeCore::signal_end() noexcept {
  finished_signal_.fetch_add(1, std::memory_order_release);
  futex_wake_all(&finished_signal_);
}

std::coroutine_handle<> RuntimeCore::after_task(ReadyNode& awaiter) noexcept {
  if (Worker* worker = own_worker()) return worker->after_task(awaiter.handle);
  post_elsewhere(awaiter);
  return std::noop_coroutine();
}

std::uint16_t RuntimeCore::timer_place() noexcept {
  const Worker* worker = own_worker();
  return static_cast<std::uint16_t>(worker != nullptr ? worker->index() : 0); // any one will do
}

TimerQueue& RuntimeCore::timers_at(const TimerNode& node) noexcept { return workers_[node.place]->timers(); }

bool RuntimeCore::arm_timer(TimerNode& node) {
  const SteadyTime deadline = node.deadline();
  TimerQueue& queue = timers_at(node);
  const auto arm = [&] {
    const TimerQueue::Armed armed = queue.arm(node);
    if (armed != TimerQueue::Armed::yes_and_earliest) return armed == TimerQueue::Armed::yes;
    // Invariant T: the timekeeper sleeps too long for this one. A thread that is no worker wakes one for any timer, because
    // it will not park on this runtime itself.
    const std::size_t keeper = timekeeper.load(std::memory_order_seq_cst);
    if (keeper != no_worker && deadline.time_since_epoch().count() < timekeeper_until.load(std::memory_order_seq_cst))
      wake(keeper);
    return true;
  };
  if (own_worker() != nullptr) return arm();
  const ForeignCall inside{foreign_calls_};
  return arm();
}

bool RuntimeCore::cancel_timer(TimerNode& node) noexcept { return timers_at(node).cancel(node); }

void RuntimeCore::run_until(std::coroutine_handle<> first, BlockingCall& call) {
  const ForeignCall inside{sync_waits_};
  if (!accepting_.load(std::memory_order_seq_cst)) throw RuntimeStopped{};
  const BlockingCalls::Listed listed{calls_, call};
  if (const std::size_t seat = idle_.claim_any(timekeeper.load(std::memory_order_relaxed)); seat != no_worker) {
    if (workers_[seat]->try_seat_guest()) {
      call.seat = seat;
      return workers_[seat]->run_guest(first, call.done);
    }
    idle_.begin_search();
    workers_[seat]->unpark(); // another guest, who may as well run `first`
  }
  // No seat is free: let whoever sits somewhere do it, and sleep.
  ReadyNode node;
  node.handle = first;
  post(node);
  while (call.done.load(std::memory_order_acquire) == 0) futex_wait(call.done, 0);
}

void RuntimeCore::set_done(BlockingCall& call) noexcept {
  const std::size_t seat = call.seat;
  const ForeignCall inside{foreign_calls_};
  if (seat == no_worker) {
    call.done.store(1, std::memory_order_release);
    return futex_wake_one(&call.done); // only the address is used: `call` may be gone
  }
  // seq_cst: pairs with the look at the flag that a guest takes after it has announced itself as parked.
  call.done.store(1, std::memory_order_seq_cst);
  wake(seat);
}

void RuntimeCore::unhandled(std::exception_ptr error) noexcept {
  unhandled_.add();
  if (on_unhandled_) on_unhandled_(std::move(error));
}

void RuntimeCore::share_local(const Worker& worker, std::size_t queued) noexcept {
  if (worker.worth_a_wake(queued)) return wake_one();
  if (watching.load(std::memory_order_seq_cst)) return;
  const std::size_t keeper = timekeeper.load(std::memory_order_seq_cst);
  if (keeper != no_worker)
    wake(keeper);
  else
    wake_one();
}

void RuntimeCore::wake_for_injected() noexcept {
  if (idle_.wake_needed()) wake_one();
}

void RuntimeCore::wake_one() noexcept {
  const std::size_t worker = idle_.claim_any(timekeeper.load(std::memory_order_relaxed));
  if (worker != no_worker) unpark_claimed(worker);
}

void RuntimeCore::wake(std::size_t index) noexcept {
  if (idle_.claim(index)) unpark_claimed(index);
}

void RuntimeCore::unpark_claimed(std::size_t index) noexcept {
  idle_.begin_search();
  count([](auto& counters) -> auto& { return counters.wakes; });
  workers_[index]->unpark();
}

bool RuntimeCore::work_in_sight() const noexcept {
  if (!injected_.empty() || !injected_owned_.empty()) return true;
  return std::any_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->has_loot(); });
}

bool RuntimeCore::somebody_needed() const noexcept {
  return work_in_sight() || (idle_.parked_now() != 0 && timekeeper.load(std::memory_order_seq_cst) == no_worker);
}

SteadyTime RuntimeCore::earliest_timer() const noexcept {
  SteadyTime earliest = no_deadline;
  for (const auto& worker : workers_) earliest = std::min(earliest, worker->timers().earliest());
  return earliest;
}

} // namespace flowcoro::detail

#pragma GCC diagnostic ignored "-Winvalid-offsetof"

namespace flowcoro::detail {

/// For flowcoro_gdb.py: RUNTIME there.
struct RuntimeLayout {
  static constexpr DebugLayout<14> table{debug_layout_version,
                                         offsetof(RuntimeCore, live_),
                                         offsetof(LiveTasks, blocks_),
                                         offsetof(LiveTasks, chunk_count_),
                                         LiveTasks::chunks_per_block,
                                         LiveTasks::slots_per_chunk,
                                         offsetof(LiveTasks::Chunk, tasks),
                                         offsetof(LiveTasks::Chunk, where),
                                         offsetof(LiveTasks, places_) + offsetof(PlaceNames, places_),
                                         offsetof(RuntimeCore, workers_),
                                         offsetof(Worker, running_),
                                         offsetof(Worker, code_),
                                         offsetof(RuntimeCore, calls_),
                                         offsetof(BlockingCall, where)};
};

} // namespace flowcoro::detail

extern "C" {
extern const flowcoro::detail::DebugLayout<14> flowcoro_runtime_layout;
FLOWCORO_FOR_DEBUGGERS const flowcoro::detail::DebugLayout<14> flowcoro_runtime_layout =
    flowcoro::detail::RuntimeLayout::table;
}
