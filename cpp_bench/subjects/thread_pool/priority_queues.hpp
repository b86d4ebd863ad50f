#pragma once
// Tasks that wait for their turn, by priority, in front of the one queue of a pool.

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

#include "flowbench_kit/priority.hpp"

namespace thread_pool {

/// Each task that is put in has one turn in the pool's queue, and each turn takes the task that is first by then: the
/// highest priority, and of that the one that came first.
template <class Task>
class PriorityQueues {
 public:
  /// At most `limit` are under way at once.
  explicit PriorityQueues(std::uint64_t limit) noexcept : limit_(limit) {}

  /// Threads: any.
  void put(flowbench::Priority priority, const Task& task) {
    const std::lock_guard lock(mutex_);
    waiting_.at(static_cast<std::size_t>(priority)).push_back(task);
  }

  /// Takes the first one, which is under way until give_back(). Precondition: as many tasks were put in as are taken. Threads: any.
  /// Blocks: while as many are under way as may be.
  [[nodiscard]] Task take() {
    std::unique_lock lock(mutex_);
    ++at_the_limit_;
    below_limit_.wait(lock, [this] { return under_way_ < limit_; });
    --at_the_limit_;
    std::deque<Task>& first =
        *std::ranges::find_if(waiting_, [](const std::deque<Task>& queue) { return !queue.empty(); });
    const Task task = first.front();
    first.pop_front();
    most_ = std::max(most_, ++under_way_);
    return task;
  }
  void give_back() {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      --under_way_;
      wake = at_the_limit_ > 0;
    }
    if (wake) below_limit_.notify_one();
  }

  /// The most that were under way at once. Precondition: all were given back.
  [[nodiscard]] std::uint64_t most_under_way() const noexcept { return most_; }

 private:
  const std::uint64_t limit_;
  std::mutex mutex_;
  std::condition_variable below_limit_;
  std::array<std::deque<Task>, flowbench::priorities> waiting_; // high, normal, low
  std::uint64_t under_way_ = 0;
  std::uint64_t at_the_limit_ = 0; ///< threads inside below_limit_.wait()
  std::uint64_t most_ = 0;
};

} // namespace thread_pool
