// A worker's own queue: the owner alone, and a thief that takes half.

#include <flowcoro/queue/local_queue.hpp>
#include <vector>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using Queue = flowcoro::LocalQueue<std::uint64_t*>;

std::vector<std::uint64_t> numbered(std::size_t count) {
  std::vector<std::uint64_t> items(count);
  for (std::size_t i = 0; i < count; ++i) items[i] = i;
  return items;
}

bool push_all(Queue& queue, std::vector<std::uint64_t>& items) {
  bool all = true;
  for (std::uint64_t& item : items) all = queue.push(&item) && all;
  return all;
}

std::uint64_t pop_all(Queue& queue) {
  std::uint64_t sum = 0;
  while (const std::uint64_t* item = queue.pop()) sum += *item;
  return sum;
}

void local_queue_push_pop(benchmark::State& state) {
  auto items = numbered(static_cast<std::size_t>(state.range(0)));
  const std::uint64_t expected = items.size() * (items.size() - 1) / 2;
  Queue queue;
  for (auto _ : state) {
    const bool pushed = push_all(queue, items);
    const std::uint64_t sum = pop_all(queue);
    if (!check(state, pushed && sum == expected)) break;
  }
  report_per_op(state, items.size());
}

void local_queue_steal_half(benchmark::State& state) {
  auto items = numbered(static_cast<std::size_t>(state.range(0)));
  const std::uint64_t expected = items.size() * (items.size() - 1) / 2;
  Queue victim;
  Queue thief;
  for (auto _ : state) {
    std::uint64_t sum = push_all(victim, items) ? 0 : 1;
    while (const std::uint64_t* first = victim.steal_half(thief)) {
      sum += *first;
      sum += pop_all(thief);
    }
    if (!check(state, sum == expected)) break;
  }
  report_per_op(state, items.size());
}

BENCHMARK(local_queue_push_pop)->ArgName("items")->Arg(1)->Arg(200)->Arg(10'000);
BENCHMARK(local_queue_steal_half)->ArgName("items")->Arg(1)->Arg(200)->Arg(10'000);

} // namespace
} // namespace flowcoro_micro
