#pragma once
/// Work from threads that are not workers: push by anyone, taken by anyone all at once.
#include "flowcoro/base/atomics.hpp"

#include <atomic>

namespace flowcoro {

/// Base of what an InjectQueue links. In at most one queue at a time.
template <class Atomics = StdAtomics>
struct BasicInjectNode {
  typename Atomics::template Plain<BasicInjectNode*> next_injected = nullptr;
};
using InjectNode = BasicInjectNode<>;

/// Many producers, many consumers; never allocates. Consumers take everything with one exchange, so there is no pop that
/// could suffer from a node being reused between a read and a compare-exchange (ABA).
template <class Atomics = StdAtomics>
class BasicInjectQueue {
 public:
  using Node = BasicInjectNode<Atomics>;

  BasicInjectQueue() = default;
  BasicInjectQueue(const BasicInjectQueue&) = delete;
  BasicInjectQueue& operator=(const BasicInjectQueue&) = delete;

  /// Threads: any. After the call the node may already be running elsewhere: do not touch it.
  void push(Node& node) noexcept {
    Node* top = top_.load(std::memory_order_relaxed);
    // seq_cst: the scheduler pairs this store with a load of its idle state (invariant W in src/sched/worker.cpp).
    do {
      node.next_injected = top;
    } while (!top_.compare_exchange_weak(top, &node, std::memory_order_seq_cst, std::memory_order_relaxed));
  }

  /// Everything pushed so far as a list, oldest first; nullptr when empty. Threads: any.
  [[nodiscard]] Node* take_all() noexcept {
    if (empty()) return nullptr;
    Node* newest = top_.exchange(nullptr, std::memory_order_acquire);
    Node* oldest = nullptr;
    while (newest != nullptr) {
      Node* older = newest->next_injected;
      newest->next_injected = oldest;
      oldest = newest;
      newest = older;
    }
    return oldest;
  }

  [[nodiscard]] bool empty() const noexcept { return top_.load(std::memory_order_seq_cst) == nullptr; }

 private:
  typename Atomics::template Atomic<Node*> top_{nullptr};
};
using InjectQueue = BasicInjectQueue<>;

} // namespace flowcoro
