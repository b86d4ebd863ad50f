// A message through an UnboundedChannel: with a receiver that finds it, and with one that waits.

#include <flowcoro/flowcoro.hpp>
#include <optional>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;

constexpr std::uint64_t messages = 10'000;
constexpr std::uint64_t expected = messages * (messages - 1) / 2;

using Messages = flowcoro::UnboundedChannel<std::uint64_t>;

Lazy<std::uint64_t> receive_all(Messages* channel) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < messages; ++i) {
    auto receiving = channel->receive();
    const std::optional<std::uint64_t> message = co_await receiving;
    sum += message.value_or(0);
  }
  co_return sum;
}
Lazy<std::uint64_t> send_then_receive() {
  Messages channel;
  for (std::uint64_t i = 0; i < messages; ++i) static_cast<void>(channel.send(i));
  co_return co_await receive_all(&channel);
}
Lazy<void> send_and_yield(Messages* channel) {
  for (std::uint64_t i = 0; i < messages; ++i) {
    static_cast<void>(channel->send(i));
    co_await flowcoro::yield();
  }
}
Lazy<std::uint64_t> send_to_a_waiter() {
  Messages channel;
  auto both = flowcoro::when_all(receive_all(&channel), send_and_yield(&channel));
  const auto result = co_await both;
  co_return std::get<0>(result);
}

void unbounded_channel_send_then_receive(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, send_then_receive()) == expected)) break;
  }
  report_per_op(state, messages);
}

void unbounded_channel_to_a_waiter(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, send_to_a_waiter()) == expected)) break;
  }
  report_per_op(state, messages);
}

BENCHMARK(unbounded_channel_send_then_receive)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(unbounded_channel_to_a_waiter)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
