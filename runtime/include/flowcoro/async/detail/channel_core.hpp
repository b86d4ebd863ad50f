#pragma once
/// What all channels between many senders and many receivers have in common; the buffer is a policy.
#include "flowcoro/async/detail/choice.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace flowcoro {

enum class TrySend : std::uint8_t { sent, full, closed };

namespace detail {

struct CannotFail {};
template <class T>
using MoveError = std::conditional_t<std::is_nothrow_move_constructible_v<T>, CannotFail, std::exception_ptr>;

// The places refer to what lies in their awaiters.
template <class T>
struct ReceivingPlace : Place {
  std::optional<T>* into = nullptr;
};
template <class T>
struct SendingPlace : Place {
  T* value = nullptr;
  bool sent = false;
  /// What moving the value threw where a receiver let it into the buffer.
  [[no_unique_address]] MoveError<T> error;

  void rethrow_error() {
    if constexpr (!std::is_nothrow_move_constructible_v<T>) {
      if (error != nullptr) std::rethrow_exception(std::exchange(error, nullptr));
    }
  }
};

template <class T, class Buffer>
class ChannelCore {
 public:
  class ReceiveAwaiter;
  using value_type = T;

  ChannelCore(const ChannelCore&) = delete;
  ChannelCore& operator=(const ChannelCore&) = delete;

  /// `co_await channel.receive()`: the next value, or nothing when the channel is closed and empty.
  /// Cancellation: throws OperationCancelled; safe, no value is lost.
  [[nodiscard]] ReceiveAwaiter receive() noexcept { return ReceiveAwaiter{*this}; }
  /// Without waiting: nothing when there is no value now.
  [[nodiscard]] std::optional<T> try_receive() {
    std::optional<T> value;
    receive_into(value);
    return value;
  }

  /// No more sends. Wakes every waiter: senders get their refusal, receivers nothing. Idempotent.
  void close() noexcept {
    IntrusiveList<Place> woken;
    {
      const std::lock_guard hold{lock_};
      closed_ = true;
      win_all(senders_, woken);
      win_all(receivers_, woken);
    }
    post_all(woken);
  }

  [[nodiscard]] bool closed() const noexcept {
    const std::lock_guard hold{lock_};
    return closed_;
  }
  [[nodiscard]] std::size_t size() const noexcept {
    const std::lock_guard hold{lock_};
    return buffer_.size();
  }

 protected:
  friend struct ChannelAccess;
  struct Sent {
    TrySend result = TrySend::full;
    Place* receiver = nullptr; // whom it served, to be posted
  };

  template <class... A>
  explicit ChannelCore(A&&... buffer) : buffer_{std::forward<A>(buffer)...} {}
  /// Nobody may be waiting.
  ~ChannelCore() = default;

  // Invariant: senders wait only while the buffer is full, receivers only while it is empty, so never both; but for places of a
  // Choice that has ended otherwise, which stand in a queue until somebody comes upon them or their coroutine takes them away.

  // A move of T may throw. Each step below then leaves queue and buffer as they were, and the exception goes to whoever's call
  // made the move; only a sender's move into the buffer, which a receiver's call makes, is the sender's own.

  Sent send_locked(T& value) {
    if (closed_) return {TrySend::closed, nullptr};
    ClaimOnFirst<ReceivingPlace<T>> receiver{receivers_};
    if (receiver.get() != nullptr) {
      receiver.get()->into->emplace(std::move(value));
      return {TrySend::sent, receiver.complete()};
    }
    if (buffer_.full()) return {TrySend::full, nullptr};
    buffer_.push_back(std::move(value));
    return {TrySend::sent, nullptr};
  }
  [[nodiscard]] TrySend send_now(T& value) {
    Sent sent;
    {
      const std::lock_guard hold{lock_};
      sent = send_locked(value);
    }
    if (sent.receiver != nullptr) sent.receiver->post_wait();
    return sent.result;
  }

  /// Takes a value if there is one, and lets the longest waiting sender fill the place. \return that sender, if it is to be posted.
  Place* receive_locked(std::optional<T>& into) {
    if (buffer_.size() != 0) {
      into.emplace(std::move(buffer_.front()));
      buffer_.pop_front();
    }
    if (senders_.empty()) return nullptr;
    ClaimOnFirst<SendingPlace<T>> sender{senders_};
    if (sender.get() == nullptr) return nullptr;
    if (into.has_value()) {
      refill_from(*sender.get());
    } else {
      into.emplace(std::move(*sender.get()->value));
      sender.get()->sent = true;
    }
    return sender.complete();
  }
  void receive_into(std::optional<T>& value) {
    Place* sender = nullptr;
    {
      const std::lock_guard hold{lock_};
      sender = receive_locked(value);
    }
    if (sender != nullptr) sender->post_wait();
  }

  /// Tries once more, now that a stop request finds the waiter, and queues it if there is still nothing to do but wait.
  /// \param attempt called under the lock; gives {is it over, whom to post}. \return whether the coroutine suspends.
  template <class P, class Role, class Attempt>
  [[nodiscard]] bool wait(BasicWaiter<Role>& self, IntrusiveList<Role>& queue, std::coroutine_handle<P> waiter,
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
      if (served != nullptr) served->post_wait();
      return false;
    } catch (...) {
      self.complete();
      hold.unlock();
      self.finish();
      throw;
    }
  }

 private:
  void refill_from(SendingPlace<T>& sender) noexcept(std::is_nothrow_move_constructible_v<T>) {
    if constexpr (std::is_nothrow_move_constructible_v<T>) {
      buffer_.push_back(std::move(*sender.value));
      sender.sent = true;
    } else {
      try {
        buffer_.push_back(std::move(*sender.value));
        sender.sent = true;
      } catch (...) {
        sender.error = std::current_exception();
      }
    }
  }

 protected:
  mutable SpinLock lock_; // guards all below; moves of T run under it, and should be short
  Buffer buffer_;
  bool closed_ = false;
  IntrusiveList<SendingPlace<T>> senders_;
  IntrusiveList<ReceivingPlace<T>> receivers_;
};

template <class T, class Buffer>
class [[nodiscard]] ChannelCore<T, Buffer>::ReceiveAwaiter {
 public:
  explicit ReceiveAwaiter(ChannelCore& channel) noexcept : channel_{channel} {}

  [[nodiscard]] bool await_ready() {
    channel_.receive_into(value_);
    return value_.has_value();
  }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    auto& self = waiting_.emplace(channel_.lock_);
    self.belong_to(self);
    self.into = &value_;
    return channel_.wait(self, channel_.receivers_, waiter, [&] {
      Place* sender = channel_.receive_locked(value_);
      return std::pair{value_.has_value() || channel_.closed_, sender};
    });
  }
  [[nodiscard]] std::optional<T> await_resume() {
    if (waiting_.has_value()) waiting_->finish();
    return std::move(value_);
  }

 private:
  ChannelCore& channel_;
  std::optional<T> value_;
  std::optional<BasicWaiter<ReceivingPlace<T>>> waiting_;
};

} // namespace detail
} // namespace flowcoro
