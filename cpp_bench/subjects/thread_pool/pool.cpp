#include "pool.hpp"

#include <algorithm>
#include <array>

namespace thread_pool {
namespace {

constexpr std::size_t max_batch = 64;
constexpr std::uint64_t ranges_per_worker = 8;

} // namespace

Pool::Pool(unsigned workers) : workers_(workers) {
  threads_.reserve(workers);
  try {
    while (threads_.size() < workers_) {
      threads_.emplace_back([this] { work(); });
    }
  } catch (...) {
    stop(); // a destructor does not run for an object whose constructor threw
    throw;
  }
}

Pool::~Pool() { stop(); }

void Pool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  not_empty_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

// Invariant: while the queue holds jobs, some worker is awake (and looks at the queue before it sleeps) or being woken.
// One wake at a time is enough, because the woken worker wakes the next: a wake takes longer than many jobs do, and
// without this a submitter would pay for one with each of them.
bool Pool::claim_wake() {
  if (sleeping_ == 0 || waking_) return false;
  waking_ = true;
  return true;
}

void Pool::push(const Job& job) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(job);
    wake = claim_wake();
  }
  if (wake) not_empty_.notify_one();
}

void Pool::push_in_ranges(const Job& all) {
  const std::uint64_t tasks = all.last - all.first;
  const std::uint64_t ranges = std::min(tasks, ranges_per_worker * workers_);
  {
    const std::lock_guard lock(mutex_);
    Job job = all;
    for (std::uint64_t range = 0; range < ranges; ++range) {
      job.last = job.first + tasks / ranges + (range < tasks % ranges ? 1 : 0);
      queue_.push_back(job);
      job.first = job.last;
    }
  }
  not_empty_.notify_all();
}

void Pool::work() {
  std::array<Job, max_batch> batch;
  while (const std::size_t taken = take_batch(batch)) {
    run_batch(std::span(batch).first(taken));
  }
}

// Takes several jobs under one lock, but no more than this worker's share of the queue: the others find work too, and
// two jobs that wait for each other (a producer and its consumer) do not end up one behind the other on one worker.
std::size_t Pool::take_batch(std::span<Job> batch) {
  std::unique_lock lock(mutex_);
  while (queue_.empty()) {
    if (stopping_) {
      return 0;
    }
    ++sleeping_;
    not_empty_.wait(lock);
    --sleeping_;
    waking_ = false;
  }
  const std::size_t share = std::clamp<std::size_t>(queue_.size() / workers_, 1, batch.size());
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(share);
  std::copy(queue_.begin(), end, batch.begin());
  queue_.erase(queue_.begin(), end);
  const bool wake = !queue_.empty() && claim_wake();
  lock.unlock();
  if (wake) not_empty_.notify_one();
  return share;
}

// Jobs of one join that follow one another are counted together: the counter is shared by all workers.
void Pool::run_batch(std::span<const Job> batch) {
  for (std::size_t i = 0; i < batch.size();) {
    Join* const join = batch[i].join;
    std::uint64_t ended = 0;
    for (; i < batch.size() && batch[i].join == join; ++i) {
      const Job& job = batch[i];
      for (std::uint64_t index = job.first; index < job.last; ++index) {
        job.call(job.task, index);
      }
      ended += job.last - job.first;
    }
    join->finish(ended);
  }
}

} // namespace thread_pool
