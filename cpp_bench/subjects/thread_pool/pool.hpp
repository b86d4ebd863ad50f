#pragma once
// A fixed number of worker threads behind one queue: a mutex, a condition variable, a deque.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "join.hpp"

namespace thread_pool {

class Pool {
 public:
  explicit Pool(unsigned workers);
  /// Runs what is still queued, then ends the workers.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Runs task(i) on a worker; counts as one job of `join`. `task` lives until join.wait() returns.
  /// Threads: any, workers included. Blocks: only for the lock.
  template <class Task>
  void submit(Join& join, Task& task, std::uint64_t i) {
    push({&call<Task>, &task, &join, i, i + 1});
  }

  /// Runs task(i) for each i in [0, tasks), in a few ranges per worker; counts as that many jobs of `join`.
  template <class Task>
  void submit_range(Join& join, Task& task, std::uint64_t tasks) {
    push_in_ranges({&call<Task>, &task, &join, 0, tasks});
  }

 private:
  /// call(task, i) for each i in [first, last): a plain function pointer, so that queueing allocates nothing per job.
  struct Job {
    void (*call)(void* task, std::uint64_t i);
    void* task;
    Join* join;
    std::uint64_t first;
    std::uint64_t last;
  };

  template <class Task>
  static void call(void* task, std::uint64_t i) {
    (*static_cast<Task*>(task))(i);
  }

  bool claim_wake();
  void push(const Job& job);
  void push_in_ranges(const Job& all);
  void stop();
  void work();
  std::size_t take_batch(std::span<Job> batch);
  static void run_batch(std::span<const Job> batch);

  const std::size_t workers_;
  std::mutex mutex_;
  std::condition_variable not_empty_;
  std::deque<Job> queue_;
  std::size_t sleeping_ = 0; ///< workers inside not_empty_.wait()
  bool waking_ = false;      ///< one of them was notified and has not come back yet
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace thread_pool
