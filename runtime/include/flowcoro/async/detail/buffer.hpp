#pragma once
/// Where the values of a channel lie until they are received.
#include <cstddef>
#include <deque>
#include <memory>
#include <new>
#include <utility>

namespace flowcoro::detail {

/// A FIFO of at most `capacity` values, in memory that is there from the start.
template <class T>
class RingBuffer {
 public:
  explicit RingBuffer(std::size_t capacity) : capacity_{capacity}, slots_{std::allocator<T>{}.allocate(capacity)} {}
  RingBuffer(const RingBuffer&) = delete;
  RingBuffer& operator=(const RingBuffer&) = delete;
  ~RingBuffer() {
    while (size_ != 0) pop_front();
    std::allocator<T>{}.deallocate(slots_, capacity_);
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool full() const noexcept { return size_ == capacity_; }

  /// When the move throws, nothing has changed.
  void push_back(T&& value) {
    ::new (static_cast<void*>(slots_ + index(first_ + size_))) T(std::move(value));
    ++size_;
  }
  [[nodiscard]] T& front() noexcept { return slots_[first_]; }
  void pop_front() noexcept {
    std::destroy_at(slots_ + first_);
    first_ = index(first_ + 1);
    --size_;
  }

 private:
  [[nodiscard]] std::size_t index(std::size_t i) const noexcept { return i < capacity_ ? i : i - capacity_; }

  const std::size_t capacity_;
  T* const slots_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

/// A FIFO that is never full: it takes memory as it needs it, and gives it back. push_back() may throw std::bad_alloc.
template <class T>
class GrowingBuffer {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] static constexpr bool full() noexcept { return false; }

  void push_back(T&& value) { values_.push_back(std::move(value)); }
  [[nodiscard]] T& front() noexcept { return values_.front(); }
  void pop_front() noexcept { values_.pop_front(); }

 private:
  std::deque<T> values_;
};

} // namespace flowcoro::detail
