#pragma once
/// A bounded queue between coroutines: senders wait while it is full, receivers while it is empty.
#include "flowcoro/coro/detail/waiter.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace flowcoro {

enum class TrySend : std::uint8_t { sent, full, closed };

/// Many senders, many receivers, FIFO: values arrive in the order in which they were sent, waiters are served in the order in
/// which they came. Values that are buffered when the channel closes are still received. Threads: any.
/// Capacity 0 is a rendezvous: a send completes when a receiver takes the value.
/// What a move of T throws leaves through the call that moved; the channel stays usable.
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
    while (size_ != 0) drop_front();
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
    std::unique_lock hold{lock_};
    const auto [result, receiver] = send_locked(value);
    hold.unlock();
    if (receiver != nullptr) receiver->post();
    return result;
  }
  [[nodiscard]] std::optional<T> try_receive() {
    std::optional<T> value;
    std::unique_lock hold{lock_};
    Sender* sender = receive_locked(value);
    hold.unlock();
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
  struct CannotFail {};
  using MoveError = std::conditional_t<std::is_nothrow_move_constructible_v<T>, CannotFail, std::exception_ptr>;

  struct Sender : detail::Waiter {
    Sender(FutexLock& lock, T&& to_send) noexcept(std::is_nothrow_move_constructible_v<T>)
        : Waiter{lock}, value{std::move(to_send)} {}
    T value;
    bool sent = false;
    /// What moving the value threw where a receiver let it into the buffer.
    [[no_unique_address]] MoveError error;
  };
  struct Receiver : detail::Waiter {
    using Waiter::Waiter;
    std::optional<T> value;
  };

  // Invariant: senders wait only while the buffer is full, receivers only while it is empty, so never both.

  // A move of T may throw. Each step below then leaves queue and buffer as they were, and the exception goes to whoever's call
  // made the move; only a sender's move into the buffer, which a receiver's call makes, is the sender's own.

  std::pair<TrySend, Receiver*> send_locked(T& value) {
    if (closed_) return {TrySend::closed, nullptr};
    if (auto* receiver = static_cast<Receiver*>(receivers_.front())) {
      receiver->value.emplace(std::move(value));
      receivers_.remove(*receiver);
      receiver->complete();
      return {TrySend::sent, receiver};
    }
    if (size_ == capacity_) return {TrySend::full, nullptr};
    put_back(std::move(value));
    return {TrySend::sent, nullptr};
  }

  /// Takes a value if there is one, and lets the longest waiting sender fill the place. \return that sender, to be posted.
  Sender* receive_locked(std::optional<T>& into) {
    if (size_ != 0) take_front(into);
    auto* sender = static_cast<Sender*>(senders_.front());
    if (sender == nullptr) return nullptr;
    if (into.has_value()) {
      refill_from(*sender);
    } else {
      into.emplace(std::move(sender->value));
      sender->sent = true;
    }
    senders_.remove(*sender);
    sender->complete();
    return sender;
  }
  void refill_from(Sender& sender) noexcept {
    if constexpr (std::is_nothrow_move_constructible_v<T>) {
      put_back(std::move(sender.value));
      sender.sent = true;
    } else {
      try {
        put_back(std::move(sender.value));
        sender.sent = true;
      } catch (...) {
        sender.error = std::current_exception();
      }
    }
  }

  void put_back(T&& value) {
    ::new (static_cast<void*>(slots_ + index(first_ + size_))) T(std::move(value));
    ++size_;
  }
  void take_front(std::optional<T>& into) {
    into.emplace(std::move(slots_[first_]));
    drop_front();
  }
  void drop_front() noexcept {
    std::destroy_at(slots_ + first_);
    first_ = index(first_ + 1);
    --size_;
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
    std::unique_lock hold{channel_.lock_};
    if (this->cancelled()) return false;
    try {
      const auto [result, receiver] = channel_.send_locked(this->value);
      if (result == TrySend::full) {
        this->enqueue(channel_.senders_);
        hold.unlock(); // from here on a receiver may resume this coroutine
        return true;
      }
      this->sent = result == TrySend::sent;
      this->complete(); // a stop request from here on comes too late
      hold.unlock();
      if (receiver != nullptr) receiver->post();
      return false;
    } catch (...) {
      this->complete();
      hold.unlock();
      this->finish();
      throw;
    }
  }
  [[nodiscard]] bool await_resume() {
    this->finish();
    if constexpr (!std::is_nothrow_move_constructible_v<T>) {
      if (this->error != nullptr) std::rethrow_exception(this->error);
    }
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
    std::unique_lock hold{channel_.lock_};
    if (this->cancelled()) return false;
    try {
      Sender* sender = channel_.receive_locked(this->value);
      if (!this->value.has_value() && !channel_.closed_) {
        this->enqueue(channel_.receivers_);
        hold.unlock(); // from here on a sender may resume this coroutine
        return true;
      }
      this->complete(); // a stop request from here on comes too late
      hold.unlock();
      if (sender != nullptr) sender->post();
      return false;
    } catch (...) {
      this->complete();
      hold.unlock();
      this->finish();
      throw;
    }
  }
  [[nodiscard]] std::optional<T> await_resume() {
    this->finish();
    return std::move(this->value);
  }

 private:
  Channel& channel_;
};

} // namespace flowcoro
