#pragma once
/// One value that changes, and receivers that wait for a newer one than they have seen.
#include "flowcoro/async/detail/news.hpp"
#include "flowcoro/coro/awaitable.hpp"

#include <cstdint>
#include <mutex>
#include <type_traits>
#include <utility>

namespace flowcoro {

template <class T>
class WatchReceiver;

/// Keeps the latest value only: who looks late sees the last of several changes, and not those before. For settings, states, progress.
/// Threads: any. T is copied for each look, and moved, under a lock: where that is much work, use std::shared_ptr<const T>.
template <class T>
class Watch {
  static_assert(std::is_copy_constructible_v<T> && std::is_nothrow_move_constructible_v<T> &&
                    std::is_nothrow_move_assignable_v<T>,
                "a Watch copies its value to receivers, and moves it into place without fail");

 public:
  using Receiver = WatchReceiver<T>;

  explicit Watch(T initial) noexcept : value_{std::move(initial)} {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  /// Nobody may be waiting.
  ~Watch() = default;

  /// Has seen the value of now. The Watch must outlive it.
  [[nodiscard]] Receiver subscribe() noexcept {
    const std::lock_guard hold{board_.lock};
    return Receiver{*this, version_};
  }

  /// A newer value, even if it is equal. Wakes all receivers that wait. \return false when it is closed. Waits: no. Allocates: no.
  bool set(T value) noexcept {
    return board_.publish([&] {
      if (closed_) return false;
      std::swap(value_, value); // the old one is destroyed without the lock
      ++version_;
      return true;
    });
  }
  [[nodiscard]] T get() const {
    const std::lock_guard hold{board_.lock};
    return value_;
  }

  /// No more changes. The value stays. Idempotent.
  void close() noexcept {
    board_.publish([this] { return !std::exchange(closed_, true); });
  }

 private:
  friend Receiver;

  mutable detail::NewsBoard board_; // its lock guards all below
  T value_;
  std::uint64_t version_ = 0;
  bool closed_ = false;
};

/// Remembers which value it has seen. A copy has seen the same. Threads: one at a time, and one wait at a time.
template <class T>
class WatchReceiver {
 public:
  /// `co_await receiver.changed()`: true when there is a newer value than the one seen, which counts as seen then; false when there
  /// is none, and none will come. Allocates: no. Cancellation: safe, throws OperationCancelled.
  [[nodiscard]] detail::NewsAwaiter<WatchReceiver> changed() noexcept {
    return detail::NewsAwaiter<WatchReceiver>{*this};
  }

  /// The latest value, which counts as seen then. What the copy of T throws leaves it unseen.
  [[nodiscard]] T get() {
    const std::lock_guard hold{board().lock};
    T latest{watch_->value_};
    seen_ = watch_->version_;
    return latest;
  }
  [[nodiscard]] bool has_changed() const noexcept {
    const std::lock_guard hold{board().lock};
    return seen_ != watch_->version_;
  }

 private:
  friend class Watch<T>;
  friend struct detail::NewsAccess;
  WatchReceiver(Watch<T>& watch, std::uint64_t seen) noexcept : watch_{&watch}, seen_{seen} {}

  [[nodiscard]] detail::NewsBoard& board() const noexcept { return watch_->board_; }
  [[nodiscard]] bool has_news() const noexcept { return seen_ != watch_->version_ || watch_->closed_; }
  [[nodiscard]] bool take_news() noexcept { return std::exchange(seen_, watch_->version_) != watch_->version_; }

  Watch<T>* watch_;
  std::uint64_t seen_;
};

static_assert(Awaiter<decltype(std::declval<WatchReceiver<int>&>().changed())>);

} // namespace flowcoro
