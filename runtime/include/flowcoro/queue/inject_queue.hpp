#pragma once
/// Work from threads that are not workers: push by anyone, taken by anyone all at once.
#include <atomic>

namespace flowcoro {

/// Base of what an InjectQueue links. In at most one queue at a time.
struct InjectNode {
  InjectNode* next_injected = nullptr;
};

/// Many producers, many consumers; never allocates. Consumers take everything with one exchange, so there is no pop that
/// could suffer from a node being reused between a read and a compare-exchange (ABA).
class InjectQueue {
 public:
  InjectQueue() = default;
  InjectQueue(const InjectQueue&) = delete;
  InjectQueue& operator=(const InjectQueue&) = delete;

  /// Threads: any. After the call the node may already be running elsewhere: do not touch it.
  void push(InjectNode& node) noexcept {
    InjectNode* top = top_.load(std::memory_order_relaxed);
    // seq_cst: the scheduler pairs this store with a load of its idle state (invariant W in src/sched/worker.cpp).
    do {
      node.next_injected = top;
    } while (!top_.compare_exchange_weak(top, &node, std::memory_order_seq_cst, std::memory_order_relaxed));
  }

  /// Everything pushed so far as a list, oldest first; nullptr when empty. Threads: any.
  [[nodiscard]] InjectNode* take_all() noexcept {
    if (empty()) return nullptr;
    InjectNode* newest = top_.exchange(nullptr, std::memory_order_acquire);
    InjectNode* oldest = nullptr;
    while (newest != nullptr) {
      InjectNode* older = newest->next_injected;
      newest->next_injected = oldest;
      oldest = newest;
      newest = older;
    }
    return oldest;
  }

  [[nodiscard]] bool empty() const noexcept { return top_.load(std::memory_order_seq_cst) == nullptr; }

 private:
  std::atomic<InjectNode*> top_{nullptr};
};

} // namespace flowcoro
