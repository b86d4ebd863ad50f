#pragma once
/// Waiting for several channels and a limit of time at once: exactly one of the operations happens, the others leave no trace.
#include "flowcoro/async/detail/channel_core.hpp"
#include "flowcoro/async/detail/choice.hpp"
#include "flowcoro/async/detail/news.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/coro/when_any.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace flowcoro {

template <class T>
class BroadcastReceiver;
template <class T>
class WatchReceiver;

namespace detail {

/// The select's own access to a channel.
struct ChannelAccess {
  template <class T, class Buffer>
  using Core = ChannelCore<T, Buffer>;

  template <class T, class Buffer>
  [[nodiscard]] static SpinLock& lock(Core<T, Buffer>& channel) noexcept {
    return channel.lock_;
  }

  // Under the lock. may_…() may hope for a coroutine of the other side that has just gone on otherwise; then the attempt fails, and
  // it hopes no more.

  template <class T, class Buffer>
  [[nodiscard]] static bool may_receive(Core<T, Buffer>& channel) noexcept {
    return channel.buffer_.size() != 0 || channel.closed_ || !channel.senders_.empty();
  }
  template <class T, class Buffer>
  [[nodiscard]] static Attempt receive(Core<T, Buffer>& channel, std::optional<T>& into) {
    Place* sender = channel.receive_locked(into);
    return {into.has_value() || channel.closed_, sender};
  }
  template <class T, class Buffer>
  [[nodiscard]] static bool may_send(Core<T, Buffer>& channel) noexcept {
    return channel.closed_ || !channel.buffer_.full() || !channel.receivers_.empty();
  }
  template <class T, class Buffer>
  [[nodiscard]] static Attempt send(Core<T, Buffer>& channel, T& value, bool& sent) {
    const auto [result, receiver] = channel.send_locked(value);
    sent = result == TrySend::sent;
    return {result != TrySend::full, receiver};
  }
  template <class T, class Buffer>
  static void enqueue(Core<T, Buffer>& channel, ReceivingPlace<T>& place) noexcept {
    channel.receivers_.push_back(place);
  }
  template <class T, class Buffer>
  static void enqueue(Core<T, Buffer>& channel, SendingPlace<T>& place) noexcept {
    channel.senders_.push_back(place);
  }
};

/// An operation that a select may do: what it waits with is a place in a queue under lock(), or time. All but lock() and result()
/// is called under that lock.
template <class C>
concept SelectCase = requires(C& c, Choice& choice, const Place* place) {
  { c.lock() } -> std::same_as<SpinLock*>;
  { c.ready() } -> std::same_as<bool>;
  { c.attempt() } -> std::same_as<Attempt>;
  c.enqueue(choice);
  c.leave();
  { c.is(place) } -> std::same_as<bool>;
  c.result();
};

template <class T, class Buffer>
class [[nodiscard]] ReceiveCase {
 public:
  explicit ReceiveCase(ChannelCore<T, Buffer>& channel) noexcept : channel_{&channel} {}

  [[nodiscard]] SpinLock* lock() const noexcept { return &ChannelAccess::lock(*channel_); }
  [[nodiscard]] bool ready() const noexcept { return ChannelAccess::may_receive(*channel_); }
  [[nodiscard]] Attempt attempt() { return ChannelAccess::receive(*channel_, value_); }
  void enqueue(Choice& choice) noexcept {
    place_.belong_to(choice);
    place_.into = &value_;
    ChannelAccess::enqueue(*channel_, place_);
  }
  void leave() noexcept {
    if (place_.linked()) place_.unlink();
  }
  [[nodiscard]] bool is(const Place* place) const noexcept { return place == &place_; }
  [[nodiscard]] std::optional<T> result() { return std::move(value_); }

 private:
  ChannelCore<T, Buffer>* channel_;
  std::optional<T> value_;
  ReceivingPlace<T> place_;
};

template <class T, class Buffer>
class [[nodiscard]] SendCase {
 public:
  SendCase(ChannelCore<T, Buffer>& channel, T& value) noexcept : channel_{&channel}, value_{&value} {}

  [[nodiscard]] SpinLock* lock() const noexcept { return &ChannelAccess::lock(*channel_); }
  [[nodiscard]] bool ready() const noexcept { return ChannelAccess::may_send(*channel_); }
  [[nodiscard]] Attempt attempt() { return ChannelAccess::send(*channel_, *value_, place_.sent); }
  void enqueue(Choice& choice) noexcept {
    place_.belong_to(choice);
    place_.value = value_;
    ChannelAccess::enqueue(*channel_, place_);
  }
  void leave() noexcept {
    if (place_.linked()) place_.unlink();
  }
  [[nodiscard]] bool is(const Place* place) const noexcept { return place == &place_; }
  [[nodiscard]] bool result() {
    place_.rethrow_error();
    return place_.sent;
  }

 private:
  ChannelCore<T, Buffer>* channel_;
  T* value_;
  SendingPlace<T> place_;
};

/// Has no queue: the Choice has one timer, for the earliest of these.
class [[nodiscard]] TimeCase {
 public:
  explicit TimeCase(SteadyTime deadline) noexcept : deadline_{deadline} {}
  explicit TimeCase(Nanoseconds from_now) noexcept : deadline_{from_now}, from_now_{true} {}

  /// When the wait begins.
  void begin(SteadyTime now) noexcept {
    if (std::exchange(from_now_, false)) deadline_ = deadline_after(now, deadline_.time_since_epoch());
    due_ = deadline_ <= now;
  }
  [[nodiscard]] SteadyTime deadline() const noexcept { return deadline_; }

  [[nodiscard]] SpinLock* lock() const noexcept { return nullptr; }
  [[nodiscard]] bool ready() const noexcept { return due_; }
  [[nodiscard]] Attempt attempt() const noexcept { return {.done = true}; }
  void enqueue(Choice&) const noexcept {}
  void leave() const noexcept {}
  [[nodiscard]] bool is(const Place*) const noexcept { return false; }
  [[nodiscard]] std::monostate result() const noexcept { return {}; }

 private:
  SteadyTime deadline_;
  bool from_now_ = false;
  bool due_ = false;
};

/// Several locks at once, each once, in the order of their addresses; so no two threads wait for each other.
template <std::size_t most>
class LockSet {
 public:
  explicit LockSet(std::array<SpinLock*, most> locks) noexcept : locks_{locks} {
    std::sort(locks_.begin(), locks_.end(), std::less<>{});
    const auto begin = std::find_if(locks_.begin(), locks_.end(), [](SpinLock* lock) { return lock != nullptr; });
    const auto end = std::unique(begin, locks_.end());
    first_ = static_cast<std::size_t>(begin - locks_.begin());
    last_ = static_cast<std::size_t>(end - locks_.begin());
  }
  void lock() noexcept {
    for (std::size_t i = first_; i < last_; ++i) locks_[i]->lock();
  }
  void unlock() noexcept {
    for (std::size_t i = first_; i < last_; ++i) locks_[i]->unlock();
  }

 private:
  std::array<SpinLock*, most> locks_;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
};

template <SelectCase... Cases>
class [[nodiscard]] Select {
  static constexpr std::size_t count = sizeof...(Cases);
  using Result = std::variant<decltype(std::declval<Cases&>().result())...>;
  static constexpr std::size_t none = count;

 public:
  explicit Select(Cases... cases) : cases_{std::move(cases)...} {}
  Select(const Select&) = delete;
  Select& operator=(const Select&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    const SteadyTime deadline = begin_times(home_of(waiter));
    choice_.prepare(waiter, deadline);
    // It goes on somewhere else as soon as the last lock is free. So these are locals.
    const bool timed = deadline != no_deadline;
    LockSet<count> locks{all_locks()};
    Attempt attempt;
    locks.lock();
    bool suspends = false;
    try {
      if (!choice_.cancelled()) {
        attempt = attempt_any();
        if (attempt.done)
          choice_.complete_at_once();
        else
          suspends = enqueue_all();
      }
    } catch (...) {
      locks.unlock();
      choice_.end();
      throw;
    }
    locks.unlock();
    if (attempt.served != nullptr) attempt.served->post_wait();
    if (suspends && timed) return arm();
    return suspends;
  }
  First<Result> await_resume() {
    choice_.end();
    if (queued_) leave_all();
    choice_.throw_if_cancelled();
    return pick<0>(which());
  }

 private:
  template <class F>
  void for_each(F f) {
    std::apply([&f](auto&... one) { (f(one), ...); }, cases_);
  }
  /// Calls `f(case, its index)` for each until it gives true.
  template <class F>
  bool any(F f) {
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
      return (f(std::get<i>(cases_), i) || ...);
    }(std::index_sequence_for<Cases...>{});
  }

  [[nodiscard]] std::array<SpinLock*, count> all_locks() {
    return std::apply([](auto&... one) { return std::array<SpinLock*, count>{one.lock()...}; }, cases_);
  }

  /// \return the earliest deadline.
  [[nodiscard]] SteadyTime begin_times(Scheduler& home) {
    scheduler_ = &home;
    SteadyTime earliest = no_deadline;
    if constexpr ((std::same_as<Cases, TimeCase> || ...)) {
      const SteadyTime now = home.now();
      any([&](auto& one, std::size_t index) {
        if constexpr (std::same_as<decltype(one), TimeCase&>) {
          one.begin(now);
          if (one.deadline() < earliest || earliest_ == none) {
            earliest = one.deadline();
            earliest_ = index;
          }
        }
        return false;
      });
    }
    return earliest;
  }

  // Under all locks:

  /// Does one of the operations that can be done at once, each as likely as the others.
  [[nodiscard]] Attempt attempt_any() {
    for (;;) {
      std::size_t ready = 0;
      for_each([&ready](auto& one) {
        if (one.ready()) ++ready;
      });
      if (ready == 0) return {};
      std::size_t skip = ready == 1 ? 0 : static_cast<std::size_t>(random() % ready);
      Attempt attempt;
      any([&](auto& one, std::size_t index) {
        if (!one.ready() || skip-- != 0) return false;
        attempt = one.attempt();
        if (attempt.done) done_ = index;
        return true;
      });
      if (attempt.done) return attempt;
    }
  }
  /// \return whether the coroutine suspends.
  [[nodiscard]] bool enqueue_all() noexcept {
    for_each([this](auto& one) { one.enqueue(choice_); });
    queued_ = true;
    if (choice_.begin()) return true;
    for_each([](auto& one) { one.leave(); });
    queued_ = false;
    return false;
  }
  /// The clock by which work is measured differs from one call to the next, and under a DeterministicScheduler follows from the seed.
  [[nodiscard]] std::uint64_t random() noexcept {
    auto z = static_cast<std::uint64_t>(scheduler_->work_clock().time_since_epoch().count()) + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  // Without locks:

  [[nodiscard]] bool arm() {
    try {
      return choice_.arm();
    } catch (...) {
      choice_.end();
      leave_all();
      throw;
    }
  }
  void leave_all() noexcept {
    for_each([](auto& one) {
      if (SpinLock* lock = one.lock()) {
        lock->lock();
        one.leave();
        lock->unlock();
      }
    });
  }
  /// Who has come first. Time is all that is left when it was none of the others.
  [[nodiscard]] std::size_t which() {
    if (done_ != none) return done_;
    std::size_t winner = earliest_;
    if (const Place* place = choice_.winner(); place != nullptr) {
      any([&](auto& one, std::size_t index) {
        if (!one.is(place)) return false;
        winner = index;
        return true;
      });
    }
    return winner;
  }
  template <std::size_t i>
  First<Result> pick(std::size_t index) {
    if constexpr (i + 1 < count) {
      if (index != i) return pick<i + 1>(index);
    }
    return {i, Result{std::in_place_index<i>, std::get<i>(cases_).result()}};
  }

  std::tuple<Cases...> cases_;
  Scheduler* scheduler_ = nullptr;
  std::size_t done_ = none;     // at once
  std::size_t earliest_ = none; // of the time cases
  bool queued_ = false;
  Choice choice_;
};

} // namespace detail

/// The cases of a select. receive() gives std::optional<T>, as channel.receive() does, and is for any kind of channel.
template <class T, class Buffer>
[[nodiscard]] detail::ReceiveCase<T, Buffer> receive(detail::ChannelCore<T, Buffer>& channel) noexcept {
  return detail::ReceiveCase<T, Buffer>{channel};
}
/// Gives true when `value` was sent, false when the channel is closed. `value` must live until the select is over, and is moved from
/// only when it was sent.
template <class T, class Buffer>
[[nodiscard]] detail::SendCase<T, Buffer> send(detail::ChannelCore<T, Buffer>& channel, T& value) noexcept {
  return detail::SendCase<T, Buffer>{channel, value};
}
/// Gives what receiver.receive() gives. Of a receiver that loses, the place in the stream stays.
template <class T>
[[nodiscard]] detail::NewsCase<BroadcastReceiver<T>> receive(BroadcastReceiver<T>& receiver) noexcept {
  return detail::NewsCase<BroadcastReceiver<T>>{receiver};
}
/// Gives what receiver.changed() gives.
template <class T>
[[nodiscard]] detail::NewsCase<WatchReceiver<T>> changed(WatchReceiver<T>& receiver) noexcept {
  return detail::NewsCase<WatchReceiver<T>>{receiver};
}
/// Gives std::monostate when `duration`, counted from the co_await, or `deadline` has passed and nothing else has happened; never
/// early.
template <class Rep, class Period>
[[nodiscard]] detail::TimeCase after(std::chrono::duration<Rep, Period> duration) noexcept {
  return detail::TimeCase{saturating_nanoseconds(duration)};
}
[[nodiscard]] inline detail::TimeCase at(SteadyTime deadline) noexcept { return detail::TimeCase{deadline}; }

/// `auto choice = select(receive(requests), receive(control), after(5ms)); auto first = co_await choice;`
/// Does exactly one of the operations: first.index says which, std::get<i>(first.result) is what it gave. Of several that can be done
/// one is taken at random. What loses is as if it had not been asked for: no value was taken from its channel, none was sent.
/// Precondition: awaited once; the channels live meanwhile.
/// Cancellation: throws OperationCancelled, also when something could be done at once, and then nothing was done.
/// Allocates: growth of the timer queue, where there is a case of time. What a move of T throws leaves through the co_await.
/// Cost: the locks of all channels, held together for as long as it takes to look at each; when it waited, each once more.
template <detail::SelectCase... Cases>
  requires(sizeof...(Cases) > 0)
[[nodiscard]] detail::Select<Cases...> select(Cases... cases) {
  return detail::Select<Cases...>{std::move(cases)...};
}

static_assert(Awaiter<detail::Select<detail::TimeCase>>);

} // namespace flowcoro
