// A select among two channels: with a value there, and with one that comes, with and without a limit of time.

#include <chrono>
#include <flowcoro/flowcoro.hpp>
#include <optional>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;

constexpr std::uint64_t messages = 10'000;
constexpr std::uint64_t expected = messages * (messages - 1) / 2;

using Messages = flowcoro::Channel<std::uint64_t>;

Lazy<std::uint64_t> select_what_is_there() {
  Messages one{1};
  Messages other{1};
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < messages; ++i) {
    std::uint64_t message = i;
    static_cast<void>((i % 2 == 0 ? one : other).try_send(message));
    auto choice = flowcoro::select(flowcoro::receive(one), flowcoro::receive(other));
    const auto first = co_await choice;
    sum += first.index == 0 ? std::get<0>(first.result).value_or(0) : std::get<1>(first.result).value_or(0);
  }
  co_return sum;
}

Lazy<std::uint64_t> select_all(Messages* one, Messages* other, bool timed) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < messages; ++i) {
    const auto limit = timed ? std::chrono::hours{1} : std::chrono::hours::max();
    auto choice = flowcoro::select(flowcoro::receive(*one), flowcoro::receive(*other), flowcoro::after(limit));
    const auto first = co_await choice;
    if (first.index == 2) co_return 0;
    sum += first.index == 0 ? std::get<0>(first.result).value_or(0) : std::get<1>(first.result).value_or(0);
  }
  co_return sum;
}
Lazy<void> send_to_either(Messages* one, Messages* other) {
  for (std::uint64_t i = 0; i < messages; ++i) {
    auto sending = (i % 2 == 0 ? one : other)->send(i);
    static_cast<void>(co_await sending);
  }
}
Lazy<std::uint64_t> select_what_comes(bool timed) {
  Messages one{0};
  Messages other{0};
  auto both = flowcoro::when_all(select_all(&one, &other, timed), send_to_either(&one, &other));
  const auto result = co_await both;
  co_return std::get<0>(result);
}

void select_what_is_there_already(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, select_what_is_there()) == expected)) break;
  }
  report_per_op(state, messages);
}

void select_what_comes_later(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, select_what_comes(false)) == expected)) break;
  }
  report_per_op(state, messages);
}

void select_what_comes_later_with_a_limit(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, select_what_comes(true)) == expected)) break;
  }
  report_per_op(state, messages);
}

BENCHMARK(select_what_is_there_already)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(select_what_comes_later)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(select_what_comes_later_with_a_limit)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
