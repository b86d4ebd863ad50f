#pragma once
/// The longer ways through BasicStopState, for src/coro/stop.cpp, which instantiates them once.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/stop.hpp"
#include "flowcoro/park/futex.hpp"
#include "flowcoro/park/spin_lock.hpp"

namespace flowcoro {

template <class Atomics>
std::uintptr_t BasicStopState<Atomics>::lock() noexcept {
  for (typename Atomics::SpinWait wait;; wait.once()) {
    std::uintptr_t word = word_.load(std::memory_order_relaxed);
    if ((word & locked_bit) == 0 &&
        word_.compare_exchange_weak(word, word | locked_bit, std::memory_order_acquire, std::memory_order_relaxed))
      return word;
    // The holder links or unlinks one node and never runs user code; it can only be slow by being preempted.
  }
}

template <class Atomics>
void BasicStopState<Atomics>::unlock(std::uintptr_t word) noexcept {
  word_.store(word, std::memory_order_release);
}

template <class Atomics>
bool BasicStopState<Atomics>::add_among_others(Node& node) noexcept {
  const std::uintptr_t word = lock();
  if ((word & stopped_bit) != 0) {
    node.set_phase(Node::idle);
    unlock(word);
    return false;
  }
  auto* first = detail::from_bits<Node*>(word & pointer_mask);
  node.next_.store(first, std::memory_order_relaxed);
  if (first != nullptr) first->link_ = detail::to_bits(&node);
  unlock(detail::to_bits(&node));
  return true;
}

template <class Atomics>
void BasicStopState<Atomics>::remove_among_others(Node& node) noexcept {
  const std::uintptr_t word = lock();
  if (Node::phase_of(node.word()) == Node::linked) {
    Node* next = node.next_.load(std::memory_order_relaxed);
    auto* previous = detail::from_bits<Node*>(node.link_);
    if (next != nullptr) next->link_ = detail::to_bits(previous);
    if (previous != nullptr) {
      previous->next_.store(next, std::memory_order_relaxed);
      unlock(word);
    } else {
      unlock(detail::to_bits(next) | (word & stopped_bit));
    }
    node.set_phase(Node::idle);
    return;
  }
  unlock(word);
  // The callback was taken out to run. Who runs it was written under the lock, so it is visible here.
  const std::uint32_t seen = node.phase_.load(std::memory_order_acquire);
  if (Node::phase_of(seen) == Node::finished) return;
  if (detail::from_bits<const void*>(node.address(seen)) == Atomics::this_thread()) {
    FLOWCORO_ASSERT(!Node::relays(seen), "a stop callback resumed a coroutine on its own stack; it must post it");
    *detail::from_bits<bool*>(node.link_) = true;
    return;
  }
  std::uint32_t expected = Node::with_phase(seen, Node::running);
  const std::uint32_t awaited = Node::with_phase(seen, Node::running_awaited);
  // The result does not matter: the loads below tell.
  static_cast<void>(node.phase_.compare_exchange_strong(expected, awaited, std::memory_order_acquire));
  while (Node::phase_of(node.phase_.load(std::memory_order_acquire)) != Node::finished)
    futex_wait(node.phase_, awaited);
}

/// The last touch: after it the thread that removes the node goes on.
template <class Atomics>
void BasicStopState<Atomics>::finish(Node& node) noexcept {
  if (Node::phase_of(node.phase_.exchange(Node::finished, std::memory_order_acq_rel)) == Node::running_awaited)
    futex_wake_all(&node.phase_);
}

template <class Atomics>
bool BasicStopState<Atomics>::request_stop() noexcept {
  BasicStopState* state = &target();
  std::uintptr_t word = state->lock();
  if ((word & stopped_bit) != 0) {
    state->unlock(word);
    return false;
  }
  // The relay whose target is `state`. It is not finished before its target's callbacks are, and so keeps alive the state in
  // which it is registered; the relays that led there follow through next_.
  Node* relay = nullptr;
  for (;;) {
    auto* node = detail::from_bits<Node*>(word & pointer_mask);
    if (node == nullptr) {
      state->unlock(stopped_bit);
      if (relay == nullptr) return true;
      Node& ended = *relay;
      relay = ended.next_.load(std::memory_order_relaxed);
      state = detail::from_bits<BasicStopState*>(ended.link_);
      finish(ended);
      word = state->lock();
      continue;
    }
    Node* next = node->next_.load(std::memory_order_relaxed);
    if (next != nullptr) next->link_ = 0;
    bool removed_inside = false;
    typename Node::Callback callback = nullptr;
    typename Node::Relay relay_of_node = nullptr;
    const bool relays = Node::relays(node->word());
    if (relays) {
      relay_of_node = detail::from_bits<typename Node::Relay>(node->address(node->word()));
      node->next_.store(relay, std::memory_order_relaxed);
      node->link_ = detail::to_bits(state);
    } else {
      callback = detail::from_bits<typename Node::Callback>(node->address(node->word()));
      node->link_ = detail::to_bits(&removed_inside);
    }
    node->run_by(Atomics::this_thread());
    state->unlock(detail::to_bits(next) | stopped_bit);

    if (relays) {
      BasicStopState& to = relay_of_node(*node)->target();
      word = to.lock();
      if ((word & stopped_bit) == 0) {
        relay = node;
        state = &to;
        continue;
      }
      to.unlock(word);
      finish(*node);
    } else {
      callback(*node);
      // A callback may destroy its own node, and says so through remove(). Otherwise the node lives until it reads finished.
      if (!removed_inside) finish(*node);
    }
    word = state->lock();
  }
}

} // namespace flowcoro
