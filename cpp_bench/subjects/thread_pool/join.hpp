#pragma once
// Blocks a thread until a known number of jobs have ended.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace thread_pool {

class Join {
 public:
  explicit Join(std::uint64_t jobs) noexcept : jobs_(jobs), left_(jobs), all_ended_(jobs == 0) {}

  /// \return the number of jobs, all of which have ended. Blocks: yes.
  std::uint64_t wait() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return all_ended_; });
    return jobs_;
  }

  /// Says that so many jobs more have ended. Threads: any.
  void finish(std::uint64_t jobs) {
    // acq_rel: the thread that brings it to zero has seen, and through the mutex passes on, what every job wrote.
    if (left_.fetch_sub(jobs, std::memory_order_acq_rel) == jobs) {
      const std::lock_guard lock(mutex_);
      all_ended_ = true;
      ended_.notify_all(); // under the lock: the waiter destroys this object as soon as it can
    }
  }

 private:
  std::uint64_t jobs_;
  std::atomic<std::uint64_t> left_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool all_ended_;
};

} // namespace thread_pool
