// A message through a channel: without anybody waiting, and between two coroutines that wait for each other.

#include <flowcoro/flowcoro.hpp>

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

BENCHMARK(channel_send_then_receive)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(channel_between_two)->ArgName("capacity")->Arg(0)->Arg(1)->Arg(128)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
