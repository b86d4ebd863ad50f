// A value of a BroadcastChannel to each of ten receivers that wait for it. One operation is one value at one receiver.

#include <flowcoro/flowcoro.hpp>
#include <vector>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;

constexpr std::uint64_t values = 1'000;
constexpr std::uint64_t receivers = 10;
constexpr std::uint64_t expected = receivers * (values * (values - 1) / 2);

using Values = flowcoro::BroadcastChannel<std::uint64_t>;

Lazy<void> follow(Values::Receiver receiver, std::uint64_t* sum) {
  for (std::uint64_t i = 0; i < values; ++i) {
    auto receiving = receiver.receive();
    const auto value = co_await receiving;
    if (!value.has_value()) co_return;
    *sum += *value;
  }
}
Lazy<void> send_and_yield(Values* channel) {
  for (std::uint64_t i = 0; i < values; ++i) {
    static_cast<void>(channel->send(i));
    co_await flowcoro::yield();
  }
}
Lazy<std::uint64_t> broadcast() {
  Values channel{1024};
  std::uint64_t sum = 0;
  std::vector<Lazy<void>> all;
  all.reserve(receivers + 1);
  for (std::uint64_t i = 0; i < receivers; ++i) all.push_back(follow(channel.subscribe(), &sum));
  all.push_back(send_and_yield(&channel));
  auto joined = flowcoro::when_all(std::move(all));
  co_await joined;
  co_return sum;
}

void broadcast_channel_to_ten(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, broadcast()) == expected)) break;
  }
  report_per_op(state, values * receivers);
}

BENCHMARK(broadcast_channel_to_ten)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
