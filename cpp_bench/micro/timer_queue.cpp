// Timers in the queue of one worker: armed in random order, then fired in order or cancelled.

#include <array>
#include <flowcoro/sched/timer_queue.hpp>
#include <memory>
#include <span>

#include "flowbench_kit/mix.hpp"
#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Nanoseconds;
using flowcoro::SteadyTime;
using flowcoro::TimerNode;
using flowcoro::TimerQueue;

constexpr std::uint64_t latest_ns = 1'000'000'000;

struct Timers {
  explicit Timers(std::size_t count) : nodes(std::make_unique<TimerNode[]>(count)), all(nodes.get(), count) {
    for (std::size_t i = 0; i < count; ++i) {
      all[i].set_deadline(SteadyTime{Nanoseconds{static_cast<std::int64_t>(flowbench::mix(i) % latest_ns)}});
    }
  }
  /// \return how many were armed.
  std::size_t arm_in(TimerQueue& queue) {
    std::size_t armed = 0;
    for (TimerNode& node : all) armed += queue.arm(node) != TimerQueue::Armed::refused ? 1U : 0U;
    return armed;
  }
  std::unique_ptr<TimerNode[]> nodes;
  std::span<TimerNode> all;
};

/// Fires all and counts those that came no earlier than the one before.
std::size_t fire_in_order(TimerQueue& queue) {
  std::array<TimerNode*, 64> due{};
  std::size_t in_order = 0;
  SteadyTime previous{Nanoseconds{0}};
  while (const std::size_t taken = queue.take_due(SteadyTime{Nanoseconds{latest_ns}}, due)) {
    for (TimerNode* node : std::span(due).first(taken)) {
      in_order += node->deadline() >= previous ? 1U : 0U;
      previous = node->deadline();
    }
  }
  return in_order;
}

void timer_arm_and_fire(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    Timers timers(count); // a node is armed once in its life
    TimerQueue queue;
    state.ResumeTiming();
    const std::size_t armed = timers.arm_in(queue);
    const std::size_t fired = fire_in_order(queue);
    if (!check(state, armed == count && fired == count)) break;
  }
  report_per_op(state, count);
}

void timer_arm_and_cancel(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    Timers timers(count);
    TimerQueue queue;
    state.ResumeTiming();
    std::size_t cancelled = timers.arm_in(queue);
    for (TimerNode& node : timers.all) cancelled += queue.cancel(node) ? 1U : 0U;
    if (!check(state, cancelled == 2 * count && queue.size() == 0)) break;
  }
  report_per_op(state, count);
}

BENCHMARK(timer_arm_and_fire)->ArgName("timers")->Arg(100)->Arg(10'000)->Arg(100'000);
BENCHMARK(timer_arm_and_cancel)->ArgName("timers")->Arg(100)->Arg(10'000)->Arg(100'000);

} // namespace
} // namespace flowcoro_micro
