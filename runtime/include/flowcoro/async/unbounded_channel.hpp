#pragma once
/// A queue between coroutines that is never full: sending does not wait.
#include "flowcoro/async/detail/buffer.hpp"
#include "flowcoro/async/detail/channel_core.hpp"

#include <concepts>
#include <utility>

namespace flowcoro {

/// As Channel, but without a bound, and so without a brake: where senders are faster than receivers, memory grows until one of them
/// stops. Many senders, many receivers, FIFO. Receiving, closing and select() are those of Channel. Threads: any.
template <class T>
class UnboundedChannel : public detail::ChannelCore<T, detail::GrowingBuffer<T>> {
 public:
  UnboundedChannel() = default;

  /// \return false when the channel is closed; then `value` is as it was. May be called from ordinary code. Allocates: growth of the
  /// buffer, under the channel's lock. Throws std::bad_alloc, or what the move of T throws; then nothing was sent.
  [[nodiscard]] bool send(T&& value) { return this->send_now(value) == TrySend::sent; }
  [[nodiscard]] bool send(const T& value)
    requires std::copy_constructible<T>
  {
    T copy{value};
    return send(std::move(copy));
  }
};

static_assert(Awaiter<decltype(std::declval<UnboundedChannel<int>&>().receive())>);

} // namespace flowcoro
