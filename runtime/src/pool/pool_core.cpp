#include "flowcoro/pool/detail/pool_core.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/sched/yield.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <mutex>

namespace flowcoro::pool::detail {
namespace {

// After so many jobs in a row that went on in the place of one that ended, the next one queues, so that others get their turn.
constexpr std::uint32_t turns_in_a_row = 16;

Nanoseconds in_ns(const timespec& time) noexcept {
  return std::chrono::seconds{time.tv_sec} + Nanoseconds{time.tv_nsec};
}

/// Between two ticks of the system.
Nanoseconds tick() noexcept {
  timespec time{};
  return ::clock_getres(CLOCK_MONOTONIC_COARSE, &time) == 0 ? in_ns(time) : Nanoseconds{0};
}

} // namespace

Job::Job(TaskPriority priority, Free free_memory) noexcept
    : Continuation{&PoolCore::job_ended}, free_{free_memory}, priority_{priority} {}

PoolCore::PoolCore(const CoroutinePoolConfig& config, Scheduler& scheduler, WaitClock clock)
    : config_{config},
      reserve_{config.reserve()},
      limit_{config.task_timeout_ms == 0
                 ? Nanoseconds::max()
                 : saturating_nanoseconds(std::chrono::duration<std::uint64_t, std::milli>{config.task_timeout_ms})},
      scheduler_{scheduler},
      tick_{clock == WaitClock::ticks ? tick() : Nanoseconds{0}},
      table_{config.min_coroutines} {}

// Taking jobs

SteadyTime PoolCore::wait_begins() const noexcept {
  timespec last_tick{};
  if (tick_ == Nanoseconds{0} || ::clock_gettime(CLOCK_MONOTONIC_COARSE, &last_tick) != 0) return scheduler_.now();
  return SteadyTime{in_ns(last_tick) + tick_};
}

Admission PoolCore::submit(Job& job) {
  const SteadyTime begins = wait_begins();
  Woken woken;
  const std::lock_guard hold{lock_};
  // The time of a task that runs is a statistic, and its limit is kept: it needs the clock.
  return admit(job, may_run(job.priority_) ? scheduler_.now() : begins, woken);
}

void PoolCore::count_rejected() noexcept {
  const std::lock_guard hold{lock_};
  ++counts_.total_rejected;
}

/// Who has waited for too long, the longest first, and else by priority.
Job* PoolCore::take_next(SteadyTime now) noexcept {
  if (pending_ == 0) return nullptr;
  const SteadyTime aged =
      now - saturating_nanoseconds(std::chrono::duration<std::uint64_t, std::milli>{config_.aging_ms});
  Job* next = nullptr;
  for (auto queue = pending_jobs_.rbegin(); queue != pending_jobs_.rend(); ++queue) {
    Job* first = queue->front();
    if (first == nullptr || !may_run(first->priority_)) continue;
    const bool first_is_aged = first->since_ <= aged;
    if (next == nullptr || (first_is_aged && first->since_ < next->since_)) next = first;
  }
  if (next == nullptr) return nullptr;
  next->unlink();
  --pending_;
  return next;
}

void PoolCore::run(Job& job, SteadyTime now, Woken& woken) noexcept {
  job.place_ = Job::Place::running;
  job.since_ = now;
  running_jobs_.push_back(job);
  ++active_;
  counts_.max_concurrent = std::max(counts_.max_concurrent, active_);
  flowcoro::detail::Waiter::complete_all(watch_waiters_, woken.waiters);
}

void PoolCore::let_submitters_in(SteadyTime now, Woken& woken) noexcept {
  for (;;) {
    Submitter* submitter = submitters_.front();
    if (submitter == nullptr) return;
    try {
      const Admission admission = admit(*submitter->job, now, woken);
      if (admission == Admission::full) return;
      submitter->admission = admission;
    } catch (const std::bad_alloc&) {
      submitter->admission = Admission::no_memory;
    }
    submitters_.remove(*submitter);
    submitter->complete();
    woken.submitters.push_back(*submitter);
  }
}

// From one job to the next

void PoolCore::start(Job& job) noexcept {
  if (begin(job, Turn::queued) == nullptr)
    static_cast<void>(go_on_after(job, TaskEnd::failed, Turn::queued)); // a coroutine that does nothing
}

std::coroutine_handle<> PoolCore::job_ended(flowcoro::detail::Continuation& self,
                                            flowcoro::detail::PromiseBase& promise) noexcept {
  auto& job = static_cast<Job&>(self);
  const TaskEnd end = job.take_result(promise);
  return job.core_->go_on_after(job, end, Turn::here);
}

std::coroutine_handle<> PoolCore::go_on_after(Job& ended, TaskEnd end, Turn turn) noexcept {
  for (Job* job = &ended;;) {
    const Next next = settle(*job, end);
    if (next.job == nullptr) return std::noop_coroutine();
    if (const std::coroutine_handle<> body = begin(*next.job, turn == Turn::here ? next.turn : turn)) return body;
    job = next.job;
    end = TaskEnd::failed;
  }
}

std::coroutine_handle<> PoolCore::begin(Job& job, Turn turn) noexcept {
  try {
    const Job::Body body = job.make_body();
    body.promise.become_group_task(scheduler_, job.stop_, job);
    if (turn == Turn::here && current_scheduler() == &scheduler_) return body.handle;
    try {
      scheduler_.post_new(body.promise, body.handle);
    } catch (...) {
      body.handle.destroy();
      throw;
    }
    return std::noop_coroutine();
  } catch (...) {
    job.set_error(std::current_exception());
    job.drop_callable();
    return nullptr;
  }
}

PoolCore::Next PoolCore::settle(Job& job, TaskEnd end) noexcept {
  const SteadyTime now = scheduler_.now();
  Next next{nullptr, Turn::here};
  bool nobody_left = false;
  {
    Woken woken;
    // Once it no longer counts here, the core may go: until then nobody else may look at job.core_.
    const std::lock_guard hold_job{job.lock_};
    {
      const std::lock_guard hold{lock_};
      if (end == TaskEnd::cancelled && job.overdue_) end = TaskEnd::timed_out;
      if (job.overdue_) --overdue_;
      job.unlink();
      --active_;
      const auto ran_ns = static_cast<std::uint64_t>(std::max<std::int64_t>((now - job.since_).count(), 0));
      durations_.add(ran_ns);
      ran_ns_ += ran_ns;
      ++ran_;
      count_end(job, end);
      next.job = take_next(now);
      if (next.job != nullptr) {
        run(*next.job, now, woken);
        if (++turns_ % turns_in_a_row == 0) next.turn = Turn::queued;
      }
      let_submitters_in(now, woken);
      wake_if_idle(woken);
      nobody_left = unused();
    }
    // From here on the core may be gone, unless there is a next job.
    job.publish(woken.waiters);
  }
  job.let_go();
  free_if(nobody_left, *this);
  return next;
}

void PoolCore::count_end(Job& job, TaskEnd end) noexcept {
  switch (end) {
    case TaskEnd::completed: ++counts_.total_completed; break;
    case TaskEnd::failed: ++counts_.total_failed; break;
    case TaskEnd::timed_out: ++counts_.total_timed_out; break;
    case TaskEnd::cancelled:
    case TaskEnd::forgotten: ++counts_.total_cancelled; break;
  }
  table_.remove(job.id_, end);
  job.end_ = end;
  job.place_ = Job::Place::ended;
}

void PoolCore::wake_if_idle(Woken& woken) noexcept {
  if (active_ + pending_ == 0) flowcoro::detail::Waiter::complete_all(idle_waiters_, woken.waiters);
}

std::size_t PoolCore::start_pending() noexcept {
  for (std::size_t started = 0;; ++started) {
    const SteadyTime now = scheduler_.now();
    Job* next = nullptr;
    {
      Woken woken;
      const std::lock_guard hold{lock_};
      next = take_next(now);
      if (next == nullptr) return started;
      run(*next, now, woken);
      let_submitters_in(now, woken);
    }
    start(*next);
  }
}

// Stopping

/// It has been taken out of its queue and accounted for.
void PoolCore::end_pending(Job& job) noexcept {
  job.drop_callable();
  {
    Woken woken;
    const std::lock_guard hold{job.lock_};
    job.publish(woken.waiters);
  }
  job.let_go();
}

bool PoolCore::cancel_pending(Job& job, Woken& woken) noexcept {
  const SteadyTime now = scheduler_.now();
  const std::lock_guard hold{lock_};
  if (job.place_ != Job::Place::pending) return false;
  job.unlink();
  --pending_;
  count_end(job, TaskEnd::cancelled);
  let_submitters_in(now, woken);
  wake_if_idle(woken);
  return true;
}

void Job::request_stop() noexcept {
  bool was_pending = false;
  {
    PoolCore::Woken woken;
    const std::lock_guard hold{lock_};
    if (core_ == nullptr) return;
    was_pending = core_->cancel_pending(*this, woken);
    if (was_pending) core_ = nullptr;
  }
  if (was_pending)
    PoolCore::end_pending(*this);
  else
    stop_.request_stop();
}

void PoolCore::request_stop_all(bool cleaning) noexcept {
  for (;;) {
    Job* pending = nullptr;
    Job* running = nullptr;
    {
      Woken woken;
      const std::lock_guard hold{lock_};
      if (cleaning && accepting_) {
        accepting_ = false;
        while (Submitter* submitter = submitters_.pop_front()) {
          submitter->admission = Admission::stopped;
          submitter->complete();
          woken.submitters.push_back(*submitter);
        }
      }
      for (Queue& queue : pending_jobs_) {
        pending = queue.pop_front();
        if (pending != nullptr) break;
      }
      if (pending != nullptr) {
        --pending_;
        count_end(*pending, TaskEnd::cancelled);
        wake_if_idle(woken);
      } else if (Job* job = running_jobs_.pop_front()) {
        stopping_jobs_.push_back(*job);
        job->keep();
        running = job;
      }
    }
    if (pending != nullptr) {
      end_pending(*pending);
    } else if (running != nullptr) {
      running->stop_.request_stop();
      running->let_go();
    } else {
      return;
    }
  }
}

void PoolCore::reopen() noexcept {
  const std::lock_guard hold{lock_};
  counts_ = {};
  durations_ = {};
  ran_ = ran_ns_ = 0;
  accepting_ = true;
}

void PoolCore::abandon() noexcept {
  bool nobody_left = false;
  {
    const std::lock_guard hold{lock_};
    owned_ = false;
    nobody_left = unused();
  }
  free_if(nobody_left, *this);
}

// Time limits

/// Awaits the start of a job.
class [[nodiscard]] PoolCore::SomethingRuns : flowcoro::detail::Waiter {
 public:
  explicit SomethingRuns(PoolCore& core) noexcept : Waiter{core.lock_}, core_{core} {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    return suspend_unless(waiter, core_.watch_waiters_, [this] { return !core_.running_jobs_.empty(); });
  }
  void await_resume() { finish(); }

 private:
  PoolCore& core_;
};

Lazy<void> PoolCore::watch(PoolCore& core) {
  // Without a limit there is nothing to look after; it only waits for its end then, as it does while no job runs.
  for (bool stopped = false; !stopped;) {
    bool no_memory = false;
    try {
      const std::optional<SteadyTime> due = core.next_deadline();
      if (due.has_value()) {
        auto until_due = sleep_until(*due);
        co_await until_due;
        core.stop_overdue();
      } else {
        SomethingRuns started{core};
        co_await started;
      }
    } catch (const OperationCancelled&) {
      stopped = true;
    } catch (const std::bad_alloc&) {
      no_memory = true; // for the timer: look again, until there is some
    }
    if (no_memory) co_await yield();
  }
  core.watch_ended();
}

std::optional<SteadyTime> PoolCore::next_deadline() noexcept {
  const std::lock_guard hold{lock_};
  const Job* oldest = running_jobs_.front();
  if (oldest == nullptr) return std::nullopt;
  return deadline_after(oldest->since_, limit_);
}

void PoolCore::stop_overdue() noexcept {
  const SteadyTime now = scheduler_.now();
  for (;;) {
    Job* job = nullptr;
    {
      const std::lock_guard hold{lock_};
      job = running_jobs_.front();
      if (job == nullptr || deadline_after(job->since_, limit_) > now) return;
      job->unlink();
      stopping_jobs_.push_back(*job);
      job->overdue_ = true;
      ++overdue_;
      ++counts_.total_overdue;
      job->keep();
    }
    job->stop_.request_stop();
    job->let_go();
  }
}

void PoolCore::watch_ended() noexcept {
  bool nobody_left = false;
  {
    const std::lock_guard hold{lock_};
    watched_ = false;
    nobody_left = unused();
  }
  free_if(nobody_left, *this);
}

// What there is to see

PoolCore::Found PoolCore::find(TaskId id) noexcept {
  const std::lock_guard hold{lock_};
  const JobTable::Found found = table_.find(id);
  if (found.job != nullptr) found.job->keep();
  return {found.job, found.end};
}

std::vector<TaskId> PoolCore::left() {
  std::vector<TaskId> ids;
  for (;;) {
    std::size_t wanted = 0;
    {
      const std::lock_guard hold{lock_};
      wanted = active_ + pending_;
      if (wanted <= ids.capacity()) {
        const auto add = [&](const Job& job) { ids.push_back(job.id_); };
        running_jobs_.for_each(add);
        stopping_jobs_.for_each(add);
        for (Queue& queue : pending_jobs_) queue.for_each(add);
        return ids;
      }
    }
    ids.reserve(wanted);
  }
}

CoroutinePoolStats PoolCore::stats() const noexcept {
  const std::lock_guard hold{lock_};
  CoroutinePoolStats stats = counts_;
  stats.active = active_;
  stats.pending = pending_;
  stats.overdue = overdue_;
  stats.prepared = table_.slots();
  stats.avg_task_duration_ns = ran_ == 0 ? 0 : ran_ns_ / ran_;
  stats.p50_task_duration_ns = durations_.percentile(0.50);
  stats.p99_task_duration_ns = durations_.percentile(0.99);
  stats.utilization = static_cast<double>(active_) / static_cast<double>(config_.max_coroutines);
  return stats;
}

std::size_t PoolCore::active() const noexcept {
  const std::lock_guard hold{lock_};
  return active_;
}

} // namespace flowcoro::pool::detail
