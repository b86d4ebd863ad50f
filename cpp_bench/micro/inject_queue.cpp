// Work from other threads: pushed one by one, taken all at once. Uncontended: what the operations themselves cost.

#include <flowcoro/queue/inject_queue.hpp>
#include <vector>

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

BENCHMARK(inject_queue_push_take_all)->ArgName("nodes")->Arg(1)->Arg(100);

} // namespace
} // namespace flowcoro_micro
