#pragma once
/// A bounded queue between coroutines: senders wait while it is full, receivers while it is empty.
#include "flowcoro/async/detail/buffer.hpp"
#include "flowcoro/async/detail/channel_core.hpp"

#include <coroutine>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace flowcoro {

/// Many senders, many receivers, FIFO: values arrive in the order in which they were sent, waiters are served in the order in
/// which they came. Values that are buffered when the channel closes are still received. Threads: any.
/// Capacity 0 is a rendezvous: a send completes when a receiver takes the value.
/// What a move of T throws leaves through the call that moved; the channel stays usable.
template <class T>
class Channel : public detail::ChannelCore<T, detail::RingBuffer<T>> {
  class SendAwaiter;

 public:
  explicit Channel(std::size_t capacity) : detail::ChannelCore<T, detail::RingBuffer<T>>{capacity} {}

  /// `co_await channel.send(value)`: true when the value was handed over, false when the channel is closed.
  /// Cancellation: throws OperationCancelled, and then the value was not sent.
  [[nodiscard]] SendAwaiter send(T value) noexcept(std::is_nothrow_move_constructible_v<T>) {
    return SendAwaiter{*this, std::move(value)};
  }
  /// Without waiting. `value` is moved from only when it was sent.
  [[nodiscard]] TrySend try_send(T& value) { return this->send_now(value); }

  [[nodiscard]] std::size_t capacity() const noexcept { return this->buffer_.capacity(); }
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
    auto& self = waiting_.emplace(channel_.lock_);
    self.belong_to(self);
    self.value = &value_;
    return channel_.wait(self, channel_.senders_, waiter, [&] {
      const auto sent = channel_.send_locked(value_);
      self.sent = sent.result == TrySend::sent;
      return std::pair{sent.result != TrySend::full, sent.receiver};
    });
  }
  [[nodiscard]] bool await_resume() {
    if (!waiting_.has_value()) return sent_;
    waiting_->finish();
    waiting_->rethrow_error();
    return waiting_->sent;
  }

 private:
  Channel& channel_;
  T value_;
  bool sent_ = false;
  std::optional<detail::BasicWaiter<detail::SendingPlace<T>>> waiting_;
};

static_assert(Awaiter<decltype(std::declval<Channel<int>&>().send(1))> &&
              Awaiter<decltype(std::declval<Channel<int>&>().receive())>);

} // namespace flowcoro
