#pragma once
// A bounded channel for threads: one mutex and two condition variables around a ring.

#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

namespace flowbench {

/// Threads: any number of senders and receivers. T is default-constructible.
template <class T, std::size_t capacity>
class BlockingChannel {
 public:
  /// Waits while the channel is full. \return false when it is closed; value is lost then.
  bool send(T value) {
    std::unique_lock lock(mutex_);
    ++waiting_senders_;
    not_full_.wait(lock, [this] { return size_ < capacity || closed_; });
    --waiting_senders_;
    if (closed_) {
      return false;
    }
    ring_[(head_ + size_) % capacity] = std::move(value);
    ++size_;
    const bool wake = waiting_receivers_ > 0;
    lock.unlock(); // first, so that the woken thread does not run into the lock
    if (wake) {
      not_empty_.notify_one();
    }
    return true;
  }

  /// Waits while the channel is empty. \return nothing when it is closed and drained.
  std::optional<T> receive() {
    std::unique_lock lock(mutex_);
    ++waiting_receivers_;
    not_empty_.wait(lock, [this] { return size_ > 0 || closed_; });
    --waiting_receivers_;
    if (size_ == 0) {
      return std::nullopt;
    }
    std::optional<T> value(std::move(ring_[head_]));
    head_ = (head_ + 1) % capacity;
    --size_;
    const bool wake = waiting_senders_ > 0;
    lock.unlock();
    if (wake) {
      not_full_.notify_one();
    }
    return value;
  }

  /// Receivers get what is left, then nothing.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    not_empty_.notify_all();
    not_full_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable not_empty_;
  std::condition_variable not_full_;
  std::array<T, capacity> ring_{};
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  std::size_t waiting_receivers_ = 0;
  std::size_t waiting_senders_ = 0;
  bool closed_ = false;
};

} // namespace flowbench
