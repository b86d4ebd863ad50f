#include "flowcoro/sched/stealing_pool.hpp"

#include "flowcoro/base/assert.hpp"
#include "flowcoro/base/cpu.hpp"
#include "flowcoro/base/detail/thread_context.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/park/detail/block_signals.hpp"
#include "flowcoro/sched/fairness.hpp"

#include <sched.h>

#include <algorithm>

namespace flowcoro {

using detail::own_thread_context;

StealingPool::StealingPool(StealingPoolOptions options) : options_{std::move(options)} {
  const std::size_t count = options_.threads == 0 ? allowed_cpus() : options_.threads;
  const std::size_t groups = std::max<std::size_t>(1, options_.cpu_groups.size());
  workers_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    Worker& worker = *workers_.emplace_back(std::make_unique<Worker>());
    worker.group = i % groups;
    worker.random = 2 * i + 1;
  }
  ids_.reserve(count);
  const std::lock_guard lock{joining_};
  threads_.reserve(count);
  const detail::BlockSignals blocked; // the new threads inherit the mask
  try {
    for (const auto& worker : workers_) {
      threads_.emplace_back([this, &own = *worker] { thread_loop(own); });
      ids_.push_back(threads_.back().get_id());
    }
  } catch (...) {
    stopping_.store(true, std::memory_order_seq_cst);
    changes_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    throw;
  }
}

StealingPool::~StealingPool() { stop(); }

void StealingPool::stop() noexcept {
  FLOWCORO_ASSERT(own_worker() == nullptr, "a StealingPool was stopped by its own work");
  stopping_.store(true, std::memory_order_seq_cst);
  changes_.notify_all();
  const std::lock_guard lock{joining_};
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  while (inside_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
}

/// seq_cst: who brings a job counts it and then looks for the end; stop() says that it is the end, and threads go when nothing is counted.
bool StealingPool::ended() const noexcept {
  return stopping_.load(std::memory_order_seq_cst) && unfinished_.load(std::memory_order_seq_cst) == 0;
}

// Queueing:

StealingPool::Worker* StealingPool::own_worker() noexcept {
  const auto own = std::ranges::find(ids_, std::this_thread::get_id());
  return own == ids_.end() ? nullptr : workers_[static_cast<std::size_t>(own - ids_.begin())].get();
}

void StealingPool::enqueue(std::unique_ptr<Job> job) {
  if (Worker* own = own_worker()) return enqueue_for(own, std::move(job));
  // The job may end, and the pool with it, before this thread has left.
  inside_.fetch_add(1, std::memory_order_relaxed);
  try {
    enqueue_for(nullptr, std::move(job));
  } catch (...) {
    inside_.fetch_sub(1, std::memory_order_release);
    throw;
  }
  inside_.fetch_sub(1, std::memory_order_release);
}

void StealingPool::enqueue_for(Worker* own, std::unique_ptr<Job> job) {
  unfinished_.fetch_add(1, std::memory_order_seq_cst);
  if (stopping_.load(std::memory_order_seq_cst)) {
    job_ended();
    throw RuntimeStopped{};
  }
  Job* queued = job.release(); // from here on it may have run
  if (own == nullptr || own->queue.push(queued) == 0) injected_.push(*queued);
  queued_.fetch_add(1, std::memory_order_seq_cst);
  changes_.notify_one();
}

void StealingPool::job_ended() noexcept {
  if (unfinished_.fetch_sub(1, std::memory_order_seq_cst) == 1 && stopping_.load(std::memory_order_seq_cst))
    changes_.notify_all();
}

// Running:

void StealingPool::thread_loop(Worker& worker) noexcept {
  if (options_.cpu_groups.size() > 1) stay_on(options_.cpu_groups[worker.group]);
  own_thread_context.frames = &worker.frames;
  while (!ended()) {
    if (std::unique_ptr<Job> job = next(worker)) {
      run(worker, std::move(job));
      continue;
    }
    changes_.wait(
        [this] { return queued_.load(std::memory_order_seq_cst) > 0 || ended() ? SteadyTime::min() : no_deadline; });
  }
  own_thread_context.frames = nullptr;
}

void StealingPool::run(Worker& worker, std::unique_ptr<Job> job) noexcept {
  try {
    job->run();
  } catch (...) {
    worker.unhandled.add();
    if (options_.on_unhandled) options_.on_unhandled(std::current_exception());
  }
  job.reset(); // with what it has captured, before it counts as completed
  worker.completed.add();
  job_ended();
}

std::unique_ptr<StealingPool::Job> StealingPool::next(Worker& worker) noexcept {
  Job* job = nullptr;
  // What comes from outside must not wait for a queue that never ends.
  if (++worker.turns % turns_between_looks == 0) job = take_injected(worker);
  if (job == nullptr) job = worker.queue.pop();
  if (job == nullptr) job = take_injected(worker);
  if (job == nullptr) job = steal(worker);
  if (job != nullptr) queued_.fetch_sub(1, std::memory_order_relaxed);
  return std::unique_ptr<Job>{job};
}

/// The oldest; the others go where thieves find them.
StealingPool::Job* StealingPool::take_injected(Worker& worker) noexcept {
  InjectNode* list = injected_.take_all();
  if (list == nullptr) return nullptr;
  InjectNode* rest = list->next_injected;
  while (rest != nullptr) {
    auto* job = static_cast<Job*>(rest);
    rest = rest->next_injected; // first: a thief may run it at once
    if (worker.queue.push(job) == 0) injected_.push(*job);
  }
  return static_cast<Job*>(list);
}

StealingPool::Job* StealingPool::steal(Worker& worker) noexcept {
  // xorshift64: any start will do, it only must not be the same for all.
  worker.random ^= worker.random << 13;
  worker.random ^= worker.random >> 7;
  worker.random ^= worker.random << 17;
  const std::size_t start = worker.random % workers_.size();
  for (const bool near : {true, false}) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      Worker& victim = *workers_[(start + i) % workers_.size()];
      if (&victim == &worker || (victim.group == worker.group) != near) continue;
      const std::size_t before = worker.queue.size();
      Job* job = victim.queue.steal_half(worker.queue);
      if (job == nullptr) continue;
      worker.steals.add();
      if (near) worker.near.add();
      worker.stolen.add(1 + std::max(worker.queue.size(), before) -
                        before); // others may have stolen from here meanwhile
      return job;
    }
  }
  return nullptr;
}

void StealingPool::stay_on(const std::vector<unsigned>& cpus) noexcept {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  cpu_set_t own;
  CPU_ZERO(&own);
  for (const unsigned cpu : cpus)
    if (cpu < CPU_SETSIZE && CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &own);
  if (CPU_COUNT(&own) != 0) static_cast<void>(sched_setaffinity(0, sizeof own, &own));
}

StealingPoolStats StealingPool::stats() const noexcept {
  StealingPoolStats sum;
  for (const auto& worker : workers_) {
    sum.completed += worker->completed.get();
    sum.unhandled += worker->unhandled.get();
    sum.steals += worker->steals.get();
    sum.near += worker->near.get();
    sum.stolen += worker->stolen.get();
  }
  sum.submitted = sum.completed + unfinished_.load(std::memory_order_acquire);
  return sum;
}

} // namespace flowcoro
