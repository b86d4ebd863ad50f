// A worker's own queue: the owner alone, a thief that takes half, and both on threads of their own.

#include <flowcoro/queue/local_queue.hpp>
#include <optional>
#include <vector>

#include "crossing.hpp"
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

/// Owners only push and thieves take all, so that each item is stolen.
struct Shared {
  explicit Shared(std::size_t owners) : crossing{owners}, queues(owners) {}
  Crossing crossing;
  std::vector<flowcoro::LocalQueue<Item*>> queues;
};

/// A thief, with the queue into which it steals.
class Thief {
 public:
  explicit Thief(Shared& shared) : shared_{shared}, taken_{shared.crossing} {}

  void consume(std::uint64_t round) {
    flowcoro::SpinWait wait;
    while (!shared_.crossing.over(round)) {
      const Item* item = shared_.queues[++victim_ % shared_.queues.size()].steal_half(own_);
      if (item == nullptr) {
        wait.once();
        continue;
      }
      for (; item != nullptr; item = own_.pop()) taken_.add(*item);
      taken_.consumed();
    }
  }

 private:
  Shared& shared_;
  Crossing::Taken taken_;
  flowcoro::LocalQueue<Item*> own_;
  std::size_t victim_ = 0;
};

void local_queue_steal_across_threads(benchmark::State& state) {
  static std::optional<Shared>
      shared; // made and ended by thread 0; the others see it between the ends of the loop only
  const auto owners = static_cast<std::size_t>(state.range(0));
  const auto thread = static_cast<std::size_t>(state.thread_index());
  if (thread == 0) shared.emplace(owners);
  std::optional<Thief> thief;
  std::uint64_t round = 0;
  bool pushed = true;
  for (auto _ : state) {
    if (thread < owners) {
      for (Item& item : shared->crossing.fill(thread, round))
        pushed = shared->queues[thread].push(&item) != 0 && pushed;
    } else {
      if (!thief) thief.emplace(*shared);
      thief->consume(round);
    }
    ++round;
  }
  report_own_ops(state, thread < owners ? round * Crossing::batch : 0);
  if (thread != 0) return;
  static_cast<void>(check(state, pushed && shared->crossing.complete(round)));
  shared.reset();
}

BENCHMARK(local_queue_push_pop)->ArgName("items")->Arg(1)->Arg(200)->Arg(1'000)->Arg(10'000);
BENCHMARK(local_queue_steal_half)->ArgName("items")->Arg(1)->Arg(200)->Arg(10'000);
BENCHMARK(local_queue_steal_across_threads)->Apply(Crossing::between<1, 1>);
BENCHMARK(local_queue_steal_across_threads)->Apply(Crossing::between<2, 1>);
BENCHMARK(local_queue_steal_across_threads)->Apply(Crossing::between<2, 2>);

} // namespace
} // namespace flowcoro_micro
