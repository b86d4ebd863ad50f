#pragma once
/// lockfree::Queue and lockfree::MPSCQueue: unbounded queues between threads.
#include "flowcoro/queue/mpmc_queue.hpp"
#include "flowcoro/queue/mpsc_queue.hpp"

#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace flowcoro::lockfree {

/// Over MpmcQueue. Threads: any, for every function.
template <class T>
class Queue {
 public:
  /// \return false without memory; then the item is gone.
  bool enqueue(T item) noexcept {
    try {
      queue_.push(std::move(item));
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }
  /// \return false when there is none; then `item` is as it was.
  [[nodiscard]] bool dequeue(T& item) noexcept(std::is_nothrow_move_assignable_v<T>) {
    std::optional<T> next = queue_.try_pop();
    if (!next) return false;
    item = *std::move(next);
    return true;
  }
  [[nodiscard]] bool empty() const noexcept { return queue_.empty(); }

 private:
  MpmcQueue<T> queue_;
};

/// Over MpscQueue. Threads: any for enqueue(), one at a time for the rest.
template <class T>
class MPSCQueue {
 public:
  /// \return false without memory; then the item is gone.
  bool enqueue(T item) {
    try {
      queue_.push(std::move(item));
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }
  /// \return false when there is none; then `item` is as it was.
  [[nodiscard]] bool dequeue(T& item) {
    std::optional<T> next = queue_.try_pop();
    if (!next) return false;
    item = *std::move(next);
    return true;
  }
  [[nodiscard]] bool empty() const noexcept { return queue_.empty(); }

 private:
  MpscQueue<T> queue_;
};

} // namespace flowcoro::lockfree

namespace flowcoro {

template <class T>
using LockFreeQueue = lockfree::Queue<T>;

} // namespace flowcoro
