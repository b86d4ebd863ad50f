// A message through a channel: without anybody waiting, between two coroutines that wait for each other, and between threads that
// try until they succeed.

#include <atomic>
#include <flowcoro/flowcoro.hpp>
#include <flowcoro/park/spin_lock.hpp>
#include <optional>

#include "crossing.hpp"
#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;
using Messages = flowcoro::Channel<std::uint64_t>;

constexpr std::uint64_t messages = 10'000;
constexpr std::uint64_t expected = messages * (messages - 1) / 2;

Lazy<std::uint64_t> send_then_receive() {
  Messages channel(1);
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < messages; ++i) {
    const bool sent = co_await channel.send(i);
    const std::optional<std::uint64_t> message = co_await channel.receive();
    sum += sent ? *message : 0;
  }
  co_return sum;
}

Lazy<bool> produce(Messages* channel) {
  bool open = true;
  for (std::uint64_t i = 0; i < messages && open; ++i) open = co_await channel->send(i);
  channel->close();
  co_return open;
}

Lazy<std::uint64_t> consume(Messages* channel) {
  std::uint64_t sum = 0;
  while (const std::optional<std::uint64_t> message = co_await channel->receive()) sum += *message;
  co_return sum;
}

Lazy<std::uint64_t> producer_and_consumer(std::size_t capacity) {
  Messages channel(capacity);
  auto both = flowcoro::when_all(produce(&channel), consume(&channel));
  const auto [all_sent, sum] = co_await both;
  co_return all_sent ? sum : 0;
}

void channel_send_then_receive(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, send_then_receive()) == expected)) break;
  }
  report_per_op(state, messages);
}

void channel_between_two(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  const auto capacity = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, producer_and_consumer(capacity)) == expected)) break;
  }
  report_per_op(state, messages);
}

/// A channel is the library's queue for many producers and many consumers; these are no coroutines and do not sleep.
struct Shared {
  Messages channel{1024};
  std::atomic<std::uint64_t> received{0};
};

void try_send_all(Messages& channel, std::uint64_t first, std::uint64_t count) {
  flowcoro::SpinWait wait;
  for (std::uint64_t i = first; i < first + count; ++i) {
    std::uint64_t message = i;
    while (channel.try_send(message) != flowcoro::TrySend::sent) wait.once();
  }
}

std::uint64_t try_receive_all(Messages& channel, std::uint64_t count) {
  flowcoro::SpinWait wait;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::optional<std::uint64_t> message = channel.try_receive();
    for (; !message; message = channel.try_receive()) wait.once();
    sum += *message;
  }
  return sum;
}

void channel_try_across_threads(benchmark::State& state) {
  static std::optional<Shared>
      shared; // made and ended by thread 0; the others see it between the ends of the loop only
  constexpr std::uint64_t batch = 256;
  const auto producers = static_cast<std::uint64_t>(state.range(0));
  const auto consumers = static_cast<std::uint64_t>(state.range(1));
  const bool sends = static_cast<std::uint64_t>(state.thread_index()) < producers;
  if (state.thread_index() == 0) shared.emplace();
  std::uint64_t round = 0;
  for (auto _ : state) {
    if (sends)
      try_send_all(shared->channel, round * batch, batch);
    else
      shared->received += try_receive_all(shared->channel, batch * producers / consumers);
    ++round;
  }
  report_own_ops(state, sends ? round * batch : 0);
  if (state.thread_index() != 0) return;
  const std::uint64_t each = round * batch;
  static_cast<void>(check(state, shared->received == producers * (each * (each - 1) / 2)));
  shared.reset();
}

BENCHMARK(channel_send_then_receive)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(channel_between_two)->ArgName("capacity")->Arg(0)->Arg(1)->Arg(128)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(channel_try_across_threads)->Apply(Crossing::between<1, 1>);
BENCHMARK(channel_try_across_threads)->Apply(Crossing::between<2, 2>);

} // namespace
} // namespace flowcoro_micro
