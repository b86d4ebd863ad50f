/// Work whose size shows only while it is done: tasks start further tasks, and the group ends when all have.
#include <flowcoro.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <iostream>
#include <stdexcept>

using flowcoro::Lazy;
using flowcoro::TaskGroup;

Lazy<> visit(TaskGroup& group, std::atomic<int>& visited, int depth) {
  visited.fetch_add(1);
  for (int child = 0; depth > 0 && child < 2; ++child)
    group.spawn(visit, std::ref(group), std::ref(visited), depth - 1);
  co_return;
}

Lazy<> fail() {
  co_await flowcoro::yield();
  throw std::runtime_error{"one task failed"};
}

Lazy<> wait_an_hour() {
  co_await flowcoro::sleep_for(std::chrono::hours{1}); // ends at once here: stop is requested for it
}

/// When one fails, the others are asked to stop; all are joined, and the failure comes out.
Lazy<> fail_beside_another(TaskGroup& group) {
  group.spawn(wait_an_hour);
  group.spawn(fail);
  co_return;
}

/// A group that is joined before with_task_group ends, in whatever way the body ends.
Lazy<int> count_nodes(int depth) {
  std::atomic<int> visited{0};
  auto whole_tree =
      flowcoro::with_task_group([&visited, depth](TaskGroup& group) { return visit(group, visited, depth); });
  co_await whole_tree;
  co_return visited.load();
}

int main() {
  std::cout << flowcoro::sync_wait(count_nodes(9)) << " nodes\n";
  try {
    flowcoro::sync_wait(flowcoro::with_task_group(fail_beside_another));
  } catch (const std::runtime_error& error) {
    std::cout << error.what() << '\n';
  }
}
