#pragma once
/// A stream of values that each of many receivers sees whole, as long as it keeps up.
#include "flowcoro/async/detail/news.hpp"
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/awaitable.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace flowcoro {

/// What a receiver of a BroadcastChannel got: one of three.
template <class T>
class Broadcast {
 public:
  [[nodiscard]] static Broadcast closed() noexcept { return Broadcast{std::nullopt, 0}; }
  [[nodiscard]] static Broadcast missed(std::uint64_t count) noexcept { return Broadcast{std::nullopt, count}; }
  explicit Broadcast(const T& value) : value_{value} {}

  [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  /// Precondition: has_value().
  [[nodiscard]] T& operator*() noexcept { return *value_; }
  [[nodiscard]] const T& operator*() const noexcept { return *value_; }
  [[nodiscard]] T* operator->() noexcept { return &*value_; }
  [[nodiscard]] const T* operator->() const noexcept { return &*value_; }

  /// How many values were overwritten before this receiver came to them; the next ones are there. 0 when it is something else.
  [[nodiscard]] std::uint64_t lagged() const noexcept { return lagged_; }
  /// The channel is closed, and the receiver has seen all.
  [[nodiscard]] bool is_closed() const noexcept { return !has_value() && lagged_ == 0; }

 private:
  Broadcast(std::nullopt_t, std::uint64_t lagged) noexcept : lagged_{lagged} {}

  std::optional<T> value_;
  std::uint64_t lagged_ = 0;
};

template <class T>
class BroadcastReceiver;

/// Keeps the last `capacity` values, and never waits for receivers: one that is slower than that is told how many it has missed, and
/// goes on with the oldest that there is, as in tokio's broadcast. A receiver sees what is sent after subscribe(). Threads: any.
/// T is copied for each receiver, and moved, under a lock: where that is much work, send std::shared_ptr<const T>.
template <class T>
class BroadcastChannel {
  static_assert(std::is_copy_constructible_v<T> && std::is_nothrow_move_constructible_v<T> &&
                    std::is_nothrow_move_assignable_v<T>,
                "a BroadcastChannel copies its values to receivers, and moves them into place without fail");

 public:
  using Receiver = BroadcastReceiver<T>;

  /// Precondition: `capacity` is not 0. Allocates: room for all values.
  explicit BroadcastChannel(std::size_t capacity)
      : capacity_{capacity}, slots_{std::make_unique<std::optional<T>[]>(capacity)} {
    FLOWCORO_ASSERT(capacity != 0, "a BroadcastChannel keeps at least one value");
  }
  BroadcastChannel(const BroadcastChannel&) = delete;
  BroadcastChannel& operator=(const BroadcastChannel&) = delete;
  /// Nobody may be waiting.
  ~BroadcastChannel() = default;

  /// Sees what is sent from now on. The channel must outlive it.
  [[nodiscard]] Receiver subscribe() noexcept {
    const std::lock_guard hold{board_.lock};
    return Receiver{*this, sent_};
  }

  /// Puts `value` in the place of the oldest, if all are taken, and wakes all receivers that wait. \return false when the channel is
  /// closed. Whether anybody sees it is not asked. Waits: no. Allocates: no.
  bool send(T value) noexcept {
    return board_.publish([&] {
      if (closed_) return false;
      std::optional<T>& slot = slots_[static_cast<std::size_t>(sent_ % capacity_)];
      if (slot.has_value())
        std::swap(*slot, value); // the old one is destroyed without the lock
      else
        slot.emplace(std::move(value));
      ++sent_;
      return true;
    });
  }

  /// No more sends. Receivers still see what was sent before. Idempotent.
  void close() noexcept {
    board_.publish([this] { return !std::exchange(closed_, true); });
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  friend Receiver;

  const std::size_t capacity_;
  const std::unique_ptr<std::optional<T>[]> slots_;
  detail::NewsBoard board_; // its lock guards all below, and what is in the slots
  std::uint64_t sent_ = 0;
  bool closed_ = false;
};

/// One place in the stream. A copy begins at the same place. Threads: one at a time, and one wait at a time.
template <class T>
class BroadcastReceiver {
 public:
  /// `co_await receiver.receive()`: the next value, or how many were missed, or that the channel is closed. Allocates: no.
  /// Cancellation: safe, throws OperationCancelled; the place in the stream stays. What the copy of T throws leaves through the
  /// co_await, and the value is still the next one.
  [[nodiscard]] detail::NewsAwaiter<BroadcastReceiver> receive() noexcept {
    return detail::NewsAwaiter<BroadcastReceiver>{*this};
  }

  /// The same without waiting: nothing when there is no news.
  [[nodiscard]] std::optional<Broadcast<T>> try_receive() {
    const std::lock_guard hold{board().lock};
    if (!has_news()) return std::nullopt;
    return take_news();
  }

 private:
  friend class BroadcastChannel<T>;
  friend struct detail::NewsAccess;
  BroadcastReceiver(BroadcastChannel<T>& channel, std::uint64_t next) noexcept : channel_{&channel}, next_{next} {}

  [[nodiscard]] detail::NewsBoard& board() const noexcept { return channel_->board_; }
  [[nodiscard]] bool has_news() const noexcept { return next_ != channel_->sent_ || channel_->closed_; }
  [[nodiscard]] Broadcast<T> take_news() {
    const std::uint64_t sent = channel_->sent_;
    if (next_ == sent) return Broadcast<T>::closed();
    if (const std::uint64_t behind = sent - next_; behind > channel_->capacity_) {
      next_ = sent - channel_->capacity_;
      return Broadcast<T>::missed(behind - channel_->capacity_);
    }
    Broadcast<T> got{*channel_->slots_[static_cast<std::size_t>(next_ % channel_->capacity_)]};
    ++next_;
    return got;
  }

  BroadcastChannel<T>* channel_;
  std::uint64_t next_;
};

static_assert(Awaiter<decltype(std::declval<BroadcastReceiver<int>&>().receive())>);

} // namespace flowcoro
