#include "flowcoro/sched/blocking_pool.hpp"

#include "flowcoro/base/assert.hpp"
#include "flowcoro/park/detail/block_signals.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <string>
#include <system_error>

namespace flowcoro {
namespace {

BlockingPoolOptions valid(BlockingPoolOptions options) {
  if (options.max_threads == 0) throw std::invalid_argument{"max_threads: must be at least 1"};
  if (options.min_threads > options.max_threads)
    throw std::invalid_argument{"min_threads: must be at most max_threads"};
  if (options.idle < Nanoseconds{0}) throw std::invalid_argument{"idle: must be 0 or more"};
  // Longer than any process lives, and short enough to be added to the time.
  options.idle = std::min<Nanoseconds>(options.idle, std::chrono::hours{24 * 365 * 10});
  return options;
}

} // namespace

BlockingPool::BlockingPool(BlockingPoolOptions options) : options_{valid(std::move(options))} {
  try {
    for (std::size_t i = 0; i < options_.min_threads; ++i) {
      const std::lock_guard hold{mutex_};
      start_thread();
    }
  } catch (...) {
    stop();
    throw;
  }
}

BlockingPool::~BlockingPool() { stop(); }

void BlockingPool::stop() noexcept {
  for (;;) {
    std::vector<std::thread> gone;
    {
      std::unique_lock lock{mutex_};
      stopping_ = true;
      changed_.notify_all();
      // Those that still run are joined too: they end when nothing is queued.
      gone = std::move(threads_);
      threads_.clear();
      std::move(ended_.begin(), ended_.end(), std::back_inserter(gone));
      ended_.clear();
      if (gone.empty()) {
        // Another call joins them: what was taken has run when they are gone.
        changed_.wait(lock, [this] { return live_ == 0; });
        return;
      }
    }
    join_all(gone);
  }
}

void BlockingPool::join_all(std::vector<std::thread>& threads) noexcept {
  for (std::thread& thread : threads) {
    FLOWCORO_ASSERT(thread.get_id() != std::this_thread::get_id(), "a BlockingPool was stopped by its own work");
    thread.join();
  }
}

void BlockingPool::enqueue(std::unique_ptr<Work> work) {
  enqueue(*work);
  static_cast<void>(work.release()); // it destroys itself
}

void BlockingPool::enqueue(Work& work) {
  std::vector<std::thread> gone;
  {
    const std::lock_guard hold{mutex_};
    if (stopping_) throw BlockingPoolStopped{};
    queue_.push_back(work);
    ++queued_;
    try {
      if (queued_ > idle_ && live_ < options_.max_threads) start_thread();
    } catch (const std::exception&) {
      if (live_ == 0) {
        queue_.remove(work);
        --queued_;
        throw;
      }
      // One that is there comes to it.
    }
    ++counts_.submitted;
    // Under the lock: after it the work, and with it the coroutine that owns this pool, may be over.
    changed_.notify_one();
    gone = take_ended();
  }
  join_all(gone);
}

/// Under the lock. Throws std::system_error or std::bad_alloc; then nothing has changed.
void BlockingPool::start_thread() {
  const detail::BlockSignals blocked; // the new thread inherits the mask
  threads_.reserve(threads_.size() + 1);
  ended_.reserve(ended_.size() + live_ + 1); // so that a thread which ends allocates nothing
  try {
    threads_.emplace_back([this] { thread_loop(); });
  } catch (const std::system_error& error) {
    throw std::system_error{error.code(), "thread " + std::to_string(live_ + 1) + " of a BlockingPool was not started"};
  }
  ++live_;
  counts_.most_threads = std::max(counts_.most_threads, live_);
}

/// Under the lock. What they leave behind is room for those that live.
std::vector<std::thread> BlockingPool::take_ended() noexcept {
  if (ended_.empty()) return {};
  try {
    std::vector<std::thread> room;
    room.reserve(live_);
    return std::exchange(ended_, std::move(room));
  } catch (const std::bad_alloc&) {
    return {}; // they are joined later
  }
}

void BlockingPool::thread_loop() noexcept {
  std::unique_lock lock{mutex_};
  for (;;) {
    ++idle_;
    const auto something = [this] { return stopping_ || !queue_.empty(); };
    bool woken = true;
    if (live_ > options_.min_threads)
      woken = changed_.wait_for(lock, options_.idle, something);
    else
      changed_.wait(lock, [&] { return something() || !ended_.empty(); });
    --idle_;
    Work* work = queue_.pop_front();
    if (work == nullptr) {
      if (stopping_) break;
      if (!woken && live_ > options_.min_threads) break;
      if (!ended_.empty()) {
        std::thread gone = std::move(ended_.back());
        ended_.pop_back();
        lock.unlock();
        gone.join();
        lock.lock();
      }
      continue;
    }
    --queued_;
    lock.unlock();
    const bool lost = !run_one(*work);
    lock.lock();
    ++counts_.completed;
    if (lost) ++counts_.unhandled;
    lock.unlock();
    work->dispose(); // whoever sees its end sees the counters that include it
    lock.lock();
  }
  --live_;
  if (stopping_ && live_ == 0) changed_.notify_all();
  const auto own = std::find_if(threads_.begin(), threads_.end(), [](const std::thread& thread) {
    return thread.get_id() == std::this_thread::get_id();
  });
  if (own == threads_.end()) return; // stop() has it
  ended_.push_back(std::move(*own));
  threads_.erase(own);
  changed_.notify_all(); // one that is kept joins it
}

bool BlockingPool::run_one(Work& work) noexcept {
  try {
    work.run();
    return true;
  } catch (...) {
    if (options_.on_unhandled) options_.on_unhandled(std::current_exception());
    return false;
  }
}

BlockingPoolStats BlockingPool::stats() const {
  const std::lock_guard hold{mutex_};
  BlockingPoolStats stats = counts_;
  stats.threads = live_;
  stats.idle = idle_;
  stats.queued = queued_;
  return stats;
}

BlockingPool& default_blocking_pool() {
  // The one that is kept joins the others, so that no thread which has ended is left when the process ends.
  static BlockingPool& pool = *new BlockingPool{{.min_threads = 1}};
  return pool;
}

} // namespace flowcoro
