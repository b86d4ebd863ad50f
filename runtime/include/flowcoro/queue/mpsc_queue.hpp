#pragma once
/// A queue of values from any number of threads for one.
#include "flowcoro/queue/inject_queue.hpp"

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace flowcoro {

/// Unbounded FIFO over an InjectQueue: the consumer takes all that was pushed with one exchange, and then goes through it on its own. No
/// thread ever waits for another, and one that is preempted in the middle of a push has not pushed yet.
/// Its end destroys what is left; nobody may use it then.
template <class T, class Atomics = StdAtomics>
class MpscQueue {
 public:
  MpscQueue() = default;
  MpscQueue(const MpscQueue&) = delete;
  MpscQueue& operator=(const MpscQueue&) = delete;
  ~MpscQueue() {
    while (Node* node = front()) drop(node);
  }

  /// Threads: any. Throws std::bad_alloc, or what moving the value throws; then nothing has changed. Cost: one allocation, one
  /// compare-exchange.
  void push(T value) { injected_.push(*std::make_unique<Node>(std::move(value)).release()); }

  /// \return the oldest value, or nothing. Threads: one at a time. Throws what moving the value throws; then it is still the oldest.
  [[nodiscard]] std::optional<T> try_pop() noexcept(std::is_nothrow_move_constructible_v<T>) {
    Node* node = front();
    if (node == nullptr) return std::nullopt;
    std::optional<T> value{std::move(node->value)};
    drop(node);
    return value;
  }

  /// Exact for the consumer but for what comes meanwhile. Threads: the consumer.
  [[nodiscard]] bool empty() const noexcept { return taken_ == nullptr && injected_.empty(); }

 private:
  using Link = BasicInjectNode<Atomics>;
  struct Node : Link {
    explicit Node(T&& of) : value{std::move(of)} {}
    T value;
  };

  [[nodiscard]] Node* front() noexcept {
    if (taken_ == nullptr) taken_ = injected_.take_all();
    return static_cast<Node*>(taken_);
  }
  void drop(Node* node) noexcept {
    taken_ = node->next_injected;
    delete node;
  }

  BasicInjectQueue<Atomics> injected_;
  Link* taken_ = nullptr; // of the consumer, oldest first
};

} // namespace flowcoro
