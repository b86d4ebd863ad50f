// experimental::channel, whose two coroutines share a strand: they take turns, and need neither a lock nor a wake-up for a
// message, which concurrent_channel does. Both try first and suspend only when the channel is full or empty.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/strand.hpp>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace asio_subject {
namespace {

using boost::system::error_code;
using Strand = asio::strand<Executor>;
using OnStrand = asio::awaitable<void, Strand>;
using Messages = asio::experimental::channel<Strand, void(error_code, std::uint64_t)>;

struct Received {
  std::uint64_t hash;
  std::uint64_t count = 0;
  bool ended = false;

  void take(error_code end, std::uint64_t message) {
    if (end) {
      ended = true;
      return;
    }
    hash = flowbench::fold_message(hash, message);
    ++count;
  }
};

OnStrand produce(Messages* channel, const Phase* phase) {
  for (std::uint64_t i = 0; i < phase->tasks; ++i) {
    const std::uint64_t message = flowbench::mix(phase->seed + i);
    if (!channel->try_send(error_code{}, message)) {
      co_await channel->async_send(error_code{}, message, asio::deferred);
    }
  }
  // As the last word and not by close(), which in Boost 1.81 drops what is still in the channel.
  co_await channel->async_send(asio::error::eof, std::uint64_t{0}, asio::deferred);
}

OnStrand consume(Messages* channel, Received* received) {
  const auto take = [received](error_code end, std::uint64_t message) { received->take(end, message); };
  while (!received->ended) {
    if (channel->try_receive(take)) continue;
    const auto [end, message] = co_await channel->async_receive(asio::as_tuple(asio::deferred));
    take(end, message);
  }
}

Awaitable<Finished> root(Executor executor, const Phase* phase) {
  const Strand strand = asio::make_strand(executor);
  Messages channel(strand, flowbench::channel_capacity);
  Received received{.hash = phase->seed};
  Join join(executor, 2);
  spawn(strand, consume(&channel, &received), join);
  spawn(strand, produce(&channel, phase), join);
  co_await join.wait();
  co_return Finished{.completed = received.count, .answer = received.hash};
}

Outcome run(Runtime& runtime, const Phase& phase) {
  return run_root(runtime, root(runtime.pool.get_executor(), &phase));
}

const flowbench::Register workload{"channel", run};

} // namespace
} // namespace asio_subject
