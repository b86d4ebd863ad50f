#pragma once
/// A bounded queue between coroutines: senders wait while it is full, receivers while it is empty.
#include "flowcoro/coro/detail/waiter.hpp"

#include <coroutine>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

namespace flowcoro {

enum class TrySend : std::uint8_t { sent, full, closed };

/// Many senders, many receivers, FIFO: values arrive in the order in which they were sent, waiters are served in the order in
/// which they came. Values that are buffered when the channel closes are still received. Threads: any.
/// Capacity 0 is a rendezvous: a send completes when a receiver takes the value.
template <class T>
class Channel {
  class SendAwaiter;
  class ReceiveAwaiter;

 public:
  explicit Channel(std::size_t capacity) : capacity_{capacity}, slots_{std::allocator<T>{}.allocate(capacity)} {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  /// Nobody may be waiting.
  ~Channel() {
    while (size_ != 0) static_cast<void>(take_front());
    std::allocator<T>{}.deallocate(slots_, capacity_);
  }

  /// `co_await channel.send(value)`: true when the value was handed over, false when the channel is closed.
  /// Cancellation: throws OperationCancelled, and then the value was not sent.
  [[nodiscard]] SendAwaiter send(T value) noexcept(std::is_nothrow_move_constructible_v<T>) {
    return SendAwaiter{*this, std::move(value)};
  }

  /// `co_await channel.receive()`: the next value, or nothing when the channel is closed and empty.
  /// Cancellation: throws OperationCancelled; safe, no value is lost.
  [[nodiscard]] ReceiveAwaiter receive() noexcept { return ReceiveAwaiter{*this}; }

  /// Without waiting. `value` is moved from only when it was sent.
  [[nodiscard]] TrySend try_send(T& value) {
    lock_.lock();
    const auto [result, receiver] = send_locked(value);
    lock_.unlock();
    if (receiver != nullptr) receiver->post();
    return result;
  }
  [[nodiscard]] std::optional<T> try_receive() {
    std::optional<T> value;
    lock_.lock();
    Sender* sender = receive_locked(value);
    lock_.unlock();
    if (sender != nullptr) sender->post();
    return value;
  }

  /// No more sends. Wakes every waiter: senders get their refusal, receivers nothing. Idempotent.
  void close() noexcept {
    detail::Waiter::Queue woken;
    {
      const std::lock_guard hold{lock_};
      closed_ = true;
      while (Sender* sender = static_cast<Sender*>(senders_.pop_front())) {
        sender->complete();
        woken.push_back(*sender);
      }
      while (Receiver* receiver = static_cast<Receiver*>(receivers_.pop_front())) {
        receiver->complete();
        woken.push_back(*receiver);
      }
    }
    while (detail::Waiter* waiter = woken.pop_front()) waiter->post();
  }

  [[nodiscard]] bool closed() const noexcept {
    const std::lock_guard hold{lock_};
    return closed_;
  }
  [[nodiscard]] std::size_t size() const noexcept {
    const std::lock_guard hold{lock_};
    return size_;
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  struct Sender : detail::Waiter {
    Sender(FutexLock& lock, T&& to_send) noexcept(std::is_nothrow_move_constructible_v<T>)
        : Waiter{lock}, value{std::move(to_send)} {}
    T value;
    bool sent = false;
  };
  struct Receiver : detail::Waiter {
    using Waiter::Waiter;
    std::optional<T> value;
  };

  // Invariant: senders wait only while the buffer is full, receivers only while it is empty, so never both.

  std::pair<TrySend, Receiver*> send_locked(T& value) {
    if (closed_) return {TrySend::closed, nullptr};
    if (!receivers_.empty()) {
      auto* receiver = static_cast<Receiver*>(receivers_.pop_front());
      receiver->value.emplace(std::move(value));
      receiver->complete();
      return {TrySend::sent, receiver};
    }
    if (size_ == capacity_) return {TrySend::full, nullptr};
    put_back(std::move(value));
    return {TrySend::sent, nullptr};
  }

  /// Takes a value if there is one, and lets the longest waiting sender fill the place. \return that sender, to be posted.
  Sender* receive_locked(std::optional<T>& into) {
    if (size_ != 0) into.emplace(take_front());
    if (senders_.empty()) return nullptr;
    auto* sender = static_cast<Sender*>(senders_.pop_front());
    if (into.has_value()) put_back(std::move(sender->value));
    else into.emplace(std::move(sender->value));
    sender->sent = true;
    sender->complete();
    return sender;
  }

  void put_back(T&& value) {
    ::new (static_cast<void*>(slots_ + index(first_ + size_))) T(std::move(value));
    ++size_;
  }
  T take_front() {
    T* slot = slots_ + first_;
    T value{std::move(*slot)};
    std::destroy_at(slot);
    first_ = index(first_ + 1);
    --size_;
    return value;
  }
  [[nodiscard]] std::size_t index(std::size_t i) const noexcept { return i < capacity_ ? i : i - capacity_; }

  const std::size_t capacity_;
  T* const slots_;
  mutable FutexLock lock_; // guards all below; moves of T run under it
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  bool closed_ = false;
  detail::Waiter::Queue senders_;
  detail::Waiter::Queue receivers_;
};

template <class T>
class [[nodiscard]] Channel<T>::SendAwaiter : Sender {
 public:
  SendAwaiter(Channel& channel, T&& to_send) : Sender{channel.lock_, std::move(to_send)}, channel_{channel} {}

  [[nodiscard]] bool await_ready() {
    const TrySend result = channel_.try_send(this->value);
    this->sent = result == TrySend::sent;
    return result != TrySend::full;
  }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    this->prepare(waiter);
    channel_.lock_.lock();
    if (this->cancelled()) {
      channel_.lock_.unlock();
      return false;
    }
    const auto [result, receiver] = channel_.send_locked(this->value);
    if (result == TrySend::full) {
      this->enqueue(channel_.senders_);
      channel_.lock_.unlock(); // from here on a receiver may resume this coroutine
      return true;
    }
    this->sent = result == TrySend::sent;
    channel_.lock_.unlock();
    if (receiver != nullptr) receiver->post();
    return false;
  }
  [[nodiscard]] bool await_resume() {
    this->finish();
    return this->sent;
  }

 private:
  Channel& channel_;
};

template <class T>
class [[nodiscard]] Channel<T>::ReceiveAwaiter : Receiver {
 public:
  explicit ReceiveAwaiter(Channel& channel) noexcept : Receiver{channel.lock_}, channel_{channel} {}

  [[nodiscard]] bool await_ready() {
    this->value = channel_.try_receive();
    return this->value.has_value();
  }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    this->prepare(waiter);
    channel_.lock_.lock();
    if (this->cancelled()) {
      channel_.lock_.unlock();
      return false;
    }
    Sender* sender = channel_.receive_locked(this->value);
    if (!this->value.has_value() && !channel_.closed_) {
      this->enqueue(channel_.receivers_);
      channel_.lock_.unlock(); // from here on a sender may resume this coroutine
      return true;
    }
    channel_.lock_.unlock();
    if (sender != nullptr) sender->post();
    return false;
  }
  [[nodiscard]] std::optional<T> await_resume() {
    this->finish();
    return std::move(this->value);
  }

 private:
  Channel& channel_;
};

} // namespace flowcoro
