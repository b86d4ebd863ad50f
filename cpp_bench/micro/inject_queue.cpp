// Work from other threads: pushed one by one, taken all at once. Uncontended, and between threads.

#include <flowcoro/queue/inject_queue.hpp>
#include <optional>
#include <vector>

#include "crossing.hpp"
#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::InjectNode;
using flowcoro::InjectQueue;

std::size_t take_and_count(InjectQueue& queue) {
  std::size_t count = 0;
  for (const InjectNode* node = queue.take_all(); node != nullptr; node = node->next_injected) ++count;
  return count;
}

void inject_queue_push_take_all(benchmark::State& state) {
  std::vector<InjectNode> nodes(static_cast<std::size_t>(state.range(0)));
  InjectQueue queue;
  for (auto _ : state) {
    for (InjectNode& node : nodes) queue.push(node);
    if (!check(state, take_and_count(queue) == nodes.size())) break;
  }
  report_per_op(state, nodes.size());
}

struct Shared {
  explicit Shared(std::size_t producers) : crossing{producers} {}
  Crossing crossing;
  InjectQueue queue;
};

void consume(Shared& shared, Crossing::Taken& taken, std::uint64_t round) {
  flowcoro::SpinWait wait;
  while (!shared.crossing.over(round)) {
    InjectNode* node = shared.queue.take_all();
    if (node == nullptr) {
      wait.once();
      continue;
    }
    for (; node != nullptr; node = node->next_injected) taken.add(static_cast<Item&>(*node));
    taken.consumed();
  }
}

void inject_queue_across_threads(benchmark::State& state) {
  static std::optional<Shared>
      shared; // made and ended by thread 0; the others see it between the ends of the loop only
  const auto producers = static_cast<std::size_t>(state.range(0));
  const auto thread = static_cast<std::size_t>(state.thread_index());
  if (thread == 0) shared.emplace(producers);
  std::optional<Crossing::Taken> taken;
  std::uint64_t round = 0;
  for (auto _ : state) {
    if (thread < producers) {
      for (Item& item : shared->crossing.fill(thread, round)) shared->queue.push(item);
    } else {
      if (!taken) taken.emplace(shared->crossing);
      consume(*shared, *taken, round);
    }
    ++round;
  }
  report_own_ops(state, thread < producers ? round * Crossing::batch : 0);
  if (thread != 0) return;
  static_cast<void>(check(state, shared->crossing.complete(round)));
  shared.reset();
}

BENCHMARK(inject_queue_push_take_all)->ArgName("nodes")->Arg(1)->Arg(100)->Arg(1000);
BENCHMARK(inject_queue_across_threads)->Apply(Crossing::between<1, 1>);
BENCHMARK(inject_queue_across_threads)->Apply(Crossing::between<2, 1>);
BENCHMARK(inject_queue_across_threads)->Apply(Crossing::between<2, 2>);

} // namespace
} // namespace flowcoro_micro
