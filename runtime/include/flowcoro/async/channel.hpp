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
    Sent sent;
    {
      const std::lock_guard hold{lock_};
      sent = send_locked(value);
    }
    if (sent.receiver != nullptr) sent.receiver->post();
    return sent.result;
  }
  [[nodiscard]] std::optional<T> try_receive() {
    std::optional<T> value;
    receive_into(value);
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

  // The waiters refer to what lies in their awaiters, which make them only when they have to wait.
  struct Sender : detail::Waiter {
    Sender(SpinLock& lock, T& to_send) noexcept : Waiter{lock}, value{to_send} {}
    T& value;
    bool sent = false;
    /// What moving the value threw where a receiver let it into the buffer.
    [[no_unique_address]] MoveError error;
  };
  struct Receiver : detail::Waiter {
    Receiver(SpinLock& lock, std::optional<T>& into) noexcept : Waiter{lock}, value{into} {}
    std::optional<T>& value;
  };
  struct Sent {
    TrySend result = TrySend::full;
    Receiver* receiver = nullptr; // whom it served, to be posted
  };

  // Invariant: senders wait only while the buffer is full, receivers only while it is empty, so never both.

  // A move of T may throw. Each step below then leaves queue and buffer as they were, and the exception goes to whoever's call
  // made the move; only a sender's move into the buffer, which a receiver's call makes, is the sender's own.

  Sent send_locked(T& value) {
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
  void receive_into(std::optional<T>& value) {
    Sender* sender = nullptr;
    {
      const std::lock_guard hold{lock_};
      sender = receive_locked(value);
    }
    if (sender != nullptr) sender->post();
  }

  /// Tries once more, now that a stop request finds the waiter, and queues it if there is still nothing to do but wait.
  /// \param attempt called under the lock; gives {is it over, whom it served}. \return whether the coroutine suspends.
  template <class P, class Attempt>
  [[nodiscard]] bool wait(detail::Waiter& self, detail::Waiter::Queue& queue, std::coroutine_handle<P> waiter,
                          Attempt attempt) {
    self.prepare(waiter);
    std::unique_lock hold{lock_};
    if (self.cancelled()) return false;
    try {
      const auto [over, served] = attempt();
      if (!over) {
        self.enqueue(queue);
        hold.unlock(); // from here on somebody may resume the coroutine
        return true;
      }
      self.complete(); // a stop request from here on comes too late
      hold.unlock();
      if (served != nullptr) served->post();
      return false;
    } catch (...) {
      self.complete();
      hold.unlock();
      self.finish();
      throw;
    }
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
  mutable SpinLock lock_; // guards all below; moves of T run under it, and should be short
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  bool closed_ = false;
  detail::Waiter::Queue senders_;
  detail::Waiter::Queue receivers_;
};

template <class T>
class [[nodiscard]] Channel<T>::SendAwaiter {
 public:
  SendAwaiter(Channel& channel, T&& to_send) noexcept(std::is_nothrow_move_constructible_v<T>)
      : channel_{channel}, value_{std::move(to_send)} {}

  [[nodiscard]] bool await_ready() {
    const TrySend result = channel_.try_send(value_);
    sent_ = result == TrySend::sent;
    return result != TrySend::full;
  }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    Sender& self = waiting_.emplace(channel_.lock_, value_);
    return channel_.wait(self, channel_.senders_, waiter, [&] {
      const Sent sent = channel_.send_locked(value_);
      self.sent = sent.result == TrySend::sent;
      return std::pair{sent.result != TrySend::full, sent.receiver};
    });
  }
  [[nodiscard]] bool await_resume() {
    if (!waiting_.has_value()) return sent_;
    waiting_->finish();
    if constexpr (!std::is_nothrow_move_constructible_v<T>) {
      if (waiting_->error != nullptr) std::rethrow_exception(waiting_->error);
    }
    return waiting_->sent;
  }

 private:
  Channel& channel_;
  T value_;
  bool sent_ = false;
  std::optional<Sender> waiting_;
};

template <class T>
class [[nodiscard]] Channel<T>::ReceiveAwaiter {
 public:
  explicit ReceiveAwaiter(Channel& channel) noexcept : channel_{channel} {}

  [[nodiscard]] bool await_ready() {
    channel_.receive_into(value_);
    return value_.has_value();
  }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    Receiver& self = waiting_.emplace(channel_.lock_, value_);
    return channel_.wait(self, channel_.receivers_, waiter, [&] {
      Sender* sender = channel_.receive_locked(value_);
      return std::pair{value_.has_value() || channel_.closed_, sender};
    });
  }
  [[nodiscard]] std::optional<T> await_resume() {
    if (waiting_.has_value()) waiting_->finish();
    return std::move(value_);
  }

 private:
  Channel& channel_;
  std::optional<T> value_;
  std::optional<Receiver> waiting_;
};

} // namespace flowcoro
