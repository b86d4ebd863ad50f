// One trip through the scheduler.

#include <flowcoro/flowcoro.hpp>
#include <vector>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;

constexpr std::uint64_t hops = 1'000;

Lazy<std::uint64_t> hop() {
  std::uint64_t done = 0;
  for (; done < hops; ++done) co_await flowcoro::yield();
  co_return done;
}

Lazy<std::uint64_t> hop_together(std::uint64_t tasks) {
  std::vector<Lazy<std::uint64_t>> hoppers;
  hoppers.reserve(tasks);
  for (std::uint64_t i = 0; i < tasks; ++i) hoppers.push_back(hop());
  auto joined = flowcoro::when_all(std::move(hoppers));
  const std::vector<std::uint64_t> done = co_await joined;
  std::uint64_t sum = 0;
  for (const std::uint64_t each : done) sum += each;
  co_return sum;
}

void yield_hop(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  const auto tasks = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, hop_together(tasks)) == tasks * hops)) break;
  }
  report_per_op(state, tasks * hops);
}

BENCHMARK(yield_hop)->ArgName("tasks")->Arg(1)->Arg(100)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
